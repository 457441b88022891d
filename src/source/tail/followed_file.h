// One open file that is read as it grows.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/tail/line_cutter.h"
#include "source/tail/tail_position.h"

namespace aright::source {

class FollowedFile {
 public:
  static constexpr std::size_t piece = std::size_t{64} * 1024;  ///< bytes one `read` takes at most
  enum class Read : std::uint8_t {
    some,       ///< there may be more
    end,        ///< nothing more now
    truncated,  ///< it is shorter than what was read
    rewritten,  ///< its beginning is no longer what was read
  };

  /// `path`: bytes. No component may be a link. Errc::not_found; denied: unreadable, or through a link; invalid: not a
  /// regular file.
  static Result<FollowedFile> open(const std::string& path, std::size_t line_max);

  [[nodiscard]] bool is(std::uint64_t device, std::uint64_t inode) const {
    return device == device_ && inode == inode_;
  }
  [[nodiscard]] bool is_same(const FollowedFile& other) const { return is(other.device_, other.inode_); }
  /// Whether the file begins as the fingerprint says and reaches `byte`. Errors as read(2).
  [[nodiscard]] Result<bool> fits(const TailPosition& position) const;

  /// Whether the file is a copy of what was read to `position`: it has those bytes at the beginning and right before
  /// it.
  [[nodiscard]] Result<bool> is_copy_to(const TailPosition& position) const;
  /// Whether what it has now may be the beginning of a copy of `other`, as far as that has been read. False: it is
  /// none.
  [[nodiscard]] bool may_be_copy_of(const FollowedFile& other) const;

  /// Whether all it has now stands at the same places of `other`, as both are; not where it is empty.
  [[nodiscard]] bool is_part_of(const FollowedFile& other) const;

  /// Whether `copy` is what this file was before it was cut: it has what was read of this one at the same places,
  /// reaches as far, and was last written no earlier than this one was when it was read.
  [[nodiscard]] bool is_copied_in(const FollowedFile& copy) const;
  /// False: what was read of it is not in it any more. Not where the disk does not read.
  [[nodiscard]] bool has_what_was_read() const;
  struct State {
    std::uint64_t size{0};
    std::int64_t written{0};
    bool operator==(const State&) const = default;
  };
  [[nodiscard]] State state() const;
  /// Bytes that it has now.
  [[nodiscard]] std::uint64_t size() const;
  /// When it was last written, in nanoseconds of its file system's clock; as of `open`, then of the last reading.
  [[nodiscard]] std::int64_t written() const { return written_; }

  /// Reads on at `byte`, where a line begins.
  void begin(std::uint64_t generation, std::uint64_t byte);
  /// After the last line feed: what is written from now on, whole lines only.
  [[nodiscard]] std::uint64_t last_line() const;
  /// Where the line begins that `byte` lies in.
  [[nodiscard]] std::uint64_t line_begin(std::uint64_t byte) const;

  /// Appends the lines that ended. Not `some`, `end`: nothing was appended, and the file is to be begun anew. Errors as
  /// read(2), the path is not named.
  Result<Read> read(std::vector<Line>& lines);
  /// The last `read` failed.
  [[nodiscard]] bool unreadable() const { return unreadable_; }

  /// The line that begins at `byte`, without its line feed, wherever reading is. Errc::not_found: no line begins there;
  /// invalid: it has more than `line_max` bytes, or has not ended. Errors as read(2).
  [[nodiscard]] Result<std::string> line_at(std::uint64_t byte) const;

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] std::uint64_t read_to() const { return read_to_; }
  [[nodiscard]] const Line& rest() const { return cutter_.rest(); }
  [[nodiscard]] TailPosition position(const std::string& path_as_text) const;

 private:
  FollowedFile(UniqueFd fd, const struct stat& info, std::size_t line_max);
  /// Fewer where the file ends. A failure is no shorter file: what is taken for another one is read again from its
  /// beginning.
  [[nodiscard]] Result<std::string> bytes_at(std::uint64_t from, std::size_t bytes) const;
  [[nodiscard]] Result<std::string> first(std::size_t bytes) const;
  [[nodiscard]] Result<Read> look();
  Result<Read> read_piece(std::vector<Line>& lines);

  UniqueFd fd_;
  std::uint64_t device_;
  std::uint64_t inode_;
  std::size_t line_max_;
  std::uint64_t generation_{0};
  std::uint64_t begun_{0};
  std::uint64_t read_to_{0};
  std::int64_t written_;
  std::string last_;   ///< what was read last, as many bytes as of `first_` at most
  std::string first_;  ///< its first bytes, as many as have been read, at most Fingerprint::bytes_max; fewer if unread
  LineCutter cutter_;
  bool unreadable_{false};
};

}  // namespace aright::source
