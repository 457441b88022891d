// What the node is judged by, counted since start: for /metrics. `aright report` has the same of any stretch of time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/run.h"

namespace aright::engine {

/// Upper ends, in seconds, of how long it took from a run's beginning to its verified end; the last one has no end.
inline constexpr std::array fix_seconds{0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0};

struct WorkflowFigures {
  std::map<std::string, std::uint64_t> outcomes;                     ///< ended runs, by state
  std::uint64_t alone{0};                                            ///< succeeded, and no person decided
  std::array<std::uint64_t, fix_seconds.size() + 1> fixes_within{};  ///< of `alone`: each in one
  double seconds{0};                                                 ///< of `alone`, added up
};

struct KeyFiguresView {
  std::map<std::string, WorkflowFigures> workflows;
  std::map<std::string, std::uint64_t> opened;         ///< findings, by control
  std::map<std::string, std::uint64_t> recurred;       ///< of those, come back; by control
  std::map<std::string, std::uint64_t> reviews;        ///< by how they ended
  std::map<std::string, std::uint64_t> interventions;  ///< what people asked for, by kind
};

/// Any thread. The core counts, whoever asks for metrics reads.
class KeyFigures {
 public:
  void opened(const std::string& control, bool again);
  /// `run` as it was before it came to its final state `to`.
  void ended(const Run& run, RunState to, WallTime now);
  void reviewed(const std::string& decision);
  void intervened(std::string_view kind);
  [[nodiscard]] KeyFiguresView view() const;

 private:
  mutable std::mutex mutex_;
  KeyFiguresView figures_;
};

}  // namespace aright::engine
