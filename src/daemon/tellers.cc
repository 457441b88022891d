#include "daemon/tellers.h"

#include <condition_variable>
#include <deque>
#include <thread>
#include <utility>

#include "daemon/process.h"

namespace aright::daemon {

class Tellers::Line {
 public:
  Line(NotifyHand& hand, const Tell& tell)
      : thread_([this, &hand, &tell](const std::stop_token& stop) {
          name_thread("notify");
          run(stop, hand, tell);
        }) {}

  void give(std::shared_ptr<const Notification> notification) {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(notification));
    changed_.notify_all();
  }

 private:
  void run(const std::stop_token& stop, NotifyHand& hand, const Tell& tell) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
      if (stop.stop_requested()) return;
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      auto outcome = hand.deliver(*next);
      tell({next->id, std::move(outcome)});
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<const Notification>> waiting_;
  std::jthread thread_;  ///< ends before what it uses
};

Tellers::Tellers(NotifyHand& hand, Tell tell) : hand_(hand), tell_(std::move(tell)) {}
Tellers::~Tellers() = default;

void Tellers::give(const engine::DoNotify& work) {
  const std::scoped_lock lock(mutex_);
  auto& line = lines_[work.notification->notifier];
  if (!line) line = std::make_unique<Line>(hand_, tell_);
  line->give(work.notification);
}

}  // namespace aright::daemon
