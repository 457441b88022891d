#include "engine/abstentions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/core.h"

namespace aright::engine {

namespace {

constexpr const char* mode_guard = "mode";
constexpr const char* waiver_guard = "waiver";

}  // namespace

std::string seen_meanwhile(const Waiver& waiver) {
  if (waiver.seen == 0 || !waiver.seen_at) return {};
  return fmt::format("; it has kept at least {} from being found, recorded last at {}",
                     counted(waiver.seen, "sighting"), rfc3339(*waiver.seen_at));
}

/// What is looked at again because time has passed is the same decision still; another occurrence is another.
bool Abstentions::is_news(const Finding& finding, const std::string& workflow) const {
  const auto& answers = core_.projection_.subject(finding.control, finding.subject)->answers;
  const auto last = answers.find(workflow);
  const std::uint64_t noted = last == answers.end() ? 0 : last->second.noted;
  const auto known = decided_.find(finding.id);
  if (known == decided_.end()) return noted < finding.occurrences;
  const auto up_to = known->second.find(workflow);
  return std::max(noted, up_to == known->second.end() ? 0 : up_to->second) < finding.occurrences;
}

/// The first of a guard about a finding is an entry of its own, so that nothing is unexplained.
void Abstentions::suppressed(const Finding& finding, const Workflow& w, const std::string& guard,
                             const std::string& reason, bool asked) {
  const auto& answers = core_.projection_.subject(finding.control, finding.subject)->answers;
  const auto last = answers.find(w.name);
  const bool first = last == answers.end() || !last->second.kept_by.contains(guard);
  if (!first && !asked && !is_news(finding, w.name)) return;
  ++core_.figures_.verdicts[guard + " suppress"];
  const DecisionCounts::Key key{guard, w.name, 0};
  if (!first && counts_.counts(key, core_.now_, 1)) {
    decided_[finding.id][w.name] = finding.occurrences;
    return;
  }
  if (first) counts_.recorded(key, core_.now_);
  Fields entry{{"finding", finding.id}, {"workflow", w.name}, {"guard", guard}, {"reason", line(reason)}};
  if (first) entry["first"] = true;
  core_.record("verdict.suppressed", std::move(entry));
}

void Abstentions::forget(const std::string& finding) {
  decided_.erase(finding);
  wait_.erase(finding);
}

/// With another workflow it may wait on.
void Abstentions::waits_no_more(const std::string& finding, const std::string& workflow) {
  const auto found = wait_.find(finding);
  if (found == wait_.end()) return;
  found->second.erase(workflow);
  if (found->second.empty()) wait_.erase(found);
}

bool Abstentions::is_of_others(const guard::Suppress& wait) {
  return wait.guard == "budget" || wait.guard == "cool-down";
}

/// A stage lasts as long as its runs do, and a cool-down as long as was written before anybody knew what would come: a
/// critical finding does not wait for that in silence.
void Abstentions::delayed(const std::string& id, const std::string& workflow, Nanos boot) {
  const auto waits = wait_.find(id);
  if (waits == wait_.end() || !waits->second.contains(workflow) || waits->second.at(workflow) != boot) return;
  const auto finding = core_.projection_.findings().find(id);
  const auto w = std::ranges::find(core_.config_.workflows, workflow, &Workflow::name);
  if (finding == core_.projection_.findings().end() || core_.draining_) return;
  const Finding& f = finding->second;
  const auto control = std::ranges::find(core_.config_.controls, f.control, &Control::name);
  const bool answers = w != core_.config_.workflows.end() && control != core_.config_.controls.end() &&
                       f.severity == Level::critical && w->answers_to(*control, f) &&
                       !core_.projection_.has_open_run(workflow, f.subject);
  const auto wait = answers ? core_.guarding_.waits(core_.candidate(f, *control, *w), core_.now_) : std::nullopt;
  if (!wait || !is_of_others(*wait)) {
    waits_no_more(id, workflow);  // when it waits again, that is another wait
    return;
  }
  core_.tell(true, fmt::format("critical: {} on {} has no run of {} yet: it waits: {}: {}", f.control, f.subject,
                               workflow, wait->guard, wait->reason));
  ++core_.figures_.delayed;
  core_.record("finding.delayed", {{"finding", id},
                                   {"workflow", workflow},
                                   {"control", f.control},
                                   {"subject", f.subject},
                                   {"guard", wait->guard},
                                   {"reason", line(wait->reason)}});
}

void Abstentions::observed(const Workflow& w) { counts_.recorded({mode_guard, w.name, 0}, core_.now_); }

void Abstentions::observed_again(const Candidate& it, bool asked) {
  const Finding& finding = it.finding;
  const Workflow& w = it.workflow;
  if (!asked && !is_news(finding, w.name)) return;
  if (counts_.counts({mode_guard, w.name, 0}, core_.now_, 1)) {
    decided_[finding.id][w.name] = finding.occurrences;
    return;
  }
  const std::string says = core_.guarding_.foresees(it, core_.now_);
  core_.record("run.observed",
               {{"finding", finding.id}, {"workflow", w.name}, {"reason", line(says)}, {"again", true}});
}

void Abstentions::waived(const Waiver& waiver, const Quieted& what) {
  core_.figures_.waived_events += what.count;
  if (counts_.counts({waiver_guard, "", waiver.id}, core_.now_, what.count)) return;
  core_.record("verdict.waived", {{"waiver", waiver.id},
                                  {"control", waiver.control},
                                  {"subject", waiver.subject},
                                  {"reason", waiver.reason},
                                  {"differs", short_list(what.differs)},
                                  {"source", line(what.source)},
                                  {"offset", offset_json(what.offset)},
                                  {"count", what.count}});
}

void Abstentions::tell(bool all) {
  for (const DecisionCounts::Minute& minute : all ? counts_.all() : counts_.over(core_.now_.boot)) record(minute);
}

void Abstentions::ends(const Waiver& waiver) {
  if (const auto minute = counts_.end({waiver_guard, "", waiver.id})) record(*minute);
}

void Abstentions::record(const DecisionCounts::Minute& minute) {
  Fields entry{{"guard", minute.key.guard}, {"minute", rfc3339(minute.begun)}, {"count", minute.count}};
  if (minute.key.waiver == 0) {
    entry["workflow"] = minute.key.workflow;
  } else {
    const Waiver& waiver = core_.projection_.waivers().at(minute.key.waiver);
    entry.add({{"waiver", waiver.id}, {"control", waiver.control}, {"subject", waiver.subject}});
  }
  core_.record("verdicts.counted", std::move(entry));
}

}  // namespace aright::engine
