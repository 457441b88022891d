#include "driver/own/real_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <string_view>

#include "base/unique_fd.h"

namespace aright::driver {

namespace {

namespace fs = std::filesystem;

constexpr int links_max = 40;  ///< as the kernel

/// Where a program starts: its own working directory is not ours.
std::string as_a_program_sees_it(const std::string& path) {
  for (const std::string_view own : {"/proc/self/cwd", "/proc/thread-self/cwd"}) {
    if (path == own || path.starts_with(std::string(own) + "/")) return "/" + path.substr(own.size());
  }
  return path;
}

/// Of what is there, as the kernel walks it; empty: it is not, or has no path.
std::string path_of_what_is_there(const std::string& path) {
  const UniqueFd fd{open(path.c_str(), O_PATH | O_CLOEXEC)};
  if (!fd.valid()) return {};
  std::array<char, PATH_MAX> text{};
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), text.data(), text.size());
  if (size <= 0 || static_cast<std::size_t>(size) >= text.size() || text.front() != '/') return {};
  std::string found(text.data(), static_cast<std::size_t>(size));
  return found.ends_with(" (deleted)") ? std::string() : found;
}

/// Of what would be new in a folder that is there: the usual case of what is not.
std::string path_of_what_would_be_new(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  struct stat ignored{};
  if (name.empty() || name == "." || name == ".." || lstat(path.c_str(), &ignored) == 0) return {};
  const std::string folder = path_of_what_is_there(slash == 0 ? "/" : path.substr(0, slash));
  if (folder.empty()) return {};
  return folder == "/" ? "/" + name : folder + "/" + name;
}

/// What `path` is with its first link followed by one step; empty: there is none.
std::string one_link_on(const fs::path& path) {
  fs::path at;
  for (auto part = path.begin(); part != path.end(); ++part) {
    at /= *part;
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(at, error))) continue;
    const fs::path to = fs::read_symlink(at, error);
    if (error) return {};
    fs::path whole = at.parent_path() / to;
    for (++part; part != path.end(); ++part) whole /= *part;
    return whole.string();
  }
  return {};
}

}  // namespace

std::string real_path(const std::string& path) {
  std::string at = as_a_program_sees_it(path);
  for (const auto quickly : {path_of_what_is_there, path_of_what_would_be_new}) {
    if (std::string found = quickly(at); !found.empty()) return found;
  }
  for (int links = 0; links < links_max; ++links) {
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(at, error);
    if (error) break;
    at = whole.string();
    const std::string next = one_link_on(whole);
    if (next.empty()) break;
    at = next;
  }
  at = fs::path(at).lexically_normal().string();
  while (at.size() > 1 && at.ends_with('/')) at.pop_back();
  return at.starts_with("//") ? at.substr(1) : at;
}

bool is_at_or_above(const std::string& first, const std::string& second) {
  return first == second || second.starts_with(first.ends_with('/') ? first : first + "/");
}

}  // namespace aright::driver
