// Concurrency: how many runs may be at work at once: in all, of a workflow, by a driver, on a subject. A value: no
// clock, no threads. Decisions: docs/decisions/0076, 0204.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/guards.h"

namespace aright::guard {

/// Of `limit`, how many are for findings of severity critical only: a flood of others never has all of them.
[[nodiscard]] constexpr std::size_t reserved(std::size_t limit) {
  return limit < 2 ? 0 : std::max<std::size_t>(limit / 8, 1);
}

/// How many of something are taken, and by how many that are not critical.
struct Taken {
  std::size_t all{0};
  std::size_t common{0};
  /// Whether one more may take of it.
  [[nodiscard]] bool has_room(std::size_t limit, bool critical) const {
    return all < limit && (critical || common < limit - reserved(limit));
  }
  void add(bool critical) { ++all, common += critical ? 0 : 1; }
  void remove(bool critical) { --all, common -= critical ? 0 : 1; }
};

/// What a run takes while it is at work.
struct Share {
  std::string workflow;
  std::optional<std::uint32_t> most{};  ///< runs of that workflow; none: as many as there are
  std::vector<std::string> drivers{};   ///< each once
  bool critical{false};                 ///< its finding's severity
  bool errands{false};                  ///< it has a step that is a program or a call
  std::string subject{};                ///< of its finding
};

class AtWork {
 public:
  explicit AtWork(RunLimits limits = {}) : limits_(std::move(limits)) {}

  void change(RunLimits limits) { limits_ = std::move(limits); }
  [[nodiscard]] std::size_t size() const { return shares_.size(); }
  [[nodiscard]] std::size_t of(const std::string& workflow) const;
  /// In all. Runs with programs or calls never have the last quarter: they may wait for minutes for their turn, and
  /// what only puts a file right shall not wait with them.
  [[nodiscard]] bool has_room(bool critical, bool errands) const {
    return all_.has_room(limits_.runs, critical) && (!errands || errands_.has_room(errands_most(), critical));
  }
  /// Why a run that would take `share` has to wait, with the numbers; empty: it does not. A workflow's own limit is as
  /// its owner wrote it; of all others a part is reserved.
  [[nodiscard]] std::string full(const Share& share) const;
  /// Whether anything is limited by driver: otherwise nobody asks for `Share::drivers`.
  [[nodiscard]] bool looks_at_drivers() const { return !limits_.drivers.empty(); }
  /// Those at work on it, of whatever workflow.
  [[nodiscard]] const std::set<std::uint64_t>& on(const std::string& subject) const;
  /// Exact, without a part for critical findings: the queue goes by severity, and a subject is one thing.
  [[nodiscard]] bool has_room_on(const std::string& subject) const { return on(subject).size() < limits_.subject; }
  /// What a person lets go on goes on beyond the limits, and counts. A run that is in already stays as it is.
  void enter(std::uint64_t run, Share share);
  /// What it had taken; nullopt: nothing.
  std::optional<Share> leave(std::uint64_t run);

 private:
  [[nodiscard]] std::size_t errands_most() const { return limits_.runs - limits_.runs / 4; }

  RunLimits limits_;
  Taken all_;
  Taken errands_;
  std::map<std::string, std::size_t> by_workflow_;
  std::map<std::string, Taken> by_driver_;
  std::map<std::string, std::set<std::uint64_t>> by_subject_;
  std::map<std::uint64_t, Share> shares_;  ///< by run
};

}  // namespace aright::guard
