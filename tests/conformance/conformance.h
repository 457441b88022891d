// The forms of vectors we read.
#pragma once

#include <filesystem>
#include <string>

namespace aright::conformance {

struct Tally {
  int passed{0};
  int failed{0};
  int skipped{0};
  std::string why_skipped;  ///< "protobuf 347, string_ext 90": what was needed that we do not have
  void add(bool good, const std::string& what);
};

/// The file's bytes; empty when it cannot be read.
std::string read(const std::filesystem::path& path);

/// RFC 6962 proofs as JSON: one case, a list of cases, or one case a line. A folder: all .json and .jsonl below it.
/// What is not a case is a failure; subtree cases are skipped.
void merkle(const std::filesystem::path& path, Tally& tally);
/// C2SP checkpoints with `verifier.vkey` and the entries beside them. A folder: all files `checkpoint*` below it.
void tlog(const std::filesystem::path& path, Tally& tally);
/// Signed webhooks as JSON, one case a line. A folder: all .jsonl below it.
void webhook(const std::filesystem::path& path, Tally& tally);
/// Expressions of the Common Expression Language, one case a line. A folder: all .jsonl below it. Prints the share of
/// the core that passes, then of the other tags. What needs a library or messages we do not have is skipped; a case
/// that takes over a second fails.
void cel(const std::filesystem::path& path, Tally& tally);
/// Sigma rules (.yml) and events (.jsonl, one a line), of which those with `_rule_id` must be matched by that rule
/// (`_match_count`: by how many of its events). Prints how many rules were loaded, why the others were not, how many
/// rules matched as expected. A folder: all below it. Rules that need what is not in this version are skipped.
void sigma(const std::filesystem::path& path, Tally& tally);

}  // namespace aright::conformance
