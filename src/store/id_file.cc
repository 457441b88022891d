#include "store/id_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/bytes.h"
#include "base/digest.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::size_t record_bytes = 32;
constexpr std::size_t covered_bytes = 24;
constexpr std::string_view what_it_is = "aright delivery id 1";  // hashed with each record

std::string checksum(std::string_view covered) {
  const Digest digest = sha256({what_it_is, covered});
  return std::string(as_text(std::span(digest).first(record_bytes - covered_bytes)));
}

std::string encode(std::span<const RememberedId> ids) {
  std::string out;
  out.reserve(ids.size() * record_bytes);
  for (const RememberedId& id : ids) {
    std::string covered(as_text(id.key));
    append_number(covered, static_cast<std::uint64_t>(id.until), 8);
    out += covered;
    out += checksum(covered);
  }
  return out;
}

std::optional<RememberedId> decode(std::string_view record) {
  const std::string_view covered = record.substr(0, covered_bytes);
  if (record.size() != record_bytes || checksum(covered) != record.substr(covered_bytes)) return std::nullopt;
  RememberedId id;
  std::ranges::copy(as_bytes(covered.substr(0, id.key.size())), id.key.begin());
  id.until = static_cast<std::int64_t>(number_at(covered, id.key.size(), 8));
  return id;
}

/// A whole file under its name only when it is durable.
Result<UniqueFd> write_anew(const std::string& path, std::string_view bytes) {
  const std::string temp = path + ".new";
  UniqueFd file{::open(temp.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.valid()) return std::unexpected(write_error(errno, temp));
  if (auto ok = write_at(file.get(), bytes, 0, temp); !ok) return std::unexpected(ok.error());
  const UniqueFd folder{::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fdatasync(file.get()) != 0 || rename(temp.c_str(), path.c_str()) != 0 || fsync(folder.get()) != 0) {
    return std::unexpected(write_error(errno, temp));
  }
  return file;
}

}  // namespace

IdKey id_key(std::string_view id) {
  const Digest digest = sha256(id);
  IdKey key{};
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

Result<IdFile::Opened> IdFile::open(const std::string& path) {
  UniqueFd file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  const bool missing = !file.valid() && errno == ENOENT;
  if (missing) {
    auto made = write_anew(path, {});
    if (!made) return std::unexpected(made.error());
    file = std::move(*made);
  }
  struct stat info{};
  if (!file.valid() || fstat(file.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  auto bytes = read_at(file.get(), 0, static_cast<std::size_t>(info.st_size), path);
  if (!bytes) return std::unexpected(bytes.error());
  const std::uint64_t records = (bytes->size() + record_bytes - 1) / record_bytes;
  Opened opened{IdFile(path, std::move(file), records), {}, 0, missing};
  for (std::string_view rest = *bytes; !rest.empty(); rest.remove_prefix(std::min(rest.size(), record_bytes))) {
    if (const auto id = decode(rest.substr(0, record_bytes))) {
      opened.ids.push_back(*id);
    } else {
      ++opened.damaged;
    }
  }
  return opened;
}

Result<Done> IdFile::add(std::span<const RememberedId> ids) {
  if (ids.empty()) return Done{};
  // At a whole multiple, so that a torn end before it costs only itself.
  if (auto ok = write_at(file_.get(), encode(ids), records_ * record_bytes, path_); !ok) return ok;
  if (fdatasync(file_.get()) != 0) return std::unexpected(write_error(errno, path_));
  records_ += ids.size();
  return Done{};
}

Result<Done> IdFile::replace(std::span<const RememberedId> ids) {
  auto made = write_anew(path_, encode(ids));
  if (!made) return std::unexpected(made.error());
  file_ = std::move(*made);
  records_ = ids.size();
  return Done{};
}

}  // namespace aright::store
