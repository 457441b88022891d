// Delivers notifications, each notifier from a thread of its own: one that hangs holds up neither a run nor another.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/messages.h"
#include "model/port/notify.h"

namespace aright::daemon {

class Tellers {
 public:
  using Tell = std::function<void(engine::Notified)>;
  /// `hand` and what `tell` names outlive it; `tell` is called by any of its threads and does not block.
  Tellers(NotifyHand& hand, Tell tell);
  Tellers(const Tellers&) = delete;
  Tellers& operator=(const Tellers&) = delete;
  /// Waits for deliveries under way: whoever made `hand` has told it to end them.
  ~Tellers();

  /// Never blocks. The engine gives a notifier its next one only when it has heard of the one before.
  void give(const engine::DoNotify& work);

 private:
  class Line;
  NotifyHand& hand_;
  Tell tell_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Line>> lines_;  ///< by notifier; at most as many as were ever configured
};

}  // namespace aright::daemon
