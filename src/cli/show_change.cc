#include "cli/show_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/text.h"
#include "cli/show.h"
#include "cli/terminal_text.h"
#include "engine/difference_text.h"
#include "model/content.h"
#include "model/line_difference.h"

namespace aright::cli {

namespace {

constexpr std::size_t lines_of_a_side_max = 40;  ///< of one side of one place
constexpr std::size_t places_max = 20;
constexpr std::size_t line_bytes_max = 500;    ///< what is shown of one
constexpr std::size_t before_it_differs = 80;  ///< bytes of a long line
constexpr const char* kept_back_text =
    "    (not everybody may read this file, now or then, or it is `sensitive: true`: no answer quotes it; the file "
    "says\n"
    "    what is there, the configuration what is wanted)\n";

std::string text_of_line(const Json& line) { return line.is_string() ? line.get<std::string>() : cell(line); }

/// Of a long line what is at `from`: most of it says nothing about what differs, and floods the terminal.
std::string line_text(const std::string& line, std::size_t from) {
  if (line.size() <= line_bytes_max) return safe(line);
  const auto inside = [&](std::size_t at) {
    return at < line.size() && (static_cast<unsigned char>(line[at]) >> 6U) == 2;
  };
  while (from > 0 && inside(from)) --from;
  std::size_t end = std::min(from + line_bytes_max, line.size());
  while (end > from && inside(end)) --end;
  return fmt::format("{}{}{} (bytes {} to {} of a line of {})", from == 0 ? "" : "…",
                     safe(std::string_view(line).substr(from, end - from)), end == line.size() ? "" : "…", from + 1,
                     end, line.size());
}

/// Where a line's text is first another than that of the line in its place; 0: nothing is there.
std::size_t differs_at(std::span<const Json> others, std::size_t index, const std::string& line) {
  if (index >= others.size()) return 0;
  const std::string other = text_of_line(others[index]);
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(line, other).in1 - line.begin());
  return at > line_bytes_max / 2 ? at - before_it_differs : 0;
}

/// `others`: those that stand in their place on the other side.
std::string lines_text(std::span<const Json> lines, std::span<const Json> others, char sign) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), lines_of_a_side_max); ++i) {
    const std::string line = text_of_line(lines[i]);
    text += fmt::format("      {} {}\n", sign, line_text(line, differs_at(others, i, line)));
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
    text += fmt::format("    content, from line {}\n{}{}", place.line, lines_text(place.out, place.in, '-'),
                        lines_text(place.in, place.out, '+'));
  }
  if (all.size() > places_max) text += fmt::format("    content, in {} more places\n", all.size() - places_max);
  return text;
}

struct Text {
  std::vector<Json> lines;
  bool ended{true};  ///< its last line has a line break, or there is none
};

/// What is behind the last line break is no line where nothing stands there.
Text text_of(const Json& content) {
  if (content.is_null()) return {};
  if (!content.is_array()) return {{content}};
  Text text{{content.begin(), content.end()}};
  text.ended = text.lines.empty() || text.lines.back() == Json("");
  if (text.ended && !text.lines.empty()) text.lines.pop_back();
  return text;
}

std::string ending_text(const Text& was, const Text& is) {
  if (was.ended == is.ended || was.lines.empty() || is.lines.empty()) return {};
  return is.ended ? "    content, a line break at the end, where there was none\n"
                  : "    content, no line break at the end any more\n";
}

std::optional<std::size_t> binary_bytes(const Json& content) {
  if (!content.is_object() || !content.contains("base64")) return std::nullopt;
  const auto bytes = content_bytes(content);
  return bytes ? std::optional(bytes->size()) : std::nullopt;
}

/// Nobody reads a binary file in base64: how large it was and becomes.
std::string content_text(const Json& before, const Json& after) {
  const auto was = binary_bytes(before);
  const auto is = binary_bytes(after);
  if (was && is) return fmt::format("    content binary, {} → {} bytes\n", *was, *is);
  const auto of = [](const Json& content, std::optional<std::size_t> binary) {
    if (binary) return fmt::format("binary of {}", counted(*binary, "byte"));
    const auto bytes = content_bytes(content);
    return bytes ? fmt::format("text of {}", counted(bytes->size(), "byte")) : std::string("none");
  };
  if (was || is) return fmt::format("    content {} → {}\n", of(before, was), of(after, is));
  const Text old = text_of(before);
  const Text fresh = text_of(after);
  return places_text(old.lines, fresh.lines) + ending_text(old, fresh);
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
    text += field == "content" ? content_text(was, is) : fmt::format("    {:7} {} → {}\n", field, cell(was), cell(is));
  }
  return text;
}

/// The difference, but for the fields in `told`.
std::string changes_text(const Json& difference, const Json& told) {
  std::string text;
  bool kept_back = false;
  for (const Json& change : difference) {
    const std::string path = change.value("path", "");
    if (told.contains(path.substr(std::min<std::size_t>(1, path.size()), path.find('/', 1) - 1))) continue;
    const Json value = change.value("value", Json());
    const bool kept = value.is_null() && (change.contains("value") || (!told.empty() && path.starts_with("/content")));
    const std::string shown = value.is_null() ? kept ? " (kept back)" : "" : " " + line_text(value.dump(), 0);
    text += fmt::format("    {:7} {}{}\n", cell(change.value("op", Json())),
                        safe(value.is_null() ? engine::place_text(path) : path), shown);
    kept_back = kept_back || kept;
  }
  return kept_back ? text + kept_back_text : text;
}

}  // namespace

std::string show_change(const Json& before, const Json& after, const Json& difference) {
  Json told = before;
  told.update(after);
  return states_text(before, after) + changes_text(difference, told);
}

}  // namespace aright::cli
