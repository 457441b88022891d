// The pause gate: looked at right before every effect, so that a pause works at once and without the database.
#pragma once

#include <atomic>
#include <cstdint>

namespace aright::engine {

/// Any thread. Each origin closes and opens for itself; open means nobody has closed it.
class Gate {
 public:
  enum Origin : std::uint8_t { operator_ = 1, file = 2, signal = 4 };
  void close(Origin origin) { closed_.fetch_or(origin); }
  void open(Origin origin) { closed_.fetch_and(static_cast<std::uint8_t>(~origin)); }
  [[nodiscard]] bool is_open() const { return closed_.load() == 0; }

 private:
  std::atomic<std::uint8_t> closed_{0};
};

}  // namespace aright::engine
