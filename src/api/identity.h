// Who is at the other end of the socket.
#pragma once

#include "engine/operators.h"
#include "http/message.h"

namespace aright::api {

/// Names of the user and all groups from the system's databases; numbers where there are none. Any thread.
[[nodiscard]] engine::Identity identity_of(const http::Peer& peer);

}  // namespace aright::api
