#include "engine/definition_fields.h"

#include "guard/guard.h"

namespace aright::engine {

namespace {
std::int64_t whole_millis(Nanos span) { return std::chrono::ceil<std::chrono::milliseconds>(span).count(); }
}  // namespace

Fields fields_of(const Workflow& w) {
  Fields fields{{"window_ms", whole_millis(guard::longest_window(w))}};
  if (w.guards.breaker) fields["endings_ms"] = whole_millis(w.guards.breaker->within);
  if (const Budget* own = w.guards.own_budget()) fields["budget_ms"] = whole_millis(own->within);
  if (w.guards.flapping) fields["openings"] = w.guards.flapping->openings;
  if (const Oscillation limit = w.guards.oscillation_limit(); limit.returns != 0) fields["returns"] = limit.returns + 1;
  return fields;
}

Fields fields_of(const SharedBudget& b) { return {{"window_ms", whole_millis(b.budget.within)}}; }

}  // namespace aright::engine
