// How far kept deliveries may go.
#pragma once

#include <cstdint>
#include <optional>

namespace aright::source {

/// What is done may go; where there are windows, only when they have been put aside since: until then a restart fills
/// them by reading again. Pure; one thread at a time.
class ReleaseRule {
 public:
  struct Seen {
    std::uint64_t done{0};       ///< the first number that is not durably done
    std::uint64_t snapshots{0};  ///< of windows, counted since start
    bool windows{false};         ///< there are any
  };
  /// The number before which everything may go; nullopt: nothing more than before.
  [[nodiscard]] std::optional<std::uint64_t> before(const Seen& now);

 private:
  struct Mark {
    std::uint64_t done{0};
    std::uint64_t snapshots{0};
  };
  std::optional<Mark> mark_;
};

}  // namespace aright::source
