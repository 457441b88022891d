// On what the figures were measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace aright::bench {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

/// Cores, processor, kernel, file system of `folder`, load, and what one fdatasync of an appended 4 KiB costs there.
[[nodiscard]] Result<Json> describe_machine(const std::string& folder, const std::string& commit);

/// One look at a process, threads added up.
struct Usage {
  double cpu_s{0};           ///< on a processor (schedstat, nanosecond counts)
  double ticks_s{0};         ///< utime + stime of /proc/PID/stat, in clock ticks
  std::uint64_t wakeups{0};  ///< voluntary context switches
  double rss_mib{0};         ///< VmRSS
};
[[nodiscard]] Result<Usage> usage_of(int pid);

/// The processes that `pid` has now, ended ones it has not waited for among them.
[[nodiscard]] std::size_t children_of(int pid);

/// Processor seconds (user + system) of this process's current thread.
[[nodiscard]] double thread_cpu_s();

}  // namespace aright::bench
