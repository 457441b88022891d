#include "engine/key_figures.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace aright::engine {

namespace {

constexpr std::string_view by_guards = "guards";

std::string word_in(const Fields& entry, std::string_view key) {
  const Json* value = entry.find(key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

/// As the report's rows tell it; empty: it is none. The waiver of an undo or of a denial is no second one.
std::string_view intervention(std::string_view kind, const Fields& entry) {
  if (kind == "review.decided") {
    const std::string decision = word_in(entry, "decision");
    if (decision == "approved") return "approved";
    return decision == "denied" ? "denied" : "";
  }
  if (kind == "waiver.granted") {
    return entry.find("run") == nullptr && entry.find("review") == nullptr ? "waived" : "";
  }
  if (kind == "cancel.asked") return "cancelled";
  return kind == "retry.asked" ? "retried" : "";
}

}  // namespace

void KeyFigures::in_force(std::set<std::string> workflows, std::set<std::string> controls) {
  const std::scoped_lock lock(mutex_);
  workflows_ = std::move(workflows);
  controls_ = std::move(controls);
}

void KeyFigures::opened(const std::string& control, bool again) {
  const std::scoped_lock lock(mutex_);
  ++figures_.opened[control];
  if (again) ++figures_.recurred[control];
}

void KeyFigures::ended(const Run& run, RunState to, Success as, WallTime began, WallTime now) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - began).count());
  const std::scoped_lock lock(mutex_);
  WorkflowFigures& of = figures_.workflows[run.workflow];
  ++of.outcomes[std::string(name(to))];
  if (to != RunState::succeeded) return;
  if (as == Success::unverified) ++of.unverified;
  if (as == Success::changed_nothing) ++of.changed_nothing;
  if (as != Success::verified) return;
  FixTimes& times = run.decided_by == by_guards ? of.alone : of.with_people;
  ++times.count;
  times.seconds += seconds;
  const auto bucket = std::ranges::lower_bound(fix_seconds, seconds) - fix_seconds.begin();
  ++times.within.at(static_cast<std::size_t>(bucket));
}

void KeyFigures::undone(const Run& fix, bool redo) {
  const std::scoped_lock lock(mutex_);
  ++figures_.interventions["undone"];
  if (redo) return;
  const bool verified = fix.state == RunState::succeeded && fix.unverified == 0;
  ++figures_.workflows[fix.workflow].undone[{fix.decided_by != by_guards, verified}];
}

void KeyFigures::held(const std::string& workflow) {
  const std::scoped_lock lock(mutex_);
  ++figures_.workflows[workflow].held;
}

void KeyFigures::recorded(std::string_view kind, const Fields& entry) {
  const std::string_view decided = intervention(kind, entry);
  const bool mark = kind == "finding.marked";
  if (decided.empty() && !mark) return;
  const std::scoped_lock lock(mutex_);
  if (mark) {
    ++figures_.marked[word_in(entry, "as")];
  } else {
    ++figures_.interventions[std::string(decided)];
  }
}

void KeyFigures::reviewed(const std::string& decision) {
  const std::scoped_lock lock(mutex_);
  ++figures_.reviews[decision];
}

void KeyFigures::acted(std::string_view kind) {
  const std::scoped_lock lock(mutex_);
  ++figures_.acts[std::string(kind)];
}

KeyFiguresView KeyFigures::view() const {
  const std::scoped_lock lock(mutex_);
  KeyFiguresView all = figures_;
  for (const std::string& workflow : workflows_) {
    WorkflowFigures& of = all.workflows[workflow];
    for (std::size_t i = 0; i < run_states; ++i) {
      const auto state = static_cast<RunState>(i);
      if (is_final(state)) of.outcomes.try_emplace(std::string(name(state)));
    }
    for (const bool by_people : {false, true}) {
      for (const bool verified : {false, true}) of.undone.try_emplace({by_people, verified});
    }
  }
  for (const std::string& control : controls_) {
    all.opened.try_emplace(control);
    all.recurred.try_emplace(control);
  }
  const auto known = [](std::map<std::string, std::uint64_t>& counts, std::initializer_list<const char*> words) {
    for (const char* word : words) counts.try_emplace(word);
  };
  known(all.reviews, {"approved", "denied", "expired", "lapsed", "closed"});
  known(all.marked, {"true", "false-positive"});
  known(all.interventions, {"approved", "denied", "waived", "cancelled", "retried", "undone"});
  known(all.acts, {"pause", "resume", "set-mode"});
  return all;
}

}  // namespace aright::engine
