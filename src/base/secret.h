// A secret's value: it cannot be printed, formatted, compared or copied by accident, and its memory is wiped.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aright {

/// Overwrites what `text` holds, its spare room too; then it is empty.
inline void wipe(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

/// Moves, never copies: a moved one is empty. There is one way to its bytes, and its name is easy to search for.
class Secret {
 public:
  Secret() = default;
  /// Takes the bytes over; `value` is wiped.
  explicit Secret(std::string&& value) : bytes_(value.begin(), value.end()) { wipe(value); }
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      clear();
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { clear(); }

  /// The bytes, for the moment in which they are needed. Whoever copies them wipes the copy.
  [[nodiscard]] std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  void clear() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
    bytes_.clear();
  }
  std::vector<char> bytes_;  // not a string: a short one would stay behind in what it was moved from
};

}  // namespace aright
