// What proves what was done, and why, to somebody who trusts only the public key.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/time.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// Of one run, or of all that is recorded about one control: runs, findings, waivers.
struct EvidenceRequest {
  std::optional<std::uint64_t> run;
  std::string control;            ///< when no run is asked for
  std::optional<WallTime> since;  ///< runs, findings and waivers that were not over by then
  /// How long a checkpoint over all of it is waited for, at most: beside a daemon, which is to make one.
  std::chrono::milliseconds patience{0};
};

/// With what undid these runs, and what they undid. An object: `checkpoint` (note), `tree_size`; `entries` (`seq`,
/// `bytes`, `proof`) about these runs, their findings and the definitions they were made by, by number; `contents`
/// (`id`, `salt`, `bytes`, both base64) those entries commit to; `kept_back`: ids of contents that are sensitive,
/// `gone`: of those that are not kept any more; `erased`:
/// subjects whose contents somebody has erased, with when last; `definitions`
/// (`hash`, `kind`, `doc`; `told` instead of that, without what is sensitive, where there is such a thing); `runs` with
/// their `finding` for the page. All of it as it is when this begins, also when more is written meanwhile. Reads the
/// whole log; where retention has taken rows of theirs away, they are made of the entries. Errc::invalid: no such run,
/// or nothing about that control; or more than 1,000 runs or findings. Errc::not_found (retry): no checkpoint covers it
/// within `patience`. Errc::corrupt: something is not what was signed.
[[nodiscard]] Result<Json> collect_evidence(store::SqliteHistory& log, const EvidenceRequest& request);

/// How many definitions of such a pack have no `doc`.
[[nodiscard]] std::size_t definitions_kept_back(const Json& pack);

}  // namespace aright::cli
