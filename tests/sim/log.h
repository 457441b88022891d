// The simulated log: lines that the world keeps, read by a source that dies with the process and begins where the
// engine says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "detect/sigma/rule_set.h"
#include "model/intake.h"
#include "model/port/snapshots.h"
#include "sim_store.h"
#include "world.h"

namespace aright::sim {

struct LogLine {
  WallTime at;
  std::string address;  ///< empty: the line is malformed
  std::string agent{};  ///< who is said to have brought it about
};

/// The rules of every world: a failed login, and three of them from one address within ten minutes.
[[nodiscard]] std::shared_ptr<const detect::sigma::RuleSet> log_rules();
[[nodiscard]] std::vector<Control> log_controls();
inline constexpr const char* log_source = "log";
inline constexpr std::uint64_t log_step = 10;  ///< between two offsets

/// What a life of the process reads.
class LogReader {
 public:
  /// `from`: as Core::read_from has it for this source.
  LogReader(const std::vector<LogLine>& lines, const std::vector<ReadFrom>& from);
  [[nodiscard]] bool more() const { return next_ < lines_.size(); }
  [[nodiscard]] EventsRead read(std::size_t most, WallTime now, const Digest& seed);

 private:
  const std::vector<LogLine>& lines_;
  std::size_t next_{0};
};

class SimSnapshots final : public Snapshots {
 public:
  explicit SimSnapshots(World& world) : world_(world) {}
  Result<std::vector<Stored>> load() override { return row_; }
  Result<Done> put(const Stored& snapshot) override;

 private:
  World& world_;
  std::vector<Stored> row_;
};

/// What of `lines` is not where it belongs when all is quiet: each line handled once, each finding with all its
/// evidence, each correlation fired as one that never died. Empty: all is.
[[nodiscard]] std::string log_trouble(const std::vector<LogLine>& lines, const SimStore& store);

}  // namespace aright::sim
