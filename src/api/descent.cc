#include "api/descent.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

namespace aright::api {

namespace {

constexpr int ancestors_max = 10'000;
constexpr int tries_max = 20;  ///< a family in which somebody ends between two looks is looked at again
constexpr std::string_view key_entry = "ARIGHT_KEY=";
constexpr std::size_t environ_bytes_max = std::size_t{4} << 20U;

struct Process {
  pid_t parent{0};
  std::uint64_t started{0};
  bool operator==(const Process&) const = default;
};

/// From the fields behind the name, which may hold anything.
std::optional<Process> process_at(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Process process;
  std::string skipped;
  fields >> skipped >> process.parent;
  for (int field = 5; field < 22; ++field) fields >> skipped;
  fields >> process.started;
  return fields ? std::optional(process) : std::nullopt;
}

/// As it was started; what belongs to somebody else cannot be read, and was not started by us.
bool was_given_a_key(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/environ", pid), std::ios::binary);
  std::string entry;
  for (std::size_t bytes = 0; bytes < environ_bytes_max && std::getline(file, entry, '\0'); bytes += entry.size() + 1) {
    if (entry.starts_with(key_entry)) return true;
  }
  return false;
}

enum class Descent : std::uint8_t { ours, others, unclear };

/// A parent is looked at before it is made sure that it is the parent still: its number was its own until then.
Descent descent_once(pid_t pid) {
  auto process = process_at(pid);
  for (int steps = 0; process && steps < ancestors_max; ++steps) {
    if (process->parent == getpid() || was_given_a_key(pid)) return Descent::ours;
    if (process->parent == 0) return Descent::others;
    const auto parent = process_at(process->parent);
    if (!parent || process_at(pid) != process) return Descent::unclear;
    pid = process->parent;
    process = parent;
  }
  return Descent::unclear;
}

bool has_ended(int pidfd) {
  pollfd waiting{pidfd, POLLIN, 0};
  return poll(&waiting, 1, 0) != 0;
}

}  // namespace

std::string why_not_to_decide(const http::Peer& peer) {
  // 0: of another pid namespace than ours and those in it, where no step of ours can be. Our own number: we.
  if (peer.pid == 0 || peer.pid == getpid()) return {};
  Descent descent = Descent::unclear;
  for (int tries = 0; descent == Descent::unclear && tries < tries_max; ++tries) descent = descent_once(peer.pid);
  if (!peer.process || has_ended(peer.process->get()))
    return "the process that asked has ended, so it cannot be told who it was";
  switch (descent) {
    case Descent::others: return {};
    case Descent::ours:
      return fmt::format(
          "process {} was started by a step of a workflow, and a workflow decides nothing about workflows; "
          "it may pause and read",
          peer.pid);
    case Descent::unclear: break;
  }
  return fmt::format("who started process {} cannot be told: /proc does not show it and all its ancestors (hidepid?)",
                     peer.pid);
}

}  // namespace aright::api
