// What /proc tells of one process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace aright::driver {

struct ProcessStat {
  char state{0};
  pid_t session{0};
  std::uint64_t started{0};  ///< ticks since boot: with the number it names one process of this boot
};

/// nullopt: there is none of that number, or it may not be looked at.
[[nodiscard]] std::optional<ProcessStat> stat_of(pid_t pid);

/// The value of a variable of the environment it began with. nullopt: it has none, or may not be looked at; with
/// `errno` EAGAIN: for 0.2 s, each time we looked, it was just becoming another program.
[[nodiscard]] std::optional<std::string> variable_of(pid_t pid, std::string_view name);

/// Since boot, in the unit of `ProcessStat::started`.
[[nodiscard]] std::uint64_t ticks_now();
[[nodiscard]] Nanos tick_length();

/// The first bytes of a file that has no size of its own; nullopt: it cannot be read.
[[nodiscard]] std::optional<std::string> proc_text(const std::string& path, std::size_t bytes_max);

}  // namespace aright::driver
