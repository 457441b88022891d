// Where a rule's events come from.
#pragma once

#include <string>
#include <vector>

namespace aright::detect::sigma {

/// Lower case. Empty: not given. In a rule at least one is given.
struct LogSource {
  std::string category;
  std::string product;
  std::string service;
  auto operator<=>(const LogSource&) const = default;
};

/// One event may belong to several: Sysmon's 13 is a `registry_set` and a `registry_event`.
using LogSources = std::vector<LogSource>;

/// "product=linux,service=sshd": what is given of it.
[[nodiscard]] std::string text(const LogSource& source);

/// Whether one of the event's log sources has everything that `rule` gives.
[[nodiscard]] bool applies(const LogSource& rule, const LogSources& event);

}  // namespace aright::detect::sigma
