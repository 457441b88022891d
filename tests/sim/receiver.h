// Whoever is told: takes it, refuses it, says nothing for a while, or takes it and the answer is lost.
#pragma once

#include <string>

#include "model/port/notify.h"
#include "world.h"

namespace aright::sim {

class SimReceiver final : public NotifyHand {
 public:
  explicit SimReceiver(World& world) : world_(world) {}
  Result<std::string> deliver(const Notification& notification) override;

 private:
  World& world_;
};

/// Who is told in such a world: one notifier, which gets few enough that some are told as one.
[[nodiscard]] NotifyRules some_notifier(Chance& chance);

}  // namespace aright::sim
