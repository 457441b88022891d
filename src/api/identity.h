// Who is at the other end of the socket.
#pragma once

#include <cstdint>

#include "engine/operators.h"
#include "http/message.h"

namespace aright::api {

/// The groups are those the process had when it connected (not those the system's database lists today), the primary
/// one first, at most 64. Names of user and groups from the system's databases; numbers where there are none. Any
/// thread.
[[nodiscard]] engine::Identity identity_of(const http::Peer& peer);

/// A user of whom nothing else is known; without groups. Any thread.
[[nodiscard]] engine::Identity identity_of_user(std::uint32_t uid);

}  // namespace aright::api
