#include "engine/difference_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace aright::engine {

namespace {

constexpr std::size_t difference_bytes_max = 700;
constexpr std::size_t change_value_max = 160;

std::string value_text(const Json& value) { return clip_text(value.dump(), change_value_max); }

/// What is there now of a field that is one value. Not of content: what goes would lie in the log for good, and not
/// only in a blob that can be erased.
std::optional<Json> replaced_by(const Json& change, const Plan* plan) {
  const std::string path = change.value("path", "");
  if (plan == nullptr || plan->before.sensitive || plan->after.sensitive || path.size() < 2) return std::nullopt;
  const auto field = plan->before.fields.find(path.substr(1));
  const bool plain = field != plan->before.fields.end() && !field->is_structured() && path != "/content";
  return plain ? std::optional(*field) : std::nullopt;
}

std::string change_text(const Json& change, const std::optional<Json>& old) {
  const Json value = change.value("value", Json());
  std::string text = fmt::format("  {} {}", change.value("op", ""), place_text(change.value("path", "")));
  if (old) text += " " + value_text(*old);
  if (old && change.contains("value")) text += " by";
  if (change.contains("value")) text += " " + (value.is_null() ? "(kept back)" : value_text(value));
  return text;
}

/// Of a program or call what it is asked; how long it may take and what is expected of it does not help who decides.
std::string errand_line(const Json& change) {
  const std::string path = change.value("path", "");
  const Json value = change.value("value", Json());
  const bool nothing = (value.is_array() || value.is_object() || value.is_string()) && value.empty();
  if (nothing || path.find('/', 1) != std::string::npos) return {};
  const auto line = [&](const char* word, const std::string& text) {
    return fmt::format("  {:7} {}", word, value.is_null() ? "(kept back)" : clip_text(text, change_value_max));
  };
  if (path == "/input_secrets") {
    std::string names;
    for (const Json& name : value) names += (names.empty() ? "‹secret " : " ‹secret ") + name.get<std::string>() + "›";
    return line("input", names);
  }
  if (path == "/method" || path == "/url")
    return line(path.c_str() + 1, value.is_string() ? value.get<std::string>() : std::string());
  for (const auto& [field, word] :
       {std::pair{"/arguments", "argv"}, std::pair{"/environment", "env"}, std::pair{"/secret_environment", "env"},
        std::pair{"/headers", "headers"}, std::pair{"/body", "body"}, std::pair{"/body_secrets", "body"}}) {
    if (path == field) return line(word, value.dump());
  }
  return {};
}

std::vector<std::string> lines_of(const RunStep& step, const Plan* plan) {
  std::vector<std::string> lines{clip_text(step.resource.text(), change_value_max)};
  if (is_errand(step.resource)) {
    for (const Json& change : step.difference) {
      if (std::string line = errand_line(change); !line.empty()) lines.push_back(std::move(line));
    }
    return lines;
  }
  if (step.difference_omitted != 0) {
    lines.push_back(fmt::format("  {}, too {} for a message", counted(step.difference_omitted, "change"),
                                step.difference_omitted == 1 ? "large" : "many"));
  }
  for (const Json& change : step.difference) lines.push_back(change_text(change, replaced_by(change, plan)));
  return lines;
}

}  // namespace

std::string place_text(const std::string& path) {
  constexpr std::string_view lines = "/content/";
  std::size_t line = 0;
  const char* end = path.data() + path.size();
  if (!path.starts_with(lines) || std::from_chars(path.data() + lines.size(), end, line).ptr != end) return path;
  return fmt::format("content, line {}", line + 1);
}

std::string difference_text(const Run& run, const PlanOf& plan_of) {
  std::string text = "what it would change:";
  std::size_t left_out = 0;
  bool any = false;
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const RunStep& step = run.steps[i];
    if (!step.changes || step.steers() || step.is_over()) continue;
    any = true;
    for (const std::string& line : lines_of(step, plan_of ? plan_of(run.id, i) : nullptr)) {
      const bool fits = left_out == 0 && text.size() + line.size() < difference_bytes_max;
      fits ? void(text += "\n" + line) : void(++left_out);
    }
  }
  if (!any) return text + " it is not planned yet, or nothing";
  return left_out == 0 ? text : text + fmt::format("\n  and {} more lines", left_out);
}

}  // namespace aright::engine
