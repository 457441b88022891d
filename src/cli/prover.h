// Proofs of single entries, quick also in a long log.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/json.h"
#include "model/port/store.h"

namespace aright::cli {

/// Any thread, one at a time (a mutex inside). Keeps a reference: `history` must outlive it. Remembers the roots of
/// whole blocks of leaves (32 bytes for 1,024 entries): only the first proof reads them all.
class Prover {
 public:
  explicit Prover(History& history) : history_(history) {}
  /// Entry `seq` with its inclusion proof under the newest checkpoint. Errc::not_found: no such entry, or not yet
  /// signed. Errc::corrupt: the entries are not what was signed.
  Result<Json> prove(std::uint64_t seq);
  /// That the tree of the first `size` entries begins with that of the first `old_size`: PROOF(old_size, D[size]) of
  /// RFC 6962 §2.1.2, empty for 0 and for `size` itself. Errc::corrupt: the log has fewer entries.
  Result<std::vector<Digest>> consistency(std::uint64_t old_size, std::uint64_t size);

 private:
  Result<std::vector<Digest>> nodes(std::uint64_t size);
  Result<std::vector<Digest>> leaves(std::uint64_t first, std::uint64_t count);

  History& history_;
  std::mutex mutex_;
  std::vector<Digest> blocks_;  ///< roots, oldest first; under `mutex_`
};

}  // namespace aright::cli
