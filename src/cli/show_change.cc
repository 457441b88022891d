#include "cli/show_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "cli/show.h"
#include "cli/terminal_text.h"
#include "model/line_difference.h"

namespace aright::cli {

namespace {

constexpr std::size_t lines_of_a_side_max = 40;  ///< of one side of one place
constexpr std::size_t places_max = 20;

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

/// Lines that go and come in one place.
struct Place {
  std::size_t line{1};  ///< of the old text, from 1
  std::vector<Json> out;
  std::vector<Json> in;
};

/// Where the texts differ, in their order, as few lines as can be said.
std::vector<Place> places(const std::vector<Json>& before, const std::vector<Json>& after) {
  std::vector<Place> all;
  std::size_t was = 0;
  std::size_t is = 0;
  for (const Json& change : line_difference("", before, after)) {
    const auto& path = change.at("path").get_ref<const std::string&>();
    const std::size_t at = std::stoul(path.substr(1));
    const bool same_place = !all.empty() && at == is;
    was += at - is;
    is = at;
    if (!same_place) all.push_back({was + 1, {}, {}});
    const auto& op = change.at("op").get_ref<const std::string&>();
    if (op != "add") all.back().out.push_back(before.at(was++));
    if (op != "remove") all.back().in.push_back(after.at(is++));
  }
  return all;
}

std::string places_text(const std::vector<Json>& before, const std::vector<Json>& after) {
  const auto all = places(before, after);
  std::string text;
  for (const Place& place : std::span(all).first(std::min(all.size(), places_max))) {
    text += fmt::format("    content, from line {}\n{}{}", place.line, lines_text(place.out, '-'),
                        lines_text(place.in, '+'));
  }
  if (all.size() > places_max) text += fmt::format("    content, in {} more places\n", all.size() - places_max);
  return text;
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
  return places_text(was, is);
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
