#include "script_guards.h"

namespace aright::sim {

using namespace std::chrono_literals;

namespace {

/// Of several kinds; each has its `per: workflow`, as the loader demands.
std::vector<Threshold> drawn_threshold(Chance& chance) {
  switch (chance.below(7)) {
    case 0: return {Threshold{}};
    case 1: return {{1, 5min, Per::workflow}};
    case 2: return {{1, 10min, Per::subject}, {5, 10min, Per::workflow}};
    case 3: return {{2, 3min, Per::resource}, {4, 10min, Per::workflow}};
    case 4: return {{2, 4min, Per::expression, "${ finding.subject.id }"}, {6, 20min, Per::workflow}};
    case 5: return {{12, 10min, Per::workflow}};  // so that the others have something to say
    default: return {{2, 3min, Per::workflow}, {2, 20min, Per::subject}, {6, 30min, Per::workflow}};
  }
}

/// A world begins at eight in the morning.
DaySpan drawn_span(Chance& chance) {
  DaySpan span;
  const auto day = std::chrono::minutes{7 * 60 + 30 + static_cast<int>(chance.below(90))};
  span.from = day;
  span.to = day + std::chrono::minutes{1 + static_cast<int>(chance.below(chance.percent(30) ? 600 : 20))};
  if (chance.percent(20)) span.to = day - 20min;  // nearly a day, over midnight
  if (chance.percent(20)) span.days.at(chance.below(7)) = false;
  return span;
}

TimeWindow drawn_window(Chance& chance) {
  TimeWindow window;
  const std::uint64_t what = chance.below(3);
  if (what != 0) window.forbid.push_back(drawn_span(chance));
  if (what != 1) window.allow.push_back(drawn_span(chance));
  if (what == 0 && chance.percent(50)) window.allow.push_back(drawn_span(chance));
  window.hold = chance.percent(40);
  return window;
}

Breaker drawn_breaker(Chance& chance) {
  Breaker breaker;
  breaker.percent = 20 + static_cast<std::uint32_t>(chance.below(81));
  breaker.runs = 1 + static_cast<std::uint32_t>(chance.below(4));
  breaker.within = 1min + chance.millis(30 * 60'000);
  if (chance.percent(60)) breaker.trial_after = 10s + chance.millis(5 * 60'000);
  return breaker;
}

Budget drawn_budget(Chance& chance) {
  Budget budget;
  budget.within = 30s + chance.millis(15 * 60'000);
  budget.staged = chance.percent(40);
  if (chance.percent(60)) budget.subjects = 1 + chance.below(3);
  if (chance.percent(50)) budget.population = chance.below(6);
  if (chance.percent(30)) budget.population = std::string(chance.percent(50) ? "a-mode" : "folder");
  if (budget.population && (!budget.subjects || chance.percent(50))) {
    budget.percent = 1 + static_cast<std::uint32_t>(chance.below(100));
  }
  if (!budget.percent && !budget.subjects) budget.subjects = 2;
  return budget;
}

}  // namespace

void draw_guards(Chance& chance, Config& config) {
  config.budgets.push_back({"common", drawn_budget(chance)});
  for (Workflow& w : config.workflows) {
    Guards& g = w.guards;
    g.threshold = drawn_threshold(chance);
    if (chance.percent(25)) {
      g.cool_down = CoolDown{std::chrono::seconds{5 + static_cast<int>(chance.below(90))},
                             chance.percent(50) ? Per::subject : Per::workflow};
    }
    if (chance.percent(25)) g.concurrency = 1 + static_cast<std::uint32_t>(chance.below(2));
    if (chance.percent(12)) g.hold_time = 1s + chance.millis(40'000);
    if (chance.percent(15))
      g.flapping = {2 + static_cast<std::uint32_t>(chance.below(4)), 1min + chance.millis(900'000)};
    if (chance.percent(15)) g.window = drawn_window(chance);
    if (chance.percent(25)) g.breaker = drawn_breaker(chance);
    if (chance.percent(15))
      g.oscillation = {static_cast<std::uint32_t>(chance.below(4)), 1min + chance.millis(900'000)};
    if (chance.percent(15)) {
      g.budget = drawn_budget(chance);
    } else if (chance.percent(15)) {
      g.budget = std::string("common");
    }
  }
  for (Control& c : config.controls) {
    if (chance.percent(8)) c.hold_time = 1s + chance.millis(20'000);
  }
}

void redraw_numbers(Chance& chance, Guards& guards) {
  for (Threshold& limit : guards.threshold) limit.runs = 1 + static_cast<std::uint32_t>(chance.below(6));
  if (auto* own = std::get_if<Budget>(&guards.budget); own != nullptr && own->subjects) {
    own->subjects = 1 + chance.below(3);
  }
  if (guards.window) guards.window->hold = !guards.window->hold;
}

}  // namespace aright::sim
