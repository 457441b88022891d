// A finding for people.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

constexpr std::size_t event_fields_max = 60;  ///< of an event that are shown
constexpr std::size_t event_value_max = 300;  ///< bytes of one that are shown

std::string finding_line(std::string_view label, const std::string& value) {
  return fmt::format("  {:11} {}\n", label, value);
}

std::string rule_text(const Json& rule) {
  if (!rule.is_object()) return {};
  std::string text = finding_line("title", cell(rule.value("title", Json())));
  if (rule.contains("rule_id")) text += finding_line("rule", cell(rule.at("rule_id")));
  if (rule.contains("authors")) text += finding_line("authors", cell(rule.at("authors")));
  return text;
}

/// Fields of fields by their path: "user.name".
void add_fields(const Json& data, const std::string& path, std::vector<std::pair<std::string, Json>>& into) {
  for (const auto& [key, value] : data.items()) {
    const std::string name = path.empty() ? key : fmt::format("{}.{}", path, key);
    if (value.is_object() && !value.empty()) {
      add_fields(value, name, into);
    } else {
      into.emplace_back(name, value);
    }
  }
}

bool is_outsiders(const Json& event, const std::string& name) {
  for (const Json& field : event.value("outsider", Json::array())) {
    const std::string outside = field.is_object() ? field.value("name", "") : "";
    if (name == outside || name.starts_with(outside + ".")) return true;
  }
  return false;
}

std::string event_text(const Json& event) {
  std::string text = fmt::format("\n  event {}:{}  {}\n", cell(event.value("source", Json())),
                                 cell(event.value("offset", Json())), cell(event.value("time", Json())));
  std::vector<std::pair<std::string, Json>> fields;
  add_fields(event.value("data", Json::object()), {}, fields);
  std::size_t width = 0;
  bool marked = false;
  for (const auto& [name, value] : fields) width = std::max(width, std::min<std::size_t>(columns_of(name), 30));
  for (std::size_t i = 0; i < std::min(fields.size(), event_fields_max); ++i) {
    const auto& [name, value] = fields[i];
    const bool outside = is_outsiders(event, name);
    const std::string whole = value.is_string() ? value.get<std::string>() : value.dump();
    const bool cut = whole.size() > event_value_max;
    marked = marked || outside;
    text += fmt::format("    {} {:{}}  {}{}\n", outside ? '*' : ' ', safe(clip_text(name, event_value_max)), width,
                        safe(cut ? clip_text(whole, event_value_max) : whole),
                        cut ? fmt::format(" ({} bytes)", whole.size()) : "");
  }
  if (fields.size() > event_fields_max) {
    text += fmt::format("      … {} more; `-o json` has all\n", fields.size() - event_fields_max);
  }
  if (marked) text += "    * written by an outsider\n";
  return text;
}

/// What of our own led to it, the newest last.
std::string causes_text(const Json& causes) {
  std::string text;
  for (const Json& cause : causes) {
    const auto value = [&](const char* field) { return cell(cause.value(field, Json())); };
    text += finding_line(text.empty() ? "led to by" : "", fmt::format("run {} of {}, which changed {}", value("run"),
                                                                      value("workflow"), value("changed")));
  }
  return text;
}

}  // namespace

std::string show_finding(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  const auto value = [&](const char* field) { return cell(doc.value(field, Json())); };
  std::string text = fmt::format("finding {}  {}\n", value("id"), value("state"));
  text += finding_line("control", fmt::format("{} ({})", value("control"), value("severity")));
  text += rule_text(doc.value("rule", Json()));
  text +=
      finding_line("subject", value("subject") + (doc.value("subject_typed", true) ? "" : "  (an outsider wrote it)"));
  const auto occurrences = doc.value("occurrences", std::uint64_t{0});
  const bool of_many = doc.contains("event") && occurrences > 1 && !doc.value("differs", Json()).empty();
  text += finding_line(doc.contains("evidence") ? "matched" : "differs",
                       value("differs") + (of_many ? "  (one of them)" : ""));
  text += finding_line("seen", fmt::format("{}, the last at {} ({}:{})", counted(occurrences, "time"), value("last_at"),
                                           value("source"), value("offset")));
  text += finding_line("opened", value("opened_at"));
  if (doc.value("episode", std::uint64_t{1}) > 1) {
    text += finding_line("episode", fmt::format("{}, the one before was {}", value("episode"), value("recurrence_of")));
  }
  text += causes_text(doc.value("causes", Json::array()));
  if (!doc.value("resolved_at", Json()).is_null()) {
    text += finding_line("over", fmt::format("{}: {}", value("resolved_at"), value("resolved_by")));
  }
  if (const Json mark = doc.value("mark", Json()); mark.is_object()) {
    text += finding_line("marked", fmt::format("{} by {}: {}", cell(mark.value("as", Json())),
                                               cell(mark.value("by", Json())), cell(mark.value("reason", Json()))));
  }
  const std::string most = doc.value("mode_max", doc.value("observe_only", false) ? "observe" : "");
  if (most == "observe") {
    text += finding_line("sender", "nobody vouches for it: it is only observed");
  } else if (!most.empty()) {
    text += finding_line("sender", fmt::format("its source goes no further than mode {}", safe(most)));
  }
  if (doc.contains("event")) return text + event_text(doc.at("event"));
  if (doc.contains("evidence")) text += "\n  the event that tells of it has been erased\n";
  return text;
}

}  // namespace aright::cli
