#include "receiver.h"

namespace aright::sim {

NotifyRules some_notifier(Chance& chance) {
  NotifierRule rule{.name = "ops"};
  rule.messages = 1 + chance.below(8);
  rule.queue = 2 + chance.below(20);
  if (chance.percent(20)) rule.give_up = std::chrono::minutes{5};
  return {{rule}, {rule.name}};
}

Result<std::string> SimReceiver::deliver(const Notification& notification) {
  World& w = world_;
  if (w.deaf) return fail(Errc::unavailable, "nobody listens", Retry::yes);
  w.may_hang(10, 30'000);
  if (w.faults.on && w.chance.percent(30)) return fail(Errc::unavailable, "busy", Retry::yes);
  if (w.faults.on && w.chance.percent(5)) return fail(Errc::invalid, "not this one", Retry::no);
  w.delivered.insert(notification.id);
  if (w.faults.on && w.chance.percent(5)) return fail(Errc::timeout, "no answer", Retry::yes);
  return std::string("taken");
}

}  // namespace aright::sim
