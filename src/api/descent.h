// Whether who asks was started by a step of ours: a workflow does not decide about workflows.
#pragma once

#include <string>

#include "http/message.h"

namespace aright::api {

/// Why the process at the other end may not decide anything; empty: it may. Whatever a step starts has this process
/// among its ancestors: as child subreaper it is the next parent of all whose own has ended (docs/decisions/0147). What
/// a process of ours before a restart has left is known by ARIGHT_KEY in its environment or an ancestor's. Who cannot
/// be told may not. Any thread.
[[nodiscard]] std::string why_not_to_decide(const http::Peer& peer);

}  // namespace aright::api
