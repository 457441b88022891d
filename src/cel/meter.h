// What goes wrong inside an evaluation, and what it may still cost.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <string>

#include "base/result.h"
#include "cel/value.h"

namespace aright::cel {

inline constexpr std::uint32_t no_offset = std::numeric_limits<std::uint32_t>::max();

/// An error as the language means it: `&&`, `||` and macros may absorb it. `offset` is the byte in the text of the part
/// that failed; set by the evaluator.
struct Fault {
  Errc code{Errc::invalid};
  std::string message;
  std::uint32_t offset{no_offset};
};

template <class T>
using Outcome = std::expected<T, Fault>;

[[nodiscard]] inline std::unexpected<Fault> fault(std::string message, Errc code = Errc::invalid) {
  return std::unexpected<Fault>(Fault{code, std::move(message), no_offset});
}

/// Counts down. Once it is empty nothing is absorbed any more and the evaluation ends.
class Meter {
 public:
  explicit Meter(std::uint64_t cost_max) : left_(cost_max), cost_max_(cost_max) {}
  [[nodiscard]] bool spend(std::uint64_t cost) {
    if (cost > left_) empty_ = true;
    left_ -= empty_ ? left_ : cost;
    return !empty_;
  }
  /// For text: an eighth of its bytes.
  [[nodiscard]] bool spend_text(std::uint64_t bytes) { return spend(bytes / 8); }
  [[nodiscard]] bool empty() const { return empty_; }
  [[nodiscard]] std::uint64_t spent() const { return cost_max_ - left_; }
  [[nodiscard]] std::unexpected<Fault> fault() const {
    return cel::fault("the expression costs more than " + std::to_string(cost_max_) + " units of work", Errc::denied);
  }

 private:
  std::uint64_t left_;
  std::uint64_t cost_max_;
  bool empty_{false};
};

}  // namespace aright::cel
