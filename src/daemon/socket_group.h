// Who may ask the daemon beside its own user: a group; and that its socket stays there.
#pragma once

#include <string>

#include "base/result.h"
#include "http/server.h"

namespace aright::daemon {

/// Lets the members of `group` (a name, or a number that has none) reach the socket at the absolute or relative path
/// `socket`: its folder becomes theirs to go through (0710), the socket theirs to open. What else lies there stays as
/// it is. Errc::invalid: no such group; denied: neither root nor a member of it; others as the file system's.
[[nodiscard]] Result<Done> open_socket_to(const std::string& group, const std::string& socket);

/// Makes `socket` again, for the same group (empty: none), where somebody has removed it; says so in the log.
void mend_socket(http::Server& server, const std::string& group, const std::string& socket);

}  // namespace aright::daemon
