// Findings that guards keep back, in the order in which they go on when one may. A value: no clock, no threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/control.h"

namespace aright::engine {

/// For each cool-down and each staged budget those that wait for it: severe ones first, then older ones. And who is
/// about to take a place there: runs that have not been decided about.
class GuardQueues {
 public:
  struct Waiter {
    Level severity{Level::medium};
    WallTime opened{};
    std::uint64_t offset{0};  ///< in its source when it began to wait: several may be found at once
    std::string finding;
    std::string workflow;
    bool operator<(const Waiter& other) const;
  };

  /// It waits in `queue`, and in no other for its workflow.
  void wait(const std::string& queue, const Waiter& waiter);
  /// Of one workflow. nullopt: it did not wait; otherwise where.
  std::optional<std::string> leave(const std::string& finding, const std::string& workflow);
  void forget(const std::string& finding);
  /// Whether it may go on now: it is the first, it was called, or it has let another go before it once.
  [[nodiscard]] bool may_go(const std::string& queue, const Waiter& waiter) const;
  /// It lets the first go before it; next time it goes, whatever has become of that one.
  void let_pass(const std::string& queue, const Waiter& waiter);
  /// It is more or less severe than when it began to wait, and keeps what else it was.
  void weighs_anew(const std::string& finding, Level severity);
  /// It goes when it is looked at next.
  [[nodiscard]] bool is_called(const std::string& queue, const Waiter& waiter) const;
  /// As it began to wait, if it does.
  [[nodiscard]] Waiter known(const Waiter& waiter) const;
  [[nodiscard]] const Waiter* first(const std::string& queue) const;  ///< nullptr: nobody waits
  /// So many may go on: the first of those that were not called yet, as far as the ones called before leave room.
  std::vector<std::string> call(const std::string& queue, std::size_t many);

  /// The run is about to take a place, until it has been decided about.
  void claim(const std::string& queue, std::uint64_t run, Level severity);
  /// Where it was.
  std::vector<std::string> release(std::uint64_t run);
  /// By runs that are at least so severe.
  [[nodiscard]] std::size_t claimed(const std::string& queue, Level severity) const;

 private:
  struct Queue {
    std::set<Waiter> waiting;
    std::set<Waiter> called;  ///< they go, whoever else waits
  };
  struct Place {
    std::string queue;
    Waiter waiter;
  };
  std::map<std::string, Queue> queues_;
  std::map<std::string, std::map<std::string, Place>> places_;    ///< by finding and workflow
  std::map<std::uint64_t, std::map<std::string, Level>> claims_;  ///< by run and queue
  std::map<std::string, std::map<Level, std::size_t>> claimed_;
};

}  // namespace aright::engine
