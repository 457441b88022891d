// Proofs checked with nothing but the public key, and the proof that one signed log is the beginning of another.
#pragma once

#include <string>

#include "audit/key.h"
#include "base/json.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// `proof`: what `audit prove -o json` or `audit consistency -o json` gave. The sentence that holds then.
/// Errc::invalid: it is none, or proves nothing, and why.
[[nodiscard]] Result<std::string> verify_proof(const Json& proof, const audit::VerifyKey& key);

/// That the log of checkpoint `older` (a note of this log) is the beginning of the one of `newer`, or of the newest:
/// both notes and the path (RFC 6962 §2.1.2). Errc::invalid: a note is not one of this log; Errc::corrupt: it is not
/// so.
[[nodiscard]] Result<Json> prove_consistency(store::SqliteHistory& log, const audit::VerifyKey& key,
                                             const std::string& older, const std::string& newer);

/// A kept checkpoint: a file of its own, or of the line of the daemon's log, which has `|` for each newline; or that
/// line itself, where there is no such file. Its note.
[[nodiscard]] Result<std::string> read_note(const std::string& file);

}  // namespace aright::cli
