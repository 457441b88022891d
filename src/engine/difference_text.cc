#include "engine/difference_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace aright::engine {

namespace {

constexpr std::size_t difference_bytes_max = 700;
constexpr std::size_t change_value_max = 160;

std::string change_text(const Json& change) {
  const Json value = change.value("value", Json());
  std::string text = fmt::format("  {} {}", change.value("op", ""), change.value("path", ""));
  if (change.contains("value"))
    text += " " + (value.is_null() ? "(kept back)" : clip_text(value.dump(), change_value_max));
  return text;
}

std::vector<std::string> lines_of(const RunStep& step) {
  std::vector<std::string> lines{clip_text(step.resource.text(), change_value_max)};
  if (step.difference_omitted != 0) {
    lines.push_back(fmt::format("  {}, too {} for a message", counted(step.difference_omitted, "change"),
                                step.difference_omitted == 1 ? "large" : "many"));
  }
  for (const Json& change : step.difference) lines.push_back(change_text(change));
  return lines;
}

}  // namespace

std::string difference_text(const Run& run) {
  std::string text = "what it would change:";
  std::size_t left_out = 0;
  bool any = false;
  for (const RunStep& step : run.steps) {
    if (!step.changes || step.steers() || step.is_over()) continue;
    any = true;
    for (const std::string& line : lines_of(step)) {
      const bool fits = left_out == 0 && text.size() + line.size() < difference_bytes_max;
      fits ? void(text += "\n" + line) : void(++left_out);
    }
  }
  if (!any) return text + " it is not planned yet, or nothing";
  return left_out == 0 ? text : text + fmt::format("\n  and {} more lines", left_out);
}

}  // namespace aright::engine
