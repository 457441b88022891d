// The frame that a system log puts around a message.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace aright::source {

struct SyslogLine {
  WallTime time{};
  std::string_view host;
  std::string_view program;
  std::string_view process;  ///< its number's digits; may be empty
  std::string_view message;
};

/// RFC 3164 ("Nov  5 04:28:18 host sshd[12]: message"), the same with an ISO 8601 time, or RFC 5424 ("<86>1 2026-… host
/// sshd 12 - - message"); the first two with or without "<86>". A time without a year is the latest that is not over a
/// day after `arrival`, in the zone `zone` ahead of UTC. nullopt: not of these forms. Views into `line`. Pure.
[[nodiscard]] std::optional<SyslogLine> syslog_line(std::string_view line, WallTime arrival, Nanos zone);

}  // namespace aright::source
