#include "driver/exec/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <thread>

#include "base/unique_fd.h"
#include "model/program.h"

namespace aright::driver {

namespace {

constexpr std::size_t environ_max = 2 * program_strings_bytes_max;
constexpr int looks_max = 200;
constexpr std::chrono::milliseconds environ_poll{1};

/// The fields of /proc/PID/stat from the third on: those behind the name, which may hold anything.
std::optional<std::istringstream> fields_of(pid_t pid) {
  const auto text = proc_text(fmt::format("/proc/{}/stat", pid), 4096);
  const auto close = text ? text->rfind(')') : std::string::npos;
  if (close == std::string::npos) return std::nullopt;
  return std::istringstream(text->substr(close + 1));
}

void skip(std::istringstream& fields, int count) {
  std::string skipped;
  for (int i = 0; i < count; ++i) fields >> skipped;
}

/// Why nothing is in the environment of a process: within execve it is set up last, behind the program's pages, so
/// that it has none for a while (proc(5): `flags`, `env_start`, `env_end`). Threads of the kernel never have one.
bool has_environment_soon(pid_t pid) {
  constexpr std::uint64_t kernel_thread = 0x200000;
  auto fields = fields_of(pid);
  if (!fields) return false;
  char state = 0;
  std::uint64_t flags = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  *fields >> state;
  skip(*fields, 5);
  *fields >> flags;
  skip(*fields, 40);
  *fields >> start >> end;
  if (!*fields || state == 'Z' || state == 'X' || (flags & kernel_thread) != 0) return false;
  return end == 0 || start != end;
}

std::optional<std::string> environ_of(pid_t pid) {
  for (int look = 0; look < looks_max; ++look) {
    auto text = proc_text(fmt::format("/proc/{}/environ", pid), environ_max);
    if (!text || !text->empty() || !has_environment_soon(pid)) return text;
    std::this_thread::sleep_for(environ_poll);
  }
  errno = EAGAIN;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> proc_text(const std::string& path, std::size_t bytes_max) {
  const UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid()) return std::nullopt;
  std::string text;
  std::array<char, 4096> piece;  // not zeroed: thousands of processes may be looked at
  while (text.size() < bytes_max) {
    const ssize_t count = read(file.get(), piece.data(), std::min(piece.size(), bytes_max - text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && text.empty()) return std::nullopt;
    if (count <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  return text;
}

Nanos tick_length() { return Nanos{std::chrono::seconds{1}} / sysconf(_SC_CLK_TCK); }

std::uint64_t ticks_now() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const Nanos since = std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  return static_cast<std::uint64_t>(since / tick_length());
}

std::optional<std::string> variable_of(pid_t pid, std::string_view name) {
  const auto environment = environ_of(pid);
  if (!environment) return std::nullopt;
  const std::string wanted = fmt::format("{}=", name);
  for (std::string_view rest = *environment; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(wanted)) return std::string(entry.substr(wanted.size()));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return std::nullopt;
}

std::optional<ProcessStat> stat_of(pid_t pid) {
  auto fields = fields_of(pid);
  if (!fields) return std::nullopt;
  ProcessStat stat;
  pid_t parent = 0;
  pid_t group = 0;
  *fields >> stat.state >> parent >> group >> stat.session;
  skip(*fields, 15);
  *fields >> stat.started;
  if (!*fields) return std::nullopt;
  return stat;
}

}  // namespace aright::driver
