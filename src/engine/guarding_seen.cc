// What `explain` shows of the guards: each with the numbers it sees now.
#include <fmt/format.h>

#include <algorithm>

#include "engine/guarding.h"
#include "guard/episode.h"
#include "guard/loop.h"

namespace aright::engine {

namespace {

std::string time_left(Nanos span) {
  return format_duration(std::chrono::ceil<std::chrono::seconds>(std::max(span, Nanos{std::chrono::seconds{1}})));
}

std::string reason_of(const guard::Verdict& verdict) {
  if (const auto* hold = std::get_if<guard::Hold>(&verdict)) return hold->reason;
  if (const auto* wait = std::get_if<guard::Suppress>(&verdict)) return wait->reason;
  return {};
}

/// Of a breaker that lets one run go: it is open still.
std::string tried(const guard::BreakerOpen& open) {
  return fmt::format("open since {}: {}; {} tries whether it may close", rfc3339(open.since.wall), open.why,
                     open.trial == 0 ? "the next run" : fmt::format("run {}", open.trial));
}

}  // namespace

void Guarding::add_budget(const Candidate& c, const Now& now, Json& list) const {
  const Budget* budget = budget_of(c.workflow);
  if (budget == nullptr) return;
  const guard::BudgetSeen seen =
      guard::budget_seen({*budget, {}, population(*budget), spent(c), c.finding.subject, now});
  const std::string* shared = c.workflow.guards.shared_budget();
  list.push_back(
      {{"guard", "budget"},
       {"budget", shared == nullptr ? Json() : Json(*shared)},
       {"subjects", seen.subjects},
       {"allowed", seen.allowed ? Json(*seen.allowed) : Json()},
       {"within", format_duration(budget->within)},
       {"shadow", c.mode <= Mode::plan},
       {"says", fmt::format("{}{} of {} subjects within {}{}", shared == nullptr ? "" : *shared + ": ", seen.subjects,
                            seen.allowed ? fmt::to_string(*seen.allowed) : "nobody knows how many",
                            format_duration(budget->within), budget->staged ? ", in stages" : "")}});
}

/// Each guard but threshold and cool-down has `says`: a sentence with the numbers.
Json Guarding::seen(const Candidate& c, const Now& now) const {
  Json list = Json::array();
  const Keys keys = keys_of(c);
  const guard::Question asked = question(c, keys, now);
  for (const guard::Count& count : guard::count(asked)) {
    list.push_back({{"guard", "threshold"},
                    {"per", count.limit.per_text()},
                    {"within", format_duration(count.limit.within)},
                    {"allowed", count.limit.runs},
                    {"admitted", count.admitted},
                    {"shadow", c.mode <= Mode::plan},
                    {"oldest_leaves_in", count.leaves ? Json(time_left(*count.leaves)) : Json()}});
    if (!count.key.empty()) list.back()["key"] = count.key;
  }
  if (const auto& limit = c.workflow.guards.cool_down) {
    const auto verdict = guard::cool_down(asked);
    const auto* cool = std::get_if<guard::Suppress>(&verdict);
    list.push_back({{"guard", "cool-down"},
                    {"per", name(limit->per)},
                    {"wait", format_duration(limit->wait)},
                    {"left", cool == nullptr ? Json() : Json(time_left(cool->again_after))}});
  }
  add_budget(c, now, list);
  const auto add = [&](const char* guard, const guard::Verdict& verdict, std::string otherwise) {
    const bool admits = std::holds_alternative<guard::Admit>(verdict);
    list.push_back(
        {{"guard", guard}, {"admits", admits}, {"says", admits ? std::move(otherwise) : reason_of(verdict)}});
  };
  if (c.workflow.guards.hold_time || c.control.hold_time) add("for", hold_time(c, now), "open for long enough");
  if (const auto& limit = c.workflow.guards.flapping) {
    const SubjectState* s = projection_.subject(c.finding.control, c.finding.subject);
    const std::uint64_t seen = s == nullptr ? 0 : guard::openings_within(limit->within, s->openings, now);
    add("flapping", flapping(c, now),
        fmt::format("opened {} of {} times within {}", seen, limit->openings, format_duration(limit->within)));
  }
  if (!c.finding.causes.empty()) add("loop", loop(c), "what led here was not done by it");
  if (const Oscillation limit = c.workflow.guards.oscillation_limit(); limit.returns != 0 && !returns(c).empty()) {
    add("oscillation", guard::oscillation(limit, returns(c), now),
        fmt::format("the same state came back {} times within {}, {} are allowed",
                    guard::returns_within(limit, returns(c), now), format_duration(limit.within), limit.returns));
  }
  if (const auto& limit = c.workflow.guards.breaker) {
    const guard::Failures seen = guard::failures(*limit, projection_.endings(c.workflow.name), now);
    const guard::BreakerOpen* open = projection_.breaker(c.workflow.name);
    add("breaker", breaker(c, now),
        open != nullptr
            ? tried(*open)
            : fmt::format("closed; {} of {} runs within {} failed, it opens at {} % of at least {}", seen.bad,
                          seen.ended, format_duration(limit->within), limit->percent, limit->runs));
  }
  if (c.workflow.guards.window) {
    add("window", window(c, now), "open");
  }
  return list;
}

}  // namespace aright::engine
