// Ids that must be known for a while longer than what they belong to: an append-only file of small records.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::store {

/// 16 bytes of the SHA-256 of an id: of fixed size, and nothing of a sender's text is kept.
using IdKey = std::array<std::uint8_t, 16>;
[[nodiscard]] IdKey id_key(std::string_view id);

struct RememberedId {
  IdKey key{};
  std::int64_t until{0};  ///< seconds since 1970
  bool operator==(const RememberedId&) const = default;
};

/// One thread at a time.
class IdFile {
 public:
  struct Opened;
  /// Makes the file (0600) if it is missing. Records that are not whole (a torn end, damage) are left out and counted.
  /// Errors as the system says.
  static Result<Opened> open(const std::string& path);

  /// Durable when it returns. Errc::no_space: nothing was added. Other errors: not known; the same may be added again.
  Result<Done> add(std::span<const RememberedId> ids);
  /// In the place of all there is, in one piece: after any error the file is as before.
  Result<Done> replace(std::span<const RememberedId> ids);
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  IdFile(std::string path, UniqueFd file, std::uint64_t records)
      : path_(std::move(path)), file_(std::move(file)), records_(records) {}
  std::string path_;
  UniqueFd file_;
  std::uint64_t records_{0};  ///< in the file, also those that are over
};

struct IdFile::Opened {
  IdFile file;
  std::vector<RememberedId> ids;
  std::uint64_t damaged{0};  ///< records left out
  bool made{false};          ///< it was missing
};

}  // namespace aright::store
