// The hand that tells people. Two implementations: `driver/notify` (real) and the simulator's.
#pragma once

#include <string>

#include "base/result.h"
#include "model/notification.h"

namespace aright {

/// Any thread; for each notifier one delivery at a time.
class NotifyHand {
 public:
  virtual ~NotifyHand() = default;

  /// Tries once, within the notifier's time limit, and says what the other side answered. The same notification may
  /// come again, when it is not known whether it arrived: it carries its id there, by which it can be told.
  /// Errors: with Retry::no the other side refuses this one for good, others may get through; with Retry::yes the
  /// notifier is to be tried again later. Errc::paused: we are stopping, and nothing is known of it.
  virtual Result<std::string> deliver(const Notification& notification) = 0;
};

}  // namespace aright
