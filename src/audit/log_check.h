// A log against all checkpoints: those stored with it, and those that somebody else holds. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/verifier.h"

namespace aright::audit {

/// A checkpoint as it is stored beside the entries.
struct StoredNote {
  std::uint64_t size{0};
  std::string note;
};

/// A checkpoint of this log as somebody else holds it, its signature checked.
struct HeldCheckpoint {
  std::string where;    ///< for messages: "/mnt/witness, line 12"
  std::size_t line{0};  ///< its place among those of the same holder: later ones came later
  CheckpointBody body;
};

/// That a person has taken up the log although a holder knew of more, or of another: an entry of the log says so.
struct SetBack {
  std::uint64_t size{0};    ///< of the newest checkpoint held then
  Digest root{};            ///< its root
  std::uint64_t agreed{0};  ///< entries up to which log and holder agreed
  std::uint64_t from{0};    ///< of the first held checkpoint that was given up; 0: older versions did not say it
  Digest from_root{};       ///< its root
};

/// Where what is held first parts from a log.
struct Parting {
  std::uint64_t agreed{0};  ///< the largest held size before that the log has
  CheckpointBody first{};   ///< of those that are not the log's, the one that came first
  Error error;              ///< as LogCheck::end says it
};

class LogCheck {
 public:
  /// `stored` in the order of their sizes; `held` of one holder in the order in which they came.
  LogCheck(const VerifyKey& key, std::vector<StoredNote> stored, std::vector<HeldCheckpoint> held = {});
  /// The next entry. Errc::corrupt "entry N: …" or "checkpoint at N: …": the first place where the log is not what was
  /// recorded or signed.
  Result<Done> add(std::uint64_t seq, std::string_view bytes, const Digest& stored_leaf);
  /// After the last entry: what is held and is no beginning of this log, though no `accepted` says why.
  [[nodiscard]] std::optional<Parting> parting(const std::vector<SetBack>& accepted) const;
  /// After the last entry. Errc::corrupt "checkpoint at N: …": signed, but the log ends before; "WHERE: …": what is
  /// held there is no beginning of this log, and no `accepted` says why; with the entries between which they part.
  [[nodiscard]] Result<Done> end(const std::vector<SetBack>& accepted = {}) const;

  [[nodiscard]] std::uint64_t size() const { return log_.size(); }
  [[nodiscard]] const Frontier& tree() const { return log_.tree(); }
  /// Entries under a stored signature, when the log is as long as that.
  [[nodiscard]] std::uint64_t signed_size() const { return stored_.empty() ? 0 : stored_.back().size; }
  /// The largest held size at which the log is what is held: it may have parted from others before.
  [[nodiscard]] std::uint64_t agreed() const { return agreed_; }

 private:
  [[nodiscard]] Error parted(const HeldCheckpoint& stray, std::uint64_t before) const;

  LogVerifier log_;
  std::vector<StoredNote> stored_;
  std::vector<HeldCheckpoint> held_;  ///< by size
  std::size_t next_stored_{0};
  std::size_t next_held_{0};
  std::uint64_t agreed_{0};
  std::vector<bool> astray_;  ///< beside `held_`: another root than the log has there; from `next_held_` on: too long
};

}  // namespace aright::audit
