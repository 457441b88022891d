// Source `tail`: follows log files through rotation, truncation and restarts. Each line becomes an event once, or is
// quarantined, or what is missing is told as a gap.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/event.h"
#include "source/tail/decode.h"
#include "source/tail/folder_watch.h"
#include "source/tail/followed_file.h"

namespace aright::source {

struct TailOptions {
  std::string name;                ///< of the source
  std::vector<std::string> files;  ///< absolute paths, in the form of base/path_text.h
  /// The same, whose last component may have `*`, `?` and `[…]`: all files there with such a name, also later ones.
  std::vector<std::string> patterns;
  std::vector<TailPosition> positions;  ///< as a batch gave them; of files not followed any more: ignored
  bool from_end{false};  ///< files without a position that are there at first, readable or not: only what comes later
  std::string commitment_key;                        ///< of Quarantined::commitment
  std::size_t line_max = std::size_t{64} * 1024;     ///< bytes; longer lines are quarantined
  std::size_t batch_max = std::size_t{1024} * 1024;  ///< bytes read at once, about
  std::size_t files_max = 1000;
  std::size_t gone_max =
      100;  ///< names that fitted a pattern and that no file has any more, kept for their generations
};

struct TailBatch {
  std::vector<Event> events;  ///< of one file in its order
  std::vector<Quarantined> quarantined;
  std::vector<Gap> gaps;
  std::vector<std::string> troubles;    ///< what cannot be followed and why, each once until it changes
  std::uint64_t bytes{0};               ///< read, about
  std::uint64_t skipped{0};             ///< proper lines that the decoder is not for
  std::vector<TailPosition> positions;  ///< after this batch; store them together with what came of it
};

/// One thread at a time. Owns its handles; `decoder` is not owned.
class TailSource {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds linger{5};  ///< a file that was rotated away is read on for so long

  /// A file that is not there, or may not be read, is waited for. Errors: invalid when a path is not in its form, a
  /// pattern has wild cards before its last component, or there is neither file nor pattern; as FolderWatch::create.
  static Result<TailSource> create(TailOptions options, const LineDecoder& decoder);

  /// In the place of `positions` in the options: before the first `drain`. `known`: what an earlier life of this source
  /// had looked for, as `looked_for` said: a file there without a position has come since, and is read whole.
  void start_from(std::span<const TailPosition> positions, std::span<const std::string> known = {});

  /// Readable when `drain` may have something; the same number for the object's life.
  [[nodiscard]] int fd() const { return watch_->fd(); }
  /// When `drain` must be called though nothing is readable: there is more to read, a rotated file is to be closed, or
  /// a folder that could not be watched or a file that the disk did not read is tried again.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;

  /// Whether a file of that path (bytes) is, or would be, one of its own.
  [[nodiscard]] bool wanted(const std::string& path) const;

  /// There is more to read than the last `drain` has read. At first: it may be.
  [[nodiscard]] bool is_behind() const { return more_; }

  /// Its files and patterns as it has looked for them so far: not those that it may not look at. As of the last
  /// `drain`.
  [[nodiscard]] std::vector<std::string> looked_for() const;

  /// What cannot be followed now and why, by path, also of folders that cannot be watched; under "" what is not about
  /// one file.
  [[nodiscard]] std::map<std::string, std::string> troubles() const;

  /// Never blocks for longer than reading `batch_max` bytes takes. `arrival`: the events' time if they have none.
  TailBatch drain(WallTime arrival, Clock::time_point now = Clock::now());

 private:
  /// One name and the files that have it and had it.
  struct Followed {
    std::optional<FollowedFile> file;  ///< has the name now
    struct Old {
      FollowedFile file;
      Clock::time_point close_at;
      bool at_end{false};  ///< as it was when it was read last
      bool copy{false};    ///< what was cut goes on in it: it has no writer of its own
      /// What was read of it is not in it any more. Nothing of it is read until it is seen to have something else than
      /// a copy of what is read anyway.
      struct Overwritten {
        bool may_have_lost{false};                                 ///< and no gap tells so yet
        std::optional<FollowedFile::State> copied = std::nullopt;  ///< as it was when it had such a copy
      };
      std::optional<Overwritten> overwritten = std::nullopt;
    };
    std::vector<Old> old;  ///< had it, oldest first
    std::uint64_t generation_next{0};
    bool unread{true};  ///< there may be more to read
    /// Its file came within a pattern and may be a copy of one that is about to be cut. Nothing of it is read until
    /// then, until it is seen to be none, or until it has not grown for `linger`.
    struct Unsure {
      Clock::time_point until;
      std::uint64_t size{0};  ///< as it was looked at last
    };
    std::optional<Unsure> unsure;
    /// Files that we have had and found gone before the kernel told of it: so many of what it tells next are no news.
    std::size_t due{0};
    std::optional<FolderFile> fleeting;  ///< came, and was gone when we looked; that it left is not told yet
    bool failed{false};  ///< the disk did not read: it is looked at again though nothing tells of a change
    std::string trouble;
    bool of_reading{false};  ///< the trouble is that of a read, and stays until one works: that it opens proves nothing
  };

  /// Files that came into `old`.
  struct Copies {
    std::size_t first{0};
    std::size_t count{0};
  };

  enum class Reading : std::uint8_t {
    end,    ///< all there is has been read, or it cannot be read
    later,  ///< there is more than one batch holds
    cut,    ///< what was read of it is not in it any more
  };

  static constexpr std::string_view cut_short =
      "the file was cut or begun anew; what was written between our last reading and that cannot be read any more";

  TailSource(TailOptions options, const LineDecoder& decoder) : options_(std::move(options)), decoder_(&decoder) {}
  Result<Done> prepare();
  void remember(const TailPosition& position);
  void forget_gone();
  void find_matching();
  void follow(const std::string& path);
  [[nodiscard]] static bool is_passing(const Error& error);
  [[nodiscard]] bool may_be_old(const std::string& path) const;
  [[nodiscard]] bool came_since(const std::string& path) const;
  void keep_end(const std::string& path, Followed& followed);
  void note_unseen_folders();
  [[nodiscard]] static bool is_waited_for(const Error& error, const std::string& path, const TailPosition& position);
  [[nodiscard]] std::optional<FollowedFile> under_another_name(const TailPosition& position,
                                                               const std::string& path) const;
  void tell_windows_lost(const TailPosition& position, const std::string& path, TailBatch& batch) const;
  void forget_unseen(const FolderNews& news, bool all);
  std::set<std::string> resume_all(Clock::time_point now, TailBatch& batch);
  bool resume(const std::string& path, Followed& followed, Clock::time_point now, TailBatch& batch);
  Result<bool> resume_at(const TailPosition& position, const std::string& path, Followed& followed,
                         Clock::time_point now, TailBatch& batch);
  void between(const std::string& path, const std::string& found_as, Followed& followed, Clock::time_point now,
               TailBatch& batch);
  void look(const std::string& path, const FolderNews& news, Clock::time_point now, TailBatch& batch);
  void retire(Followed& followed, Clock::time_point now);
  std::optional<FollowedFile> take_over(const FollowedFile& opened);
  [[nodiscard]] bool is_past(const std::string& path, const Followed& followed) const;
  static void count_told(const std::string& path, const FolderNews& news, bool had, Followed& followed);
  [[nodiscard]] bool is_no_loss(const FolderFile& gone) const;
  void adopt_missed(const std::string& path, const FolderNews& news, std::size_t ours, Clock::time_point now,
                    TailBatch& batch);
  void add_positions(const std::string& path, const Followed& followed, TailBatch& batch) const;
  [[nodiscard]] bool is_followed(const FollowedFile& file) const;
  void read_all(const std::string& path, Followed& followed, Clock::time_point now, WallTime arrival, TailBatch& batch);
  bool read_old(const std::string& path, std::size_t index, Followed& followed, Clock::time_point now, WallTime arrival,
                TailBatch& batch);
  bool read_named(const std::string& path, Followed& followed, Clock::time_point now, WallTime arrival,
                  TailBatch& batch);
  bool read_copies(const std::string& path, const Copies& copies, Followed& followed, Clock::time_point now,
                   WallTime arrival, TailBatch& batch);
  Reading read_file(const std::string& path, FollowedFile& file, Followed& followed, WallTime arrival,
                    TailBatch& batch);
  // tail_copies.cc
  [[nodiscard]] bool may_be_copy(const FollowedFile& file) const;
  bool waits_for_cut(Followed& followed, Clock::time_point now) const;
  void read_unsure(Clock::time_point now, WallTime arrival, TailBatch& batch);
  bool goes_on_in_unsure(const FollowedFile& cut);
  [[nodiscard]] std::vector<std::string> places_of_copies(const std::string& path) const;
  Result<bool> resume_in_copy(const TailPosition& position, const std::string& path, Followed& followed,
                              Clock::time_point now, TailBatch& batch);
  [[nodiscard]] static std::vector<Followed::Old>::iterator overwritten_one(const FollowedFile& file,
                                                                            Followed& followed);
  void note_overwritten(const std::string& path, Followed::Old& old, bool goes_on, TailBatch& batch) const;
  [[nodiscard]] static bool is_undecided(const Followed::Old& old);
  bool begins_anew(const std::string& path, std::size_t index, Followed& followed, TailBatch& batch) const;
  Copies go_on_in_copy(const std::string& path, std::optional<std::size_t> index, Followed& followed,
                       Clock::time_point now, TailBatch& batch);
  void take_line(const std::string& path, std::uint64_t generation, const Line& line, WallTime arrival,
                 TailBatch& batch);
  void quarantine(const std::string& path, std::uint64_t generation, const Line& line, std::string reason,
                  TailBatch& batch) const;
  void gap(const std::string& path, std::uint64_t generation, std::uint64_t byte, std::string_view reason,
           TailBatch& batch) const;
  void trouble(const std::string& path, Followed& followed, std::string text, TailBatch& batch) const;
  void failed(const std::string& path, Followed& followed, const Error& error, TailBatch& batch) const;
  static void note_readable(Followed& followed);
  void plan_retry(Clock::time_point now);
  void tell_unwatched(TailBatch& batch);
  [[nodiscard]] std::string name_of(const std::string& path) const;

  TailOptions options_;
  const LineDecoder* decoder_;
  std::set<std::string> files_;           ///< bytes
  std::set<std::string> patterns_;        ///< bytes
  std::set<std::string> known_;           ///< bytes; files and patterns
  std::set<std::string> unseen_;          ///< files that were there and could not be looked at, or found no room
  std::set<std::string> unseen_folders_;  ///< the same of folders that patterns look into
  std::unique_ptr<FolderWatch> watch_;
  std::map<std::string, std::string> unwatched_told_;
  std::map<std::string, Followed> followed_;                  ///< by path, bytes
  std::map<std::string, std::vector<TailPosition>> resumed_;  ///< not looked for yet, by path, generations rising
  std::optional<Clock::time_point> retry_at_;                 ///< of what failed
  bool first_{true};
  bool more_{true};
  bool too_many_{false};
  std::string too_many_trouble_;
  std::size_t budget_{0};
};

}  // namespace aright::source
