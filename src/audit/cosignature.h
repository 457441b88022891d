// What others sign under our checkpoints: C2SP tlog-cosignature, Ed25519 (cosignature/v1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/key.h"
#include "base/result.h"

namespace aright::audit {

struct Cosignature {
  std::uint64_t time{0};  ///< when it was made, in seconds since 1970
  std::string line;       ///< as it stands under a note, with its newline
};

/// What a key that cosigns signs at `time` for the body of a note.
[[nodiscard]] std::string cosigned_message(std::uint64_t time, std::string_view body);

/// The one of `key`, made for cosignatures, among signature `lines` on `note`; lines of others are passed over.
/// Errc::invalid: there is none, it is malformed, or it does not sign this note.
[[nodiscard]] Result<Cosignature> open_cosignature(std::string_view note, std::string_view lines, const VerifyKey& key);

}  // namespace aright::audit
