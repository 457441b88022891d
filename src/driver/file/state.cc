#include "driver/file/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>

#include "base/bytes.h"

namespace aright::driver {

namespace {

constexpr int torn_reads_max = 3;
constexpr std::size_t nss_buffer = 16U << 10U;

std::optional<unsigned> as_number(const std::string& text) {
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISLNK(mode)) return "a link";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Result<Done> check_kind(const struct stat& info, const std::string& path, const FileLimits& limits) {
  if (!S_ISREG(info.st_mode)) {
    return fail(Errc::invalid, fmt::format("{}: is {}, not a regular file", path, kind_of(info.st_mode)));
  }
  if (info.st_nlink != 1) {
    return fail(Errc::denied,
                fmt::format("{}: has {} names (hard links); a change would not stay in place", path, info.st_nlink));
  }
  if (static_cast<std::size_t>(info.st_size) > limits.bytes_max) {
    return fail(Errc::invalid,
                fmt::format("{}: has {} bytes, more than the limit of {}", path, info.st_size, limits.bytes_max));
  }
  return Done{};
}

Result<std::string> read_bytes(int fd, std::size_t size, const std::string& path, const FileLimits& limits) {
  std::string bytes(std::min(size + 1, limits.bytes_max + 1), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = pread(fd, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(errno_error(errno, path));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

bool same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// Looking names up costs more than reading a small file; they change so rarely that a thread may keep them.
template <class Find>
const std::string& cached(std::map<unsigned, std::string>& names, unsigned id, Find find) {
  const auto [found, fresh] = names.try_emplace(id);
  if (fresh) found->second = find(id);
  return found->second;
}

}  // namespace

Json content_json(std::string_view bytes) {
  if (!is_utf8(bytes) || bytes.find('\0') != std::string_view::npos) return {{"base64", base64(bytes)}};
  Json lines = Json::array();
  while (true) {
    const auto end = bytes.find('\n');
    lines.emplace_back(std::string(bytes.substr(0, end)));
    if (end == std::string_view::npos) return lines;
    bytes.remove_prefix(end + 1);
  }
}

Result<std::string> content_bytes(const Json& content) {
  if (content.is_object() && content.contains("base64") && content.at("base64").is_string()) {
    return unbase64(content.at("base64").get_ref<const std::string&>());
  }
  if (!content.is_array() || content.empty()) return fail(Errc::invalid, "content is neither lines nor base64");
  std::string bytes;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (!content[i].is_string()) return fail(Errc::invalid, "a line of the content is not text");
    if (i != 0) bytes += '\n';
    bytes += content[i].get_ref<const std::string&>();
  }
  return bytes;
}

std::string user_name(unsigned uid) {
  thread_local std::map<unsigned, std::string> names;
  return cached(names, uid, [](unsigned id) {
    passwd entry{};
    passwd* found = nullptr;
    std::string buffer(nss_buffer, '\0');
    getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? fmt::to_string(id) : std::string(entry.pw_name);
  });
}

std::string group_name(unsigned gid) {
  thread_local std::map<unsigned, std::string> names;
  return cached(names, gid, [](unsigned id) {
    group entry{};
    group* found = nullptr;
    std::string buffer(nss_buffer, '\0');
    getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? fmt::to_string(id) : std::string(entry.gr_name);
  });
}

Result<unsigned> user_id(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(nss_buffer, '\0');
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return entry.pw_uid;
  if (const auto number = as_number(name)) return *number;
  return fail(Errc::invalid, "no user \"" + name + "\" on this machine");
}

Result<unsigned> group_id(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::string buffer(nss_buffer, '\0');
  getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return entry.gr_gid;
  if (const auto number = as_number(name)) return *number;
  return fail(Errc::invalid, "no group \"" + name + "\" on this machine");
}

Result<State> read_state(const Place& place, const std::string& name, const FileLimits& limits) {
  const UniqueFd file{open_beneath(place.folder.get(), name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW)};
  if (!file.valid() && errno == ENOENT) return State{{{"exists", false}}, false};
  if (!file.valid() && errno == ELOOP)
    return fail(Errc::denied, place.path + ": is a link; name the real path instead");
  if (!file.valid()) return std::unexpected(errno_error(errno, place.path));
  struct stat before{};
  struct stat after{};
  for (int attempt = 0; attempt < torn_reads_max; ++attempt) {
    if (fstat(file.get(), &before) != 0) return std::unexpected(errno_error(errno, place.path));
    if (auto ok = check_kind(before, place.path, limits); !ok) return std::unexpected(ok.error());
    auto bytes = read_bytes(file.get(), static_cast<std::size_t>(before.st_size), place.path, limits);
    if (!bytes) return std::unexpected(bytes.error());
    if (fstat(file.get(), &after) != 0) return std::unexpected(errno_error(errno, place.path));
    if (!same(before, after) || bytes->size() != static_cast<std::size_t>(after.st_size)) continue;
    return State{{{"exists", true},
                  {"content", content_json(*bytes)},
                  {"mode", fmt::format("{:04o}", after.st_mode & 07777U)},
                  {"owner", user_name(after.st_uid)},
                  {"group", group_name(after.st_gid)}},
                 (after.st_mode & S_IROTH) == 0};
  }
  return fail(Errc::unavailable, place.path + ": changes while it is read", Retry::yes);
}

}  // namespace aright::driver
