// The folder that is handed over.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace aright::cli {

/// What `collect_evidence` gave, as files in a new folder `path`, which only its owner may enter: whom it is handed to,
/// he decides. index.html, entries.jsonl, proofs.json, checkpoint.txt, signing.pub (`key`, as text), contents/,
/// definitions/, verify.py. Errors name the file; Errc::conflict: `path` is there already. What was written before an
/// error stays.
[[nodiscard]] Result<Done> write_evidence(const std::string& path, const Json& pack, const std::string& key);

}  // namespace aright::cli
