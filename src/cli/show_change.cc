#include "cli/show_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

constexpr std::size_t lines_of_a_side_max = 40;  ///< of one side of a content's difference

std::string lines_text(std::span<const Json> lines, char sign) {
  std::string text;
  for (const Json& line : lines.first(std::min(lines.size(), lines_of_a_side_max))) {
    text +=
        fmt::format("      {} {}\n", sign, line.is_string() ? safe(line.get_ref<const std::string&>()) : cell(line));
  }
  if (lines.size() > lines_of_a_side_max)
    text += fmt::format("      {} … {} more lines\n", sign, lines.size() - lines_of_a_side_max);
  return text;
}

/// The lines that differ: what both begin and end with is left out.
std::string two_sides(const std::vector<Json>& before, const std::vector<Json>& after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t front = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  std::size_t back = 0;
  while (back < shorter - front && before[before.size() - 1 - back] == after[after.size() - 1 - back]) ++back;
  const auto middle = [&](const std::vector<Json>& lines) {
    return std::span(lines).subspan(front, lines.size() - front - back);
  };
  return fmt::format("    content, from line {}\n{}{}", front + 1, lines_text(middle(before), '-'),
                     lines_text(middle(after), '+'));
}

std::vector<Json> lines_in(const Json& fields) {
  const Json content = fields.value("content", Json::array());
  if (!content.is_array()) return {content};
  return {content.begin(), content.end()};
}

/// A whole text that comes or goes: the line break of its last line is no line.
std::string content_text(std::vector<Json> was, std::vector<Json> is) {
  if (was.empty() && !is.empty() && is.back() == Json("")) is.pop_back();
  if (is.empty() && !was.empty() && was.back() == Json("")) was.pop_back();
  return two_sides(was, is);
}

/// Before and after side by side, where their content is not kept from view.
std::string states_text(const Json& before, const Json& after) {
  std::string text;
  Json fields = before;
  fields.update(after);
  for (const auto& [field, unused] : fields.items()) {
    const Json was = before.value(field, Json());
    const Json is = after.value(field, Json());
    if (was == is) continue;
    text += field == "content" ? content_text(lines_in(before), lines_in(after))
                               : fmt::format("    {:7} {} → {}\n", field, cell(was), cell(is));
  }
  return text;
}

/// The difference, but for the fields in `told`.
std::string changes_text(const Json& difference, const Json& told) {
  std::string text;
  for (const Json& change : difference) {
    const std::string path = change.value("path", "");
    if (told.contains(path.substr(std::min<std::size_t>(1, path.size()), path.find('/', 1) - 1))) continue;
    const Json value = change.value("value", Json());
    text += fmt::format("    {:7} {} {}\n", cell(change.value("op", Json())), safe(path),
                        value.is_null() ? "(kept back)" : safe(value.dump()));
  }
  return text;
}

}  // namespace

std::string show_change(const Json& before, const Json& after, const Json& difference) {
  Json told = before;
  told.update(after);
  return states_text(before, after) + changes_text(difference, told);
}

}  // namespace aright::cli
