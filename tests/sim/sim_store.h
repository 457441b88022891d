// The simulated store: a commit happens whole or not at all, may fail for want of space or for a while. The process may
// die before it, in its midst, which leaves nothing of it (as SQLite's recovery does; that the real one does so is what
// the kill sweep of tests/e2e shows), and right after it, when nobody has heard yet that it is durable.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/key.h"
#include "model/port/reserve.h"
#include "model/port/store.h"
#include "world.h"

namespace aright::sim {

class SimReserve final : public Reserve {
 public:
  void release() override { released = true; }
  Result<Done> restore() override {
    if (full) return fail(Errc::no_space, "no room");
    released = false;
    return Done{};
  }
  bool full{false};  ///< the disk
  bool released{false};
};

/// Signs every simulated log.
[[nodiscard]] const audit::SigningKey& log_key();
inline constexpr const char* log_origin = "sim.example";

class SimStore final : public Store {
 public:
  SimStore(World& world, SimReserve& reserve) : world_(world), reserve_(reserve) {}
  Result<Loaded> load() override;
  Result<Done> commit(const Batch& batch) override;
  Result<std::optional<Blob>> blob(const std::string& commitment_id) override;
  Result<std::optional<Definition>> definition(const std::string& hash) override;
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override;

  // What is durable.
  std::vector<Entry> entries;
  std::vector<Digest> leaves;
  TreeHead tree;
  std::map<std::string, std::map<std::string, Row>> rows;
  std::map<std::string, Blob> blobs;
  std::map<std::string, Definition> definitions;
  std::vector<Checkpoint> checkpoints;
  std::map<std::string, std::string> intakes;  ///< by source
  std::string context;
  std::vector<Nanos> boot_zero;  ///< by entry: the true time at which the boot clock of its process showed nought
  std::vector<Nanos> signed_at;  ///< by checkpoint: the true time
  std::optional<Nanos> held_up;  ///< true time up to which the disk took nothing
  /// True time that commits have taken, of which lie between the two.
  [[nodiscard]] Nanos slow_within(Nanos from, Nanos to) const;

 private:
  void slow();
  void keep(const Batch& batch);
  World& world_;
  SimReserve& reserve_;
  std::vector<std::pair<Nanos, Nanos>> slow_;  ///< from, to
};

}  // namespace aright::sim
