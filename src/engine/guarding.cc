#include "engine/guarding.h"

#include <fmt/format.h>

#include <utility>

namespace aright::engine {

std::vector<ResourceId> changes_of(const Workflow& w, const std::string& subject) {
  std::vector<ResourceId> changed;
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr) continue;
    changed.push_back(step.cures() ? subject_parts(subject) : step.ensure()->own->resource);
  }
  return changed;
}

const Guarding::Ready& Guarding::ready(const Candidate& c) const {
  const auto known = ready_.find(c.version);
  if (known != ready_.end()) return known->second;
  const Guards& guards = c.workflow.guards;
  Ready made{std::nullopt, workflow::GuardKeys::make(guards)};
  if (guards.window) made.window = guard::OpenTimes::make(*guards.window);
  return ready_.emplace(c.version, std::move(made)).first->second;
}

Guarding::Keys Guarding::keys_of(const Candidate& c) const {
  Keys keys;
  if (const SubjectState* s = projection_.subject(c.finding.control, c.finding.subject)) {
    keys.again = s->came_back(c.workflow.name);
  }
  const Result<workflow::GuardKeys>& made = ready(c).keys;
  if (!made) {
    keys.trouble = made.error().message;
  } else if (!made->empty()) {
    auto of_this = made->of(c.finding, c.control, c.event, changes_of(c.workflow, c.finding.subject));
    keys.list = std::move(of_this.keys);
    keys.trouble = std::move(of_this.trouble);
  }
  return keys;
}

guard::Question Guarding::question(const Candidate& c, const Keys& keys, const Now& now) const {
  const bool shadow = c.mode <= Mode::plan;
  return {c.workflow, c.finding.subject, projection_.admissions(c.workflow.name, shadow), now, keys.list,
          keys.again, keys.trouble};
}

/// Where its zone cannot be read any more, nobody knows whether it is open.
guard::Verdict Guarding::window(const Candidate& c, const Now& now) const {
  if (!c.workflow.guards.window) return guard::Admit{};
  const Result<guard::OpenTimes>& times = *ready(c).window;
  if (!times) return guard::Hold{"window", "whether it is open cannot be told: " + times.error().message};
  return times->verdict(now);
}

std::optional<guard::Suppress> Guarding::waits(const Candidate& c, const Now& now) const {
  const auto kept = [](const guard::Verdict& verdict) {
    const auto* wait = std::get_if<guard::Suppress>(&verdict);
    return wait == nullptr ? std::nullopt : std::optional(*wait);
  };
  if (c.mode > Mode::plan) {  // a plan changes nothing
    if (auto wait = kept(window(c, now))) return wait;
  }
  if (!c.workflow.guards.cool_down) return std::nullopt;
  return kept(guard::cool_down(question(c, {}, now)));
}

std::optional<guard::Hold> Guarding::holds(const Candidate& c, const Now& now) const {
  const auto held = [](guard::Verdict verdict) {
    auto* hold = std::get_if<guard::Hold>(&verdict);
    return hold == nullptr ? std::nullopt : std::optional(std::move(*hold));
  };
  if (auto hold = held(window(c, now))) return hold;
  const Keys keys = keys_of(c);
  return held(guard::threshold(question(c, keys, now)));
}

std::string Guarding::foresees(const Candidate& c, const Now& now) const {
  if (const auto hold = holds(c, now)) return fmt::format("would be held: {}: {}", hold->guard, hold->reason);
  const guard::Verdict open = window(c, now);
  if (const auto* wait = std::get_if<guard::Suppress>(&open)) {
    return fmt::format("would wait: {}: {}", wait->guard, wait->reason);
  }
  return "would run";
}

void Guarding::note(const Candidate& c, Fields& entry) const {
  Keys keys = keys_of(c);
  if (!keys.list.empty()) entry["keys"] = std::move(keys.list);
}

}  // namespace aright::engine
