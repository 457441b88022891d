// What the checker asks of signed checkpoints, and of the gate.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"

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
  const Nanos since = std::max({*unsigned_since_, life_began_, store_.refused.value_or(Nanos{0})});
  if (at - since <= std::chrono::seconds{1}) return;
  violation(fmt::format("an entry is without a signature {} ms after it was made",
                        std::chrono::duration_cast<std::chrono::milliseconds>(at - since).count()));
}

void Checker::gate_open(const std::string& key) const {
  const std::string why = world_.closed ? world_.closed() : std::string();
  if (!why.empty()) violation(key + ": begins although " + why);
}

}  // namespace aright::sim
