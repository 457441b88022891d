// What the checker asks of undos: what a run changed reads as it was before it, and nobody else's change was undone.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"

namespace aright::sim {

namespace {

bool same_field(const std::string& name, const Json& one, const Json& other) {
  return one.contains(name) == other.contains(name) && (!one.contains(name) || one.at(name) == other.at(name));
}

/// In the fields in which `from` and `to` differ.
bool is_as(const Json& state, const Json& wanted, const Json& from, const Json& to) {
  const auto holds = [&](const auto& item) {
    return same_field(item.key(), from, to) || same_field(item.key(), state, wanted);
  };
  return std::ranges::all_of(from.items(), holds) && std::ranges::all_of(to.items(), holds);
}

}  // namespace

/// Called when it has succeeded.
void Checker::undone(const RunSeen& undo) const {
  const auto original = made_.find(undo.undoes);
  if (original == made_.end()) violation("undoes a run that nobody has seen end");
  for (std::size_t i = 0; i < original->second.size(); ++i) {
    const StepSeen& made = original->second[i];
    if (made.program || !is_made(made)) continue;
    if (i >= undo.steps.size()) violation("undoes a run without its step on " + made.path);
    const StepSeen& back = undo.steps[i];
    const Json before = parse_json(made.before).value();
    const Json after = parse_json(made.after).value();
    if (back.state == "verified") {
      if (!is_as(parse_json(back.before).value(), after, before, after)) {
        violation("undoes what somebody else has changed: " + made.path);
      }
      if (!is_as(parse_json(back.after).value(), before, before, after)) {
        violation("leaves " + made.path + " otherwise than it was before the run it undoes");
      }
      continue;
    }
    const auto readings = world_.readings.find(made.path);
    const bool read_so =
        readings != world_.readings.end() &&
        std::ranges::any_of(readings->second, [&](const Reading& r) { return is_as(r.fields, before, before, after); });
    if (!read_so) violation("says that " + made.path + " was undone, and nobody has read it as it was before");
  }
}

}  // namespace aright::sim
