#include "store/snapshot_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/unique_fd.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t hash_length = 64;

struct Name {
  std::uint64_t number{0};
  bool whole{false};
};

std::string name_of(std::uint64_t number, bool whole) {
  return fmt::format("{:012}.{}", number, whole ? "whole" : "change");
}

std::optional<Name> parse_name(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  Name name;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + dot, name.number);
  name.whole = text.substr(dot + 1) == "whole";
  const bool known = name.whole || text.substr(dot + 1) == "change";
  if (!known || bad != std::errc{} || stop != text.data() + dot) return std::nullopt;
  return name;
}

Result<std::string> read_file(const std::string& path) {
  const UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file.valid()) return std::unexpected(errno_error(errno, path));
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t got = read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno_error(errno, path));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > SnapshotFiles::bytes_max)
      return fail(Errc::corrupt, path + ": is larger than any that was written");
  }
}

Result<Done> write_file(const std::string& path, std::string_view text) {
  const UniqueFd file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.valid()) return std::unexpected(write_error(errno, path));
  while (!text.empty()) {
    const ssize_t put = write(file.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return std::unexpected(write_error(errno, path));
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (fsync(file.get()) != 0) return std::unexpected(write_error(errno, path));
  return Done{};
}

}  // namespace

Result<std::unique_ptr<SnapshotFiles>> SnapshotFiles::open(const std::string& folder) {
  if (auto ok = make_folder(folder); !ok) return std::unexpected(ok.error());
  return std::unique_ptr<SnapshotFiles>(new SnapshotFiles(folder));
}

Result<std::vector<Snapshots::Stored>> SnapshotFiles::load() {
  std::error_code error;
  std::map<std::uint64_t, bool> names;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    if (const auto name = parse_name(entry->path().filename().string())) names[name->number] = name->whole;
  }
  if (error) return std::unexpected(errno_error(error.value(), folder_));
  auto first = std::find_if(names.rbegin(), names.rend(), [](const auto& item) { return item.second; });
  if (first == names.rend()) return std::vector<Stored>{};
  std::vector<Stored> row;
  for (auto it = std::prev(first.base()); it != names.end(); ++it) {
    if (!row.empty() && it->first != row.back().number + 1) break;  // what comes behind a gap is older
    const std::string path = folder_ + "/" + name_of(it->first, it->second);
    auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    const bool right = text->size() > hash_length && (*text)[hash_length] == '\n' &&
                       hex(sha256(std::string_view(*text).substr(hash_length + 1))) == text->substr(0, hash_length);
    if (!right) return fail(Errc::corrupt, path + ": is not what was written");
    row.push_back({it->first, it->second, text->substr(hash_length + 1)});
  }
  return row;
}

Result<Done> SnapshotFiles::put(const Stored& snapshot) {
  const std::string path = folder_ + "/" + name_of(snapshot.number, snapshot.whole);
  const std::string beside = folder_ + "/new";
  if (auto ok = write_file(beside, hex(sha256(snapshot.text)) + "\n" + snapshot.text); !ok) {
    unlink(beside.c_str());
    return ok;
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return std::unexpected(write_error(errno, path));
  const UniqueFd folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid() || fsync(folder.get()) != 0) return std::unexpected(write_error(errno, folder_));
  if (snapshot.whole) remove_before(snapshot.number);
  return Done{};
}

/// What cannot be removed is not looked at either: a newer whole one is there.
void SnapshotFiles::remove_before(std::uint64_t number) const {
  std::error_code ignored;
  std::vector<fs::path> old;
  for (fs::directory_iterator entry(folder_, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    const auto name = parse_name(entry->path().filename().string());
    if (name && name->number < number) old.push_back(entry->path());
  }
  for (const fs::path& path : old) fs::remove(path, ignored);
}

}  // namespace aright::store
