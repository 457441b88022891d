// A spool: what has been acknowledged to a sender and not been worked up yet. Append-only segment files in a folder of
// their own, records numbered from 0 without gaps.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::store {

struct SpoolLimits {
  std::uint64_t bytes{std::uint64_t{256} << 20U};        ///< of all segments; beyond: Errc::no_space
  std::uint64_t segment_bytes{std::uint64_t{8} << 20U};  ///< then the next one begins; a record may go beyond
  std::size_t record_bytes{std::size_t{2} << 20U};       ///< of one record; beyond: Errc::invalid
};

struct SpoolRecord {
  std::uint64_t number{0};
  std::string bytes;
};

struct SpoolFigures {
  std::uint64_t first{0};  ///< oldest record still kept
  std::uint64_t next{0};   ///< number of the next one
  std::uint64_t bytes{0};  ///< of all segments
  std::uint64_t syncs{0};  ///< since start
};

/// Any thread. One process at a time.
class Spool {
 public:
  /// Takes up what is there, or makes the folder (0700) in an existing one. A torn end, which a death while writing
  /// leaves, is cut: nobody was told that it is kept. Errc::corrupt: what was durable is damaged or missing (file and
  /// offset are named; nothing is changed), or there are fewer records than the `done` that have been worked up: an old
  /// copy. An empty folder begins at `done`, so that no number is given twice. Others as the system says.
  static Result<std::unique_ptr<Spool>> open(const std::string& folder, SpoolLimits limits = {},
                                             std::uint64_t done = 0);
  ~Spool();

  /// `open` found no record and no place for one: what there was, if anything, is gone.
  [[nodiscard]] bool begun_anew() const { return begun_anew_; }

  /// Durable, under its name, when it returns the record's number: many callers share one fdatasync. Errc::no_space:
  /// the limit or the disk. Errc::invalid: too large. Errc::unavailable: no segment can be begun, or `in_place` does
  /// not hold; or, Retry::no, a write or sync has failed, after which nothing can be said of this file any more:
  /// nothing is taken until the next `open`. In all other cases nothing is kept, and the next one is tried again.
  Result<std::uint64_t> append(std::string_view record);

  /// Whether every segment has its name. Errc::unavailable: somebody has removed, moved or replaced one; which, and
  /// what to try.
  [[nodiscard]] Result<Done> in_place() const;

  /// What lies in `folder`, as far as one can tell by its first and last segment, without changing anything; `syncs` is
  /// 0. No segment: all are. Errors as `open`.
  [[nodiscard]] static Result<SpoolFigures> look(const std::string& folder);

  /// Durable records from `from` on, in order, at most `records` and (but for the first) `bytes`. From before the
  /// oldest: from that on. Errc::corrupt names file and offset.
  Result<std::vector<SpoolRecord>> read(std::uint64_t from, std::size_t records, std::size_t bytes);

  /// Up to which record `release(done)` deletes: the first one of a segment.
  [[nodiscard]] std::uint64_t releasable(std::uint64_t done) const;

  /// Records before `done` are not needed any more: whole segments of them are deleted.
  Result<Done> release(std::uint64_t done);

  [[nodiscard]] SpoolFigures figures() const;

 private:
  struct Segment {
    std::string path;
    std::string salt;
    std::uint64_t bytes{0};  ///< durable, head included
    std::uint64_t device{0};
    std::uint64_t inode{0};
  };
  struct Cursor {
    std::uint64_t number{0};
    std::uint64_t segment{0};
    std::uint64_t offset{0};
  };
  /// Written and synced together; every one of its callers holds it.
  struct Batch {
    std::vector<std::string> records;
    std::uint64_t first{0};
    std::optional<Result<Done>> outcome;
  };
  using Lock = std::unique_lock<std::mutex>;

  Spool(std::string folder, SpoolLimits limits) : folder_(std::move(folder)), limits_(limits) {}
  Result<Done> take_up();
  Result<Done> take_up(const std::string& name, bool last);
  Result<Done> begin_segment();
  [[nodiscard]] Result<Done> write_frames(const Segment& segment, std::string_view frames) const;
  [[nodiscard]] Result<Done> all_named() const;
  [[nodiscard]] Error stopped() const;
  void lead(Lock& lock);
  [[nodiscard]] Result<Done> read_segment(std::uint64_t first, const Segment& segment, std::uint64_t from,
                                          std::size_t records, std::size_t bytes, std::vector<SpoolRecord>& out);
  [[nodiscard]] std::uint64_t total() const;

  const std::string folder_;
  const SpoolLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable synced_;
  std::map<std::uint64_t, Segment> segments_;  ///< by the number of the first record; the last one is written to
  bool begun_anew_{false};                     ///< since `open`
  UniqueFd folder_fd_;
  UniqueFd file_;                   ///< of the last segment
  std::uint64_t next_{0};           ///< number the next record gets; those before it are durable
  std::shared_ptr<Batch> pending_;  ///< records nobody writes yet
  std::uint64_t in_flight_{0};      ///< bytes of frames that are pending or being written
  bool leading_{false};
  std::string broken_;  ///< why nothing is taken any more; empty: it is
  std::uint64_t syncs_{0};
  Cursor cursor_;  ///< where the last reading ended
};

}  // namespace aright::store
