// Notifications into the system log, here or elsewhere.
#pragma once

#include <string>

#include "http/destination.h"
#include "http/resolve.h"
#include "model/notification.h"
#include "model/notifier.h"

namespace aright::driver {

/// Locally as syslog(3) writes it (RFC 3164's form); elsewhere as RFC 5424 by UDP, or by TCP with the length before it
/// (RFC 6587). Syslog answers nothing: what is given to the socket counts as told, and by UDP nobody knows more. A
/// server must be one of `destinations`, and lie where that one may.
[[nodiscard]] Result<std::string> write_to_syslog(const SyslogNotifier& how, const Notification& notification,
                                                  const http::Destinations& destinations, const http::Resolve& resolve,
                                                  Nanos time_limit);

}  // namespace aright::driver
