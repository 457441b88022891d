// One request over a Unix socket, blocking.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace aright::http {

/// Errors: not_found (no daemon answers there), denied (the socket's mode), timeout, invalid (not HTTP).
[[nodiscard]] Result<Response> request_unix(const std::string& socket_path, const std::string& method,
                                            const std::string& target, const std::string& body,
                                            std::chrono::milliseconds timeout);

}  // namespace aright::http
