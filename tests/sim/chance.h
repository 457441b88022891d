// Everything that happens in a simulated world is drawn from one seed.
#pragma once

#include <cstdint>
#include <string>

#include "base/digest.h"
#include "base/time.h"

namespace aright::sim {

/// SplitMix64: the same numbers on every machine. One thread.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// 0 … n-1
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool percent(std::uint64_t p) { return below(100) < p; }
  /// Whole milliseconds, 0 … ms-1.
  Nanos millis(std::uint64_t ms) { return std::chrono::milliseconds{static_cast<std::int64_t>(below(ms))}; }
  Digest digest() { return sha256(std::to_string(next())); }

 private:
  std::uint64_t state_;
};

}  // namespace aright::sim
