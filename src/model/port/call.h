// The hand that calls servers. Two implementations: `driver/call` (real) and the simulator's.
#pragma once

#include <functional>

#include "base/result.h"
#include "model/call.h"

namespace aright {

/// Whether a request may still be sent: asked once, when nothing but sending it is left. Any thread; never blocks.
using MaySend = std::function<bool()>;

/// Any thread; several calls at once.
class CallRunner {
 public:
  virtual ~CallRunner() = default;

  /// Sends the request once and returns what came of it. Whether that is a success, the caller judges.
  /// On every error nothing of the request was sent:
  /// invalid: it breaks a limit, or a secret cannot stand where it is wanted;
  /// denied: the server is no destination of this node, its address may not be called, its certificate is not in order,
  /// or a secret may not be read;
  /// not_found: no such host, no such secret; unavailable (retry): no connection; paused: we are stopping, or it may
  /// not be sent any more.
  virtual Result<CallOutcome> run(const CallRequest& request, const MaySend& may_send) = 0;
};

}  // namespace aright
