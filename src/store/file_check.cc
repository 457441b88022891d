#include "store/file_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <vector>

#include "base/unique_fd.h"

namespace aright::store {

namespace {

using Bytes = std::span<const std::uint8_t>;

// https://www.sqlite.org/fileformat2.html §1.3 (database header) and §4 (write-ahead log).
constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr std::size_t header_bytes = 100;
constexpr std::size_t write_version_at = 18;
constexpr std::size_t read_version_at = 19;
constexpr std::size_t application_at = 68;
constexpr std::uint8_t wal_version = 2;
constexpr std::uint32_t our_application = 0x41726974;
constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t wal_magic = 0x377f0682;  ///< the lowest bit: checksums over big-endian words
constexpr std::uint32_t wal_format = 3007000;
constexpr std::array<std::uint8_t, 8> journal_magic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};  // §3
constexpr std::size_t journal_header_bytes = 28;
constexpr std::size_t journal_pages_at = 16;  ///< how many the database had before
constexpr std::uint32_t page_min = 512;
constexpr std::uint32_t page_max = 65536;

std::unexpected<Error> refuse(const std::string& file, std::string_view why) {
  return fail(Errc::corrupt, fmt::format("{}: {}; {}", file, why, what_to_do()));
}

std::uint32_t big(Bytes bytes, std::size_t at) {
  return (std::uint32_t{bytes[at]} << 24U) | (std::uint32_t{bytes[at + 1]} << 16U) |
         (std::uint32_t{bytes[at + 2]} << 8U) | bytes[at + 3];
}

std::uint32_t little(Bytes bytes, std::size_t at) {
  return (std::uint32_t{bytes[at + 3]} << 24U) | (std::uint32_t{bytes[at + 2]} << 16U) |
         (std::uint32_t{bytes[at + 1]} << 8U) | bytes[at];
}

struct Sum {
  std::uint32_t a{0};
  std::uint32_t b{0};
  bool operator==(const Sum&) const = default;
};

Sum add(Sum sum, Bytes bytes, bool big_endian) {
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    sum.a += (big_endian ? big(bytes, i) : little(bytes, i)) + sum.b;
    sum.b += (big_endian ? big(bytes, i + 4) : little(bytes, i + 4)) + sum.a;
  }
  return sum;
}

/// Fills `into` from `offset`; the number of bytes that were there.
Result<std::size_t> read_at(int fd, const std::string& path, std::span<std::uint8_t> into, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(errno_error(errno, path));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

struct File {
  UniqueFd fd;
  std::uint64_t size{0};
};

/// An invalid descriptor when there is no such file.
Result<File> open_plain(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return File{};
    return std::unexpected(errno_error(errno, path));
  }
  if (S_ISLNK(info.st_mode)) return fail(Errc::denied, path + ": is a link; the file itself must lie there");
  if (!S_ISREG(info.st_mode)) return fail(Errc::denied, path + ": is no regular file");
  if (info.st_nlink != 1) return fail(Errc::denied, path + ": has a second name (hard link); remove that one");
  File file{UniqueFd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)}, 0};
  if (!file.fd.valid() || fstat(file.fd.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  file.size = static_cast<std::uint64_t>(info.st_size);
  return file;
}

struct WalHeader {
  std::uint32_t page{0};
  bool big_endian{false};
  std::array<std::uint8_t, 8> salts{};
  Sum sum;
};

/// All zero: space that was never written, as after a power cut. Anything else that is no header is damage: 32 bytes
/// within one sector are written whole or not at all.
bool all_zero(Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

bool read_header(Bytes bytes, WalHeader& into) {
  into.big_endian = (big(bytes, 0) & 1U) != 0;
  into.page = big(bytes, 8);
  std::copy_n(bytes.begin() + 16, into.salts.size(), into.salts.begin());
  into.sum = add({}, bytes.first(24), into.big_endian);
  return (big(bytes, 0) & ~1U) == wal_magic && big(bytes, 4) == wal_format && into.page >= page_min &&
         into.page <= page_max && (into.page & (into.page - 1)) == 0 && into.sum == Sum{big(bytes, 24), big(bytes, 28)};
}

/// Walks the frames as SQLite does. Past the first bad one at most one commit of this log's generation may lie: the
/// transaction that was being written. A second proves that the first had been synced, so the bad frame is damage.
Result<Done> check_wal(const File& wal, const std::string& path) {
  std::array<std::uint8_t, wal_header_bytes> head{};
  const auto got = read_at(wal.fd.get(), path, head, 0);
  if (!got) return std::unexpected(got.error());
  if (*got < head.size() || all_zero(head)) return Done{};
  WalHeader header;
  if (!read_header(head, header)) return refuse(path, "the header of the write-ahead log is damaged");
  std::vector<std::uint8_t> frame(frame_header_bytes + header.page);
  Sum sum = header.sum;
  std::uint64_t bad = 0;  // 1 + number of the first bad frame; 0: none
  std::uint32_t commits = 0;
  for (std::uint64_t i = 0;; ++i) {
    const auto size = read_at(wal.fd.get(), path, frame, wal_header_bytes + i * frame.size());
    if (!size) return std::unexpected(size.error());
    if (*size < frame.size()) return Done{};
    const Bytes bytes(frame);
    const bool ours = std::equal(header.salts.begin(), header.salts.end(), frame.begin() + 8);
    if (bad == 0) {
      sum = add(add(sum, bytes.first(8), header.big_endian), bytes.subspan(frame_header_bytes), header.big_endian);
      if (!ours || big(bytes, 0) == 0 || sum != Sum{big(bytes, 16), big(bytes, 20)}) bad = i + 1;
    }
    if (bad != 0 && ours && big(bytes, 4) != 0 && ++commits == 2) {
      return refuse(path, fmt::format("frame {} of the write-ahead log is damaged and transactions follow it", bad));
    }
  }
}

/// Whether SQLite's own journal says that the database was empty before. Here only the very first page of all is
/// written with it: what a power cut left of that page is rolled back to nothing, and nobody was told of anything yet.
Result<bool> just_begun(const std::string& journal) {
  const auto file = open_plain(journal);
  if (!file) return std::unexpected(file.error());
  std::array<std::uint8_t, journal_header_bytes> head{};
  const auto got = file->fd.valid() ? read_at(file->fd.get(), journal, head, 0) : Result<std::size_t>(0);
  if (!got) return std::unexpected(got.error());
  const bool whole = *got == head.size() && std::equal(journal_magic.begin(), journal_magic.end(), head.begin());
  return whole && big(head, journal_pages_at) == 0;
}

Result<Done> check_header(const File& database, const std::string& path, bool has_wal) {
  std::array<std::uint8_t, header_bytes> head{};
  const auto got = read_at(database.fd.get(), path, head, 0);
  if (!got) return std::unexpected(got.error());
  if (*got < head.size() || !std::equal(magic.begin(), magic.end(), head.begin())) {
    return refuse(path, "is not a database (its first bytes are not SQLite's)");
  }
  const bool in_wal_mode = head[write_version_at] == wal_version && head[read_version_at] == wal_version;
  if (!in_wal_mode && (has_wal || big(head, application_at) == our_application)) {
    return refuse(path, "its header is damaged (it would be read without its write-ahead log)");
  }
  return Done{};
}

constexpr std::string_view deliveries_lost =
    "what was acknowledged there and not worked up yet is lost then, and what is sent again is taken again";

}  // namespace

std::string_view what_to_do() {
  return "it is left as it is: put back a whole copy of the state folder, or move the folder away to begin a new log";
}

std::string_view what_to_do_about_the_disk() {
  return "the disk does not do its work: look at the kernel's log; nothing stored was given up, start again when it "
         "does";
}

std::string what_to_do_about_deliveries(std::string_view folder) {
  return fmt::format("stop, and put it back from a whole copy, or move {} away: {}", folder, deliveries_lost);
}

std::string_view deliveries_are_lost() { return deliveries_lost; }

Error advised(Error error) {
  std::string& said = error.message;
  const bool knows =
      said.contains(what_to_do()) || said.contains(what_to_do_about_the_disk()) || said.contains(deliveries_lost);
  if (error.code != Errc::corrupt || knows) return error;
  const bool disk = said.contains(errno_error(EIO, {}).message);
  said += fmt::format("; {}", disk ? what_to_do_about_the_disk() : what_to_do());
  return error;
}

Result<Done> check_kinds(const std::string& file) {
  for (const char* part : {"", "-wal", "-shm", "-journal"}) {
    struct stat info{};
    if (stat((file + part).c_str(), &info) != 0 || S_ISREG(info.st_mode)) continue;  // else whoever opens it says why
    return fail(Errc::denied, file + part + ": is no regular file");
  }
  return Done{};
}

Result<Done> check_files(const std::string& file) {
  if (auto ok = check_kinds(file); !ok) return ok;
  auto database = open_plain(file);
  if (!database) return std::unexpected(database.error());
  const std::string wal_path = file + "-wal";
  auto wal = open_plain(wal_path);
  if (!wal) return std::unexpected(wal.error());
  const bool has_wal = wal->fd.valid() && wal->size > 0;
  if (!database->fd.valid() || database->size == 0) {
    if (has_wal) return refuse(wal_path, fmt::format("lies there, but {} is missing or empty", file));
    return Done{};
  }
  if (auto ok = check_header(*database, file, has_wal); !ok) {
    const auto begun = just_begun(file + "-journal");
    return !has_wal && begun && *begun ? Result<Done>(Done{}) : ok;
  }
  return has_wal ? check_wal(*wal, wal_path) : Result<Done>(Done{});
}

Result<Done> make_private(const std::string& file) {
  const UniqueFd fd{open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, file));
  if ((info.st_mode & 0777U) != 0600 && fchmod(fd.get(), 0600) != 0) return std::unexpected(errno_error(errno, file));
  return Done{};
}

}  // namespace aright::store
