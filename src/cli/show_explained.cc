// The answer of `explain` for people.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

std::string guard_text(const Json& guard) {
  if (guard.contains("says")) return fmt::format("      {}: {}\n", cell(guard.at("guard")), cell(guard.at("says")));
  if (guard.value("guard", "") == "cool-down") {
    return fmt::format("      cool-down: {} per {}, left {}\n", cell(guard.at("wait")), cell(guard.at("per")),
                       cell(guard.at("left")));
  }
  return fmt::format("      threshold: {} of {} admitted within {} per {}{}{}{}\n", cell(guard.at("admitted")),
                     cell(guard.at("allowed")), cell(guard.at("within")), cell(guard.at("per")),
                     guard.contains("key") ? fmt::format(" ({})", cell(guard.at("key"))) : std::string(),
                     guard.value("shadow", false) ? " (shadow count)" : "",
                     guard.at("oldest_leaves_in").is_null()
                         ? std::string()
                         : ", oldest leaves in " + cell(guard.at("oldest_leaves_in")));
}

std::string workflow_text(const Json& workflow) {
  std::string text =
      fmt::format("    workflow {}, mode {}\n", cell(workflow.at("workflow")), cell(workflow.at("mode")));
  if (const Json run = workflow.value("run", Json()); run.is_object()) {
    text += fmt::format("      run {} {}: {}\n", cell(run.at("id")), cell(run.at("state")), cell(run.at("reason")));
  }
  if (const Json last = workflow.value("last", Json()); last.is_object()) {
    text += fmt::format("      {} ended for the last finding, the last one {} at {}\n", cell(last.at("runs")),
                        cell(last.at("state")), cell(last.at("ended")));
  }
  for (const Json& guard : workflow.value("guards", Json::array())) text += guard_text(guard);
  return text;
}

std::string what_text(const Json& control) {
  const Json matched = control.value("matched", Json());
  if (control.contains("looked")) {  // of one event
    if (!control.at("looked").get<bool>()) return "did not look at it";
    if (!matched.is_boolean()) return "could not read it";
    return matched.get<bool>() ? "matches" : "does not match";
  }
  const std::string kind = control.value("kind", "");
  if (kind == "sigma" || kind == "alert" || kind == "builtin") {  // what happened neither differs nor is as desired
    return control.value("finding", Json()).is_object() ? "a finding is open" : "no finding is open";
  }
  if (!matched.is_boolean()) return "not known";
  if (control.value("gone", false)) return "not there";
  return matched.get<bool>() ? "differs: " + cell(control.at("differs")) : "as desired";
}

/// What is known of one subject.
std::string subject_text(const Json& doc) {
  std::string text;
  if (const Json finding = doc.value("finding", Json()); finding.is_object()) {
    const std::string times = cell(finding.at("occurrences"));
    text += fmt::format("    finding {} since {}, seen {} time{}\n", cell(finding.at("id")),
                        cell(finding.at("opened_at")), times, times == "1" ? "" : "s");
  }
  if (const Json waiver = doc.value("waiver", Json()); waiver.is_object()) {
    text += fmt::format("    waiver {} until {}: {}\n", cell(waiver.at("id")), cell(waiver.at("expires_at")),
                        cell(waiver.at("reason")));
  }
  for (const Json& workflow : doc.value("workflows", Json::array())) text += workflow_text(workflow);
  return text;
}

std::string control_text(const Json& control) {
  std::string text = fmt::format("  control {} ({}, {}): {}\n", cell(control.at("control")), cell(control.at("kind")),
                                 cell(control.at("severity")), what_text(control));
  for (const Json& subject : control.value("subjects", Json::array())) {
    text += fmt::format("    on {}\n", cell(subject.at("subject"))) + subject_text(subject);
  }
  return text + subject_text(control);
}

/// Nothing is read of what no control looks at, nor of what happened in a log.
std::string about_text(const Json& doc) {
  const bool of_events = !cell(doc.at("subject")).starts_with("file:");
  const Json controls = doc.value("controls", Json::array());
  std::string text = fmt::format("\n{}, {} {}\n", cell(doc.at("subject")),
                                 of_events || controls.empty() ? "as of" : "read", cell(doc.at("at")));
  if (const std::string why = doc.value("blocked", ""); !why.empty()) {
    text += fmt::format("  blocked: {}\n", cell(doc.at("blocked")));
  }
  for (const Json& control : controls) {
    if (control.value("looked", true)) text += control_text(control);  // a sentence names those that did not
  }
  return text;
}

}  // namespace

std::string show_explained(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  std::string text;
  for (const Json& sentence : doc.value("sentences", Json::array())) text += cell(sentence) + "\n";
  text += about_text(doc);
  for (const Json& other : doc.value("others", Json::array())) text += about_text(other);
  return text;
}

}  // namespace aright::cli
