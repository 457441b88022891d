#include "source/tail/followed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/digest.h"
#include "base/path_text.h"

namespace aright::source {

namespace {
std::int64_t written_at(const struct stat& info) {
  return std::chrono::nanoseconds{std::chrono::seconds{info.st_mtim.tv_sec}}.count() + info.st_mtim.tv_nsec;
}

Result<UniqueFd> open_as(const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd{static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how))};
  if (fd.valid()) return fd;
  if (errno == ELOOP) return fail(Errc::denied, path_text(path) + ": leads through a link; name the real path instead");
  return std::unexpected(errno_error(errno, path_text(path)));
}

/// Of a path that names no regular file: what it names, and what to do about that.
Error no_file(const std::string& path, mode_t mode) {
  const std::string shown = path_text(path);
  const auto is = [&](const std::string& what) { return Error{Errc::invalid, Retry::no, shown + ": is " + what}; };
  if (S_ISDIR(mode)) {
    return is("a folder, not a file; to follow the files in it: patterns: [\"" + shown + "/*.log\"]");
  }
  if (S_ISFIFO(mode)) {
    return is("a pipe, which cannot be read a second time after a restart; let its writer append to a file");
  }
  if (S_ISSOCK(mode)) return is("a socket, not a file; let its writer append to a file");
  return is("a device, not a file; name a file that a log is appended to");
}

/// A pipe that is opened wakes its writer, and a device may do anything: so what it is comes first.
Result<Done> looked_at(const std::string& path) {
  const auto fd = open_as(path, O_PATH);
  if (!fd) return std::unexpected(fd.error());
  struct stat info{};
  if (fstat(fd->get(), &info) != 0) return std::unexpected(errno_error(errno, path_text(path)));
  if (!S_ISREG(info.st_mode)) return std::unexpected(no_file(path, info.st_mode));
  return Done{};
}
}  // namespace

FollowedFile::FollowedFile(UniqueFd fd, const struct stat& info, std::size_t line_max)
    : fd_(std::move(fd)),
      device_(info.st_dev),
      inode_(info.st_ino),
      line_max_(line_max),
      written_(written_at(info)),
      cutter_(line_max, 0) {}

Result<FollowedFile> FollowedFile::open(const std::string& path, std::size_t line_max) {
  if (auto file = looked_at(path); !file) return std::unexpected(file.error());
  auto fd = open_as(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return std::unexpected(fd.error());
  struct stat info{};
  if (fstat(fd->get(), &info) != 0) return std::unexpected(errno_error(errno, path_text(path)));
  if (!S_ISREG(info.st_mode)) return std::unexpected(no_file(path, info.st_mode));  // put there just now
  return FollowedFile(std::move(*fd), info, line_max);
}

Result<std::string> FollowedFile::bytes_at(std::uint64_t from, std::size_t bytes) const {
  std::string text(bytes, '\0');
  ssize_t count = -1;
  do {
    count = pread(fd_.get(), text.data(), text.size(), static_cast<off_t>(from));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return std::unexpected(errno_error(errno, "read"));
  text.resize(static_cast<std::size_t>(count));
  return text;
}

Result<std::string> FollowedFile::first(std::size_t bytes) const {
  return bytes_at(0, std::min(bytes, Fingerprint::bytes_max));
}

bool FollowedFile::is_copied_in(const FollowedFile& copy) const {
  struct stat info{};
  if (is_same(copy) || fstat(copy.fd_.get(), &info) != 0 || written_at(info) < written_) return false;
  if (static_cast<std::uint64_t>(info.st_size) < read_to_) return false;
  const auto begin = copy.first(first_.size());
  const auto end = copy.bytes_at(read_to_ - last_.size(), last_.size());
  return begin && end && *begin == first_ && *end == last_;
}

Result<bool> FollowedFile::is_copy_to(const TailPosition& position) const {
  // What an older version stored says only how it begins: enough where that is all of it.
  const bool known = position.end.length != 0 || position.fingerprint.length == position.byte;
  if (!known || position.byte == 0) return false;
  const auto begins = fits(position);
  if (!begins || !*begins || position.end.length == 0) return begins;
  const auto text = bytes_at(position.byte - position.end.length, position.end.length);
  if (!text) return std::unexpected(text.error());
  return text->size() == position.end.length && sha256(*text) == position.end.digest;
}

bool FollowedFile::may_be_copy_of(const FollowedFile& other) const {
  if (other.read_to_ == 0 || is_same(other)) return false;
  const auto begin = first(other.first_.size());
  if (!begin || begin->empty() || !other.first_.starts_with(*begin)) return false;
  const std::uint64_t bytes = size();
  const std::size_t last = std::min<std::uint64_t>(bytes, Fingerprint::bytes_max);
  const auto here = bytes_at(bytes - last, last);
  const auto there = other.bytes_at(bytes - last, last);
  if (other.size() < other.read_to_) return true;  // cut just now: the next look at it says what this is
  return here && there && *here == *there;         // who copies is never ahead of what is copied
}

bool FollowedFile::is_part_of(const FollowedFile& other) const {
  const std::uint64_t bytes = size();
  if (bytes == 0 || is_same(other) || other.size() < bytes) return false;
  const std::size_t most = std::min<std::uint64_t>(bytes, Fingerprint::bytes_max);
  for (const std::uint64_t from : {std::uint64_t{0}, bytes - most}) {
    const auto here = bytes_at(from, most);
    const auto there = other.bytes_at(from, most);
    if (!here || !there || *here != *there) return false;
  }
  return true;
}

bool FollowedFile::has_what_was_read() const {
  const auto begin = first(first_.size());
  return !begin || (*begin == first_ && size() >= read_to_);
}

FollowedFile::State FollowedFile::state() const {
  struct stat info{};
  if (fstat(fd_.get(), &info) != 0) return {};
  return {static_cast<std::uint64_t>(info.st_size), written_at(info)};
}

std::uint64_t FollowedFile::size() const {
  struct stat info{};
  return fstat(fd_.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

Result<bool> FollowedFile::fits(const TailPosition& position) const {
  struct stat info{};
  if (fstat(fd_.get(), &info) != 0) return std::unexpected(errno_error(errno, "fstat"));
  if (static_cast<std::uint64_t>(info.st_size) < position.byte) return false;
  const auto text = first(position.fingerprint.length);
  if (!text) return std::unexpected(text.error());
  return text->size() == position.fingerprint.length && sha256(*text) == position.fingerprint.digest;
}

void FollowedFile::begin(std::uint64_t generation, std::uint64_t byte) {
  generation_ = generation;
  begun_ = byte;
  read_to_ = byte;
  first_ = first(byte).value_or("");
  const std::size_t last = std::min<std::uint64_t>(byte, Fingerprint::bytes_max);
  last_ = bytes_at(byte - last, last).value_or("");
  cutter_ = LineCutter(line_max_, byte);
}

std::uint64_t FollowedFile::last_line() const {
  struct stat info{};
  if (fstat(fd_.get(), &info) != 0) return 0;
  return line_begin(static_cast<std::uint64_t>(info.st_size));
}

std::uint64_t FollowedFile::line_begin(std::uint64_t byte) const {
  std::uint64_t end = byte;
  std::array<char, piece> buffer;  // not zeroed: only what was read is looked at
  while (end > 0) {
    const std::uint64_t from = end - std::min<std::uint64_t>(end, buffer.size());
    const ssize_t count = pread(fd_.get(), buffer.data(), end - from, static_cast<off_t>(from));
    if (count <= 0) return 0;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
    if (const auto feed = text.rfind('\n'); feed != std::string_view::npos) return from + feed + 1;
    end = from;
  }
  return 0;
}

Result<std::string> FollowedFile::line_at(std::uint64_t byte) const {
  const std::uint64_t before = byte == 0 ? 0 : 1;
  auto text = bytes_at(byte - before, before + line_max_ + 1);
  if (!text) return text;
  if (text->size() <= before || (before == 1 && text->front() != '\n')) {
    return fail(Errc::not_found, fmt::format("no line begins at byte {}", byte));
  }
  text->erase(0, before);
  const auto end = text->find('\n');
  if (end == std::string::npos) {
    return fail(Errc::invalid, text->size() > line_max_ ? fmt::format("a line of more than {} bytes", line_max_)
                                                        : std::string("a line that has not ended"));
  }
  text->resize(end);
  return text;
}

/// Whether what has been read is still what the file has.
Result<FollowedFile::Read> FollowedFile::look() {
  struct stat info{};
  if (fstat(fd_.get(), &info) != 0) return std::unexpected(errno_error(errno, "fstat"));
  if (static_cast<std::uint64_t>(info.st_size) < read_to_) return Read::truncated;
  const auto begin = first(first_.size());
  if (!begin) return std::unexpected(begin.error());
  if (*begin != first_) return Read::rewritten;
  written_ = written_at(info);
  return Read::some;
}

Result<FollowedFile::Read> FollowedFile::read(std::vector<Line>& lines) {
  auto read = read_piece(lines);
  unreadable_ = !read;
  return read;
}

Result<FollowedFile::Read> FollowedFile::read_piece(std::vector<Line>& lines) {
  std::array<char, piece> buffer;  // not zeroed: only what was read is used
  const ssize_t count = pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(read_to_));
  if (count < 0 && errno == EINTR) return Read::some;
  if (count < 0) return std::unexpected(errno_error(errno, "read"));
  // Looked at after reading: then what was read came from the file that was looked at.
  const auto still = look();
  if (!still || *still != Read::some) return still;
  if (count == 0) return Read::end;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  if (read_to_ < Fingerprint::bytes_max && first_.size() == read_to_) {
    first_.append(bytes.substr(0, Fingerprint::bytes_max - read_to_));
  }
  read_to_ += bytes.size();
  last_.append(bytes.substr(bytes.size() - std::min(bytes.size(), Fingerprint::bytes_max)));
  if (last_.size() > Fingerprint::bytes_max) last_.erase(0, last_.size() - Fingerprint::bytes_max);
  if (read_to_ > byte_max) return fail(Errc::invalid, "the file has more than 16 TiB");
  cutter_.feed(bytes, lines);
  return Read::some;
}

TailPosition FollowedFile::position(const std::string& path_as_text) const {
  // Over no more than what lies before the position, so that it fits a file that ends there too.
  const std::uint64_t byte = rest().begin;
  const std::string_view print = std::string_view(first_).substr(0, byte);
  TailPosition at{path_as_text, generation_, byte, device_, inode_, {print.size(), sha256(print)}, begun_};
  // Of a line that has not ended, `last_` may have nothing but its own.
  if (const std::uint64_t more = read_to_ - byte; more < last_.size()) {
    const std::string_view end = std::string_view(last_).substr(0, last_.size() - more);
    at.end = {end.size(), sha256(end)};
  }
  return at;
}

}  // namespace aright::source
