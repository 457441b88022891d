// The hand that calls servers. Two implementations: `driver/call` (real) and the simulator's.
#pragma once

#include "base/result.h"
#include "model/call.h"

namespace aright {

/// Any thread; several calls at once.
class CallRunner {
 public:
  virtual ~CallRunner() = default;

  /// Sends the request once and returns what came of it. Whether that is a success, the caller judges.
  /// On every error nothing of the request was sent:
  /// invalid: it breaks a limit, or a secret cannot stand where it is wanted;
  /// denied: the server is no destination of this node, its address may not be called, its certificate is not in order,
  /// or a secret may not be read;
  /// not_found: no such host, no such secret; unavailable (retry): no connection; paused: we are stopping.
  virtual Result<CallOutcome> run(const CallRequest& request) = 0;
};

}  // namespace aright
