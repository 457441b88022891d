// Signed checkpoints: C2SP tlog-checkpoint in a C2SP signed-note.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/key.h"
#include "base/bytes.h"
#include "base/result.h"

namespace aright::audit {

struct CheckpointBody {
  std::string origin;
  std::uint64_t size{0};
  Digest root{};
  std::vector<std::string> extensions;
};

/// The note as text, signed under `key_name`. Errc::invalid: an origin, extension or name the form does not allow.
[[nodiscard]] Result<std::string> sign_checkpoint(const CheckpointBody& body, const SigningKey& key,
                                                  const std::string& key_name);

/// Parses strictly and accepts only with a good signature of `key`; signatures of others are ignored. Errc::invalid.
[[nodiscard]] Result<CheckpointBody> open_checkpoint(std::string_view note, const VerifyKey& key);

}  // namespace aright::audit
