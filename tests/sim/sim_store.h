// The simulated store: a commit happens whole or not at all, may fail for want of space or for a while, and may be the
// last thing the process does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/port/reserve.h"
#include "model/port/store.h"
#include "world.h"

namespace aright::sim {

class SimReserve final : public Reserve {
 public:
  void release() override { released = true; }
  bool restore() override {
    if (full) return false;
    released = false;
    return true;
  }
  bool full{false};  ///< the disk
  bool released{false};
};

class SimStore final : public Store {
 public:
  SimStore(World& world, SimReserve& reserve) : world_(world), reserve_(reserve) {}
  Result<Loaded> load() override;
  Result<Done> commit(const Batch& batch) override;
  Result<std::optional<Blob>> blob(const std::string& commitment_id) override;
  Result<std::optional<Definition>> definition(const std::string& hash) override;

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
  std::vector<bool> reserve_kept;  ///< by entry: whether the reserve was whole when it became durable

 private:
  World& world_;
  SimReserve& reserve_;
};

}  // namespace aright::sim
