// The answer of `explain` for people.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

std::string guard_text(const Json& guard) {
  if (guard.contains("says")) return fmt::format("      {}: {}\n", cell(guard["guard"]), cell(guard["says"]));
  if (guard.value("guard", "") == "cool-down") {
    return fmt::format("      cool-down: {} per {}, left {}\n", cell(guard["wait"]), cell(guard["per"]),
                       cell(guard["left"]));
  }
  return fmt::format(
      "      threshold: {} of {} admitted within {} per {}{}{}{}\n", cell(guard["admitted"]), cell(guard["allowed"]),
      cell(guard["within"]), cell(guard["per"]),
      guard.contains("key") ? fmt::format(" ({})", cell(guard["key"])) : std::string(),
      guard.value("shadow", false) ? " (shadow count)" : "",
      guard["oldest_leaves_in"].is_null() ? std::string() : ", oldest leaves in " + cell(guard["oldest_leaves_in"]));
}

std::string workflow_text(const Json& workflow) {
  std::string text = fmt::format("    workflow {}, mode {}\n", cell(workflow["workflow"]), cell(workflow["mode"]));
  if (const Json run = workflow.value("run", Json()); run.is_object()) {
    text += fmt::format("      run {} {}: {}\n", cell(run["id"]), cell(run["state"]), cell(run["reason"]));
  }
  if (const Json last = workflow.value("last", Json()); last.is_object()) {
    text += fmt::format("      {} ended for the last finding, the last one {} at {}\n", cell(last["runs"]),
                        cell(last["state"]), cell(last["ended"]));
  }
  for (const Json& guard : workflow.value("guards", Json::array())) text += guard_text(guard);
  return text;
}

std::string what_text(const Json& control) {
  const Json matched = control.value("matched", Json());
  if (control.contains("looked")) {  // of one event
    if (!control["looked"].get<bool>()) return "did not look at it";
    if (!matched.is_boolean()) return "could not read it";
    return matched.get<bool>() ? "matches" : "does not match";
  }
  if (!matched.is_boolean()) return "not known";
  return matched.get<bool>() ? "differs: " + cell(control["differs"]) : "as desired";
}

/// What is known of one subject.
std::string subject_text(const Json& doc) {
  std::string text;
  if (const Json finding = doc.value("finding", Json()); finding.is_object()) {
    const std::string times = cell(finding["occurrences"]);
    text += fmt::format("    finding {} since {}, seen {} time{}\n", cell(finding["id"]), cell(finding["opened_at"]),
                        times, times == "1" ? "" : "s");
  }
  if (const Json waiver = doc.value("waiver", Json()); waiver.is_object()) {
    text += fmt::format("    waiver {} until {}: {}\n", cell(waiver["id"]), cell(waiver["expires_at"]),
                        cell(waiver["reason"]));
  }
  for (const Json& workflow : doc.value("workflows", Json::array())) text += workflow_text(workflow);
  return text;
}

std::string control_text(const Json& control) {
  std::string text = fmt::format("  control {} ({}, {}): {}\n", cell(control["control"]), cell(control["kind"]),
                                 cell(control["severity"]), what_text(control));
  for (const Json& subject : control.value("subjects", Json::array())) {
    text += fmt::format("    on {}\n", cell(subject["subject"])) + subject_text(subject);
  }
  return text + subject_text(control);
}

}  // namespace

std::string show_explained(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  std::string text;
  for (const Json& sentence : doc.value("sentences", Json::array())) text += cell(sentence) + "\n";
  text += fmt::format("\n{}, read {}\n", cell(doc["subject"]), cell(doc["at"]));
  for (const Json& control : doc.value("controls", Json::array())) {
    if (control.value("looked", true)) text += control_text(control);  // a sentence names those that did not
  }
  return text;
}

}  // namespace aright::cli
