// What the checker asks of signed checkpoints, and of the gate.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

/// By the clock that never steps, whenever the entry became durable.
Nanos Checker::made(const Json& e) const {
  return store_.boot_zero.at(seen_) + std::chrono::microseconds{e.at("up").get<std::uint64_t>()};
}

/// Those stored with the entries up to here: size, root and signature, as whoever verifies the log sees them.
void Checker::checkpoints() {
  while (checkpoints_ < store_.checkpoints.size() && store_.checkpoints[checkpoints_].size == log_.size()) {
    signed_in_time(store_.signed_at[checkpoints_]);
    const Checkpoint& checkpoint = store_.checkpoints[checkpoints_++];
    if (auto ok = log_.checkpoint(checkpoint.size, checkpoint.note); !ok) violation(ok.error().message);
    unsigned_since_.reset();
  }
}

/// One second, not counting the time in which no process was there or the disk took nothing.
void Checker::signed_in_time(Nanos at) const {
  if (!unsigned_since_) return;
  const Nanos since = std::max({*unsigned_since_, life_began_, store_.held_up.value_or(Nanos{0})});
  if (at - since <= std::chrono::seconds{1}) return;
  violation(fmt::format("an entry is without a signature {} ms after it was made",
                        std::chrono::duration_cast<std::chrono::milliseconds>(at - since).count()));
}

/// Each pause ends for itself, and by its own entry.
void Checker::pause(const std::string& kind, const Json& e) {
  const bool set = kind == "pause.set";
  if (text(e, "origin") == "file") {
    if (set == paused_by_file_) violation("is told twice what the file says");
    paused_by_file_ = set;
    return;
  }
  engine::PauseScope scope = engine::PauseScope::everything();
  if (e.contains("workflow")) scope = engine::PauseScope::workflow(text(e, "workflow"));
  if (e.contains("driver")) scope = engine::PauseScope::driver(text(e, "driver"));
  const bool changed =
      set ? asked_pauses_.emplace(number(e, "pause"), scope).second : asked_pauses_.erase(number(e, "pause")) == 1;
  if (!changed) violation("sets a pause twice, or ends one that is not in force");
}

/// `key`: "r12-0", whatever follows.
void Checker::gate_open(const std::string& key) const {
  std::uint64_t id = 0;
  std::size_t step = 0;
  const char* end = key.data() + key.size();
  const auto number = std::from_chars(key.data() + 1, end, id);
  if (number.ptr != end) std::from_chars(number.ptr + 1, end, step);
  const auto run = runs_.find(id);
  const bool known = run != runs_.end() && step < run->second.steps.size();
  const std::string workflow = known ? run->second.workflow : "";
  const std::string driver = known ? run->second.steps[step].driver : "";
  const std::string why = world_.closed ? world_.closed(workflow, driver) : std::string();
  if (!why.empty()) violation(key + ": begins although " + why);
}

}  // namespace aright::sim
