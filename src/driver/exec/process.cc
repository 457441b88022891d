#include "driver/exec/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>

#include "base/unique_fd.h"
#include "model/program.h"

namespace aright::driver {

namespace {

constexpr std::size_t environ_max = 2 * program_strings_bytes_max;

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
  const auto environment = proc_text(fmt::format("/proc/{}/environ", pid), environ_max);
  if (!environment) return std::nullopt;
  const std::string wanted = fmt::format("{}=", name);
  for (std::string_view rest = *environment; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(wanted)) return std::string(entry.substr(wanted.size()));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return std::nullopt;
}

/// From the fields behind the name, which may hold anything.
std::optional<ProcessStat> stat_of(pid_t pid) {
  const auto text = proc_text(fmt::format("/proc/{}/stat", pid), 4096);
  const auto close = text ? text->rfind(')') : std::string::npos;
  if (close == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(close + 1));
  ProcessStat stat;
  pid_t parent = 0;
  pid_t group = 0;
  fields >> stat.state >> parent >> group >> stat.session;
  std::string skipped;
  for (int field = 7; field < 22; ++field) fields >> skipped;
  fields >> stat.started;
  if (!fields) return std::nullopt;
  return stat;
}

}  // namespace aright::driver
