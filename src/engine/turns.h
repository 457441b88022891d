// Who may go first where only so many may at once. A value: no clock, no threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "guard/at_work.h"
#include "model/control.h"

namespace aright::engine {

/// Errands; whoever does them has room for as many. One of them is for critical findings only.
inline constexpr std::size_t errands_at_once = 16;
/// Runs whose wait is told; anew with every commit.
inline constexpr std::size_t waits_shown_max = 200;

/// Turns of errands. Only what has a turn is announced: a death leaves no more than `limit` errands of which nobody
/// knows whether they were begun. Severe ones go first, and a part of the turns is theirs alone.
class Turns {
 public:
  struct Waiter {
    std::uint64_t run{0};
    Level severity{Level::medium};
  };

  /// limit 0 counts as 1: something must go on.
  explicit Turns(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  /// Turns that a run of that severity may find taken before it has to wait.
  [[nodiscard]] std::size_t limit(Level severity) const {
    return severity == Level::critical ? limit_ : limit_ - guard::reserved(limit_);
  }
  [[nodiscard]] const std::deque<Waiter>& waiting() const { return waiting_; }  ///< who is first comes first
  /// True: `run` has a turn, to be given back once. False: it waits behind those that are as severe and came before;
  /// asking again does not change its place.
  bool take(std::uint64_t run, Level severity) {
    if (has_room(severity)) {
      if (has_.emplace(run, severity == Level::critical).second) taken_.add(severity == Level::critical);
      leave(run);
      return true;
    }
    if (std::ranges::find(waiting_, run, &Waiter::run) == waiting_.end()) wait(run, severity);
    return false;
  }
  /// Whether it waits: then with those that are as severe now.
  bool weighs_anew(std::uint64_t run, Level severity) {
    if (std::ranges::find(waiting_, run, &Waiter::run) == waiting_.end()) return false;
    leave(run);
    wait(run, severity);
    return true;
  }
  void give_back(std::uint64_t run) {
    const auto had = has_.find(run);
    if (had == has_.end()) return;
    taken_.remove(had->second);
    has_.erase(had);
  }
  /// Who is next and may take its turn now; it does not wait any more.
  std::optional<std::uint64_t> next() {
    if (waiting_.empty() || !has_room(waiting_.front().severity)) return std::nullopt;
    const std::uint64_t run = waiting_.front().run;
    waiting_.pop_front();
    return run;
  }
  /// Nothing of `run` is to be started any more.
  void leave(std::uint64_t run) {
    std::erase_if(waiting_, [&](const Waiter& w) { return w.run == run; });
  }

 private:
  void wait(std::uint64_t run, Level severity) {
    const auto behind = std::ranges::find_if(waiting_, [&](const Waiter& w) { return w.severity < severity; });
    waiting_.insert(behind, {run, severity});
  }
  [[nodiscard]] bool has_room(Level severity) const { return taken_.has_room(limit_, severity == Level::critical); }

  std::size_t limit_;
  guard::Taken taken_;
  std::map<std::uint64_t, bool> has_;  ///< run → whether it is critical
  std::deque<Waiter> waiting_;
};

}  // namespace aright::engine
