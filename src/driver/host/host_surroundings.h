// The network around this machine, as the kernel and the system's files tell it.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/port/surroundings.h"

namespace aright::driver {

/// Addresses of interfaces, gateways of default routes, resolvers, and from where somebody is logged in (utmp, and
/// logind's sessions for those without a terminal: who has shown who he is, not who only has a connection). Kept for a
/// second.
class HostSurroundings final : public SurroundingsReader {
 public:
  Surroundings read() override;

 private:
  std::mutex mutex_;
  std::optional<Surroundings> kept_;
  Nanos kept_at_{};
};

/// Of /etc/resolv.conf.
[[nodiscard]] std::vector<KnownAddress> resolvers(std::string_view text);
/// Of a file of /run/systemd/sessions: none or one. A name is no address.
[[nodiscard]] std::vector<KnownAddress> session_host(std::string_view text);
/// Of the records of /run/utmp.
[[nodiscard]] std::vector<KnownAddress> logins(std::string_view bytes);

}  // namespace aright::driver
