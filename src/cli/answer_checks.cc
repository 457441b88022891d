#include "cli/answer_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "workflow/answer_subject.h"
#include "workflow/event_use.h"
#include "workflow/parse_workflow.h"

namespace aright::cli {

void check_answered(const yaml::Node& node, const std::vector<std::string>& declared, const SilentRules& silent,
                    Diagnostics& out) {
  const yaml::Node* answers = node.find("answers");
  const yaml::Node* name = node.find("workflow");
  if (answers == nullptr || name == nullptr) return;
  std::set<std::string> told;
  for (const yaml::Node& item : workflow::answer_nodes(*answers)) {
    const yaml::Node* control = item.kind == yaml::Node::Kind::map ? item.find("control") : &item;
    if (control == nullptr || !control->is_text() || control->scalar.empty()) continue;
    const std::string& answered = control->scalar;
    if (std::ranges::find(declared, answered) != declared.end() || !told.insert(answered).second) continue;
    out.push_back({Severity::error, control->at,
                   fmt::format("workflow `{}` answers `{}`, which is no control", name->scalar, answered),
                   silent.contains(answered) ? why_silent(answered, silent) : suggest(answered, declared, "controls")});
  }
}

void check_answers(const Workflow& workflow, const std::vector<Position>& places, const std::vector<Control>& controls,
                   Diagnostics& out) {
  for (std::size_t i = 0; i < workflow.answers.size(); ++i) {
    const Answer& answer = workflow.answers[i];
    const auto control = std::ranges::find(controls, answer.control, &Control::name);
    if (!answer.subject || control == controls.end() || control->kind == ControlKind::sigma) continue;
    out.push_back(
        {Severity::error, places.at(i),
         fmt::format("an answer has a `subject` for findings of Sigma rules, and control `{}` is none", control->name),
         control->alert ? "its own `subject` says what its alerts are about"
                        : "to answer only some of its findings: when: finding.subject.id == \"…\""});
  }
}

void warn_of_empty_answers(const Workflow& workflow, const std::vector<Position>& places,
                           const std::vector<Control>& controls, Diagnostics& out) {
  std::vector<std::string> tags;
  for (const Control& control : controls) tags.insert(tags.end(), control.tags.begin(), control.tags.end());
  std::ranges::sort(tags);
  tags.erase(std::ranges::unique(tags).begin(), tags.end());
  for (std::size_t i = 0; i < workflow.answers.size(); ++i) {
    const Answer& answer = workflow.answers[i];
    if (std::ranges::any_of(controls, [&](const Control& control) { return answer.matches(control); })) continue;
    const bool unknown_tag = !answer.tag.empty() && std::ranges::find(tags, answer.tag) == tags.end();
    std::string hint = answer.subject
                           ? "an answer with a `subject` matches Sigma rules only; each is tagged otherwise, or "
                             "of a lower severity"
                           : "each control is tagged otherwise, or of a lower severity";
    if (unknown_tag) hint = tags.empty() ? "no control has any tag" : suggest(answer.tag, tags, "tags");
    out.push_back({Severity::warning, places.at(i),
                   fmt::format("workflow `{}` answers {}, which matches no control", workflow.name, answer.text()),
                   hint});
  }
}

void check_answers_to(const Control& control, const Position& at, const std::vector<Workflow>& workflows,
                      Diagnostics& out) {
  std::map<std::string, std::vector<std::string>> by_subject;
  for (const Workflow& workflow : workflows) {
    std::set<std::string> its;
    for (const Answer& answer : workflow.answers) {
      if (answer.matches(control)) its.insert(answer.subject ? answer.subject->id() : "");
    }
    for (const std::string& subject : its) by_subject[subject].push_back("`" + workflow.name + "`");
  }
  for (const auto& [subject, names] : by_subject) {
    if (names.size() < 2) continue;
    out.push_back({Severity::warning, at,
                   fmt::format("control `{}` is answered by {} workflows: {}", control.name, names.size(),
                               fmt::join(names, ", ")),
                   "each starts a run of its own for every finding; if one is meant, let only that one answer"});
  }
  const std::size_t subjects = by_subject.size() - by_subject.count("");
  if (subjects <= workflow::answer_subjects_max) return;
  out.push_back({Severity::error, at,
                 fmt::format("workflows give control `{}` {} different subjects, the limit is {}", control.name,
                             subjects, workflow::answer_subjects_max),
                 "each would be a finding of its own for every event"});
}

void check_event_uses(const Workflow& workflow, const yaml::Node& node, const std::vector<Control>& controls,
                      Diagnostics& out) {
  std::vector<std::string> names;
  for (const Control& control : controls) {
    if (!workflow.answers_to(control)) continue;
    if (control.on_events()) return;
    names.push_back("`" + control.name + "`");
  }
  if (names.empty()) return;
  const std::string which = names.size() == 1 ? "control " + names.front() + " looks at a resource"
                                              : fmt::format("controls {} look at resources", fmt::join(names, ", "));
  for (const yaml::Node* use : workflow::event_uses(node)) {
    out.push_back(
        {Severity::error, use->at,
         fmt::format("workflow `{}` names `event`, and no finding it answers has one: {}", workflow.name, which),
         "only findings of Sigma rules and of kind `alert` come from an event; `finding.subject.id` and "
         "`resource` say what is wrong here"});
  }
}

}  // namespace aright::cli
