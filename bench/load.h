// A crowd of senders, by wrk.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace aright::bench {

struct Load {
  std::uint16_t port{0};
  std::string path;        ///< "/hooks/load"
  std::string script;      ///< of wrk
  std::string deliveries;  ///< a file as `write_deliveries` makes it
  unsigned connections{16};
  unsigned seconds{5};
  std::string log;
};
struct Pressed {
  double per_second{0};
  double p50_ms{0};
  double p99_ms{0};
  std::uint64_t requests{0};
};

/// `count` deliveries of one body, each under an id of its own, beginning with `prefix`, signed for now as Standard
/// Webhooks says.
[[nodiscard]] Result<Done> write_deliveries(const std::string& file, const std::string& key, const std::string& prefix,
                                            unsigned count);

/// Errc::not_found: wrk is not installed. Errc::invalid: an answer was not 2xx, or the deliveries ran out.
[[nodiscard]] Result<Pressed> press(const Load& load);

}  // namespace aright::bench
