// What tells what this node says outside from what it said before it was put back to an older state: by then others had
// got keys that its log no longer knows. Decision: docs/decisions/0166.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace aright {

/// From one restore to the next.
struct Epoch {
  std::string word;               ///< 8 hex digits, drawn at random: the same backup may be brought back twice
  std::uint64_t run{0};           ///< its first
  std::uint64_t notification{0};  ///< its first
  bool operator==(const Epoch&) const = default;
};
[[nodiscard]] bool is_epoch_word(std::string_view text);

/// Those of one log, oldest first; none where it was never put back. The first has no word.
class Epochs {
 public:
  /// One that has begun already stays as it is.
  void begin(Epoch epoch);
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] std::string current() const { return list_.empty() ? std::string() : list_.back().word; }
  [[nodiscard]] std::string of_run(std::uint64_t id) const;
  [[nodiscard]] std::string of_notification(std::uint64_t id) const;
  [[nodiscard]] Json to_json() const;
  /// Errc::corrupt: it is not as `to_json` writes it.
  [[nodiscard]] static Result<Epochs> from_json(const Json& doc);

 private:
  std::vector<Epoch> list_;
};

/// `name` as others are told it: "9f2c01ab-r12-0"; in the first epoch as it is.
[[nodiscard]] std::string in_epoch(std::string_view epoch, std::string_view name);

}  // namespace aright
