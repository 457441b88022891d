// Who may go first where only so many may at once. A value: no clock, no threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace aright::engine {

/// Errands; whoever does them has room for as many.
inline constexpr std::size_t errands_at_once = 8;

/// Turns of errands. Only what has a turn is announced: a death leaves no more than `limit` errands of which nobody
/// knows whether they were begun.
class Turns {
 public:
  /// limit 0 counts as 1: something must go on.
  explicit Turns(std::size_t limit) : limit_(std::max<std::size_t>(limit, 1)) {}

  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] const std::deque<std::uint64_t>& waiting() const { return waiting_; }  ///< first come first
  /// True: `run` has a turn, to be given back once. False: it waits behind those that came before; asking again does
  /// not change its place.
  bool take(std::uint64_t run) {
    if (taken_ < limit_) {
      ++taken_;
      leave(run);
      return true;
    }
    if (std::ranges::find(waiting_, run) == waiting_.end()) waiting_.push_back(run);
    return false;
  }
  void give_back() {
    if (taken_ > 0) --taken_;
  }
  /// Who is next and may take its turn now; it does not wait any more.
  std::optional<std::uint64_t> next() {
    if (taken_ >= limit_ || waiting_.empty()) return std::nullopt;
    const std::uint64_t run = waiting_.front();
    waiting_.pop_front();
    return run;
  }
  /// Nothing of `run` is to be started any more.
  void leave(std::uint64_t run) { std::erase(waiting_, run); }

 private:
  std::size_t limit_;
  std::size_t taken_{0};
  std::deque<std::uint64_t> waiting_;
};

}  // namespace aright::engine
