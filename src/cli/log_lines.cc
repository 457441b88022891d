#include "cli/log_lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/utf8.h"
#include "cli/terminal_text.h"

namespace aright::cli {

LogLines::LogLines(std::string path, std::size_t line_max)
    : path_(std::move(path)),
      shown_(path_ == "-"     ? "stdin"
             : is_utf8(path_) ? path_
                              : safe(path_)),
      cutter_(line_max, 0) {}

Result<LogLines> LogLines::open(const std::string& path, std::size_t line_max) {
  LogLines lines(path, line_max);
  if (auto ok = lines.open(); !ok) return std::unexpected(ok.error());
  return lines;
}

Result<Done> LogLines::open() {
  fd_ = UniqueFd(path_ == "-" ? dup(STDIN_FILENO) : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_.valid()) return std::unexpected(errno_error(errno, path_));
  struct stat info{};
  again_ = path_ != "-" && fstat(fd_.get(), &info) == 0 && S_ISREG(info.st_mode);
  if (read_ != 0 && lseek(fd_.get(), static_cast<off_t>(read_), SEEK_SET) < 0) {
    return std::unexpected(errno_error(errno, path_));
  }
  return Done{};
}

void LogLines::pause() {
  if (again_) fd_.reset();
}

Result<bool> LogLines::read_more() {
  constexpr std::size_t piece_size = std::size_t{64} * 1024;
  std::array<char, piece_size> piece{};
  if (ended_) return false;
  if (!fd_.valid()) {
    if (auto ok = open(); !ok) return std::unexpected(ok.error());
  }
  lines_.clear();
  at_ = 0;
  while (lines_.empty()) {
    const ssize_t got = read(fd_.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno_error(errno, shown_));
    if (got == 0) {
      ended_ = true;
      if (cutter_.rest().size != 0) lines_.push_back(cutter_.rest());  // offline nothing more will come
      return !lines_.empty();
    }
    read_ += static_cast<std::uint64_t>(got);
    cutter_.feed({piece.data(), static_cast<std::size_t>(got)}, lines_);
  }
  return true;
}

Result<bool> LogLines::next() {
  if (at_ + 1 < lines_.size()) {
    ++at_;
  } else {
    auto more = read_more();
    if (!more || !*more) return more;
  }
  ++number_;
  return true;
}

}  // namespace aright::cli
