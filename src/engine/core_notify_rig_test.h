// A core with one file and one notifier, and the other side of that.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core_rig_test.h"

namespace aright::engine::test {

class SomebodyToTell final : public NotifyHand {
 public:
  std::vector<Notification> got;
  std::function<std::optional<Error>(const Notification&)> refuses;

  Result<std::string> deliver(const Notification& n) override {
    if (refuses) {
      if (auto error = refuses(n)) return std::unexpected(*error);
    }
    got.push_back(n);
    return "taken";
  }
};

inline Config telling(Step step) {
  Config config = one_file();
  config.workflows[0].steps.push_back(std::move(step));
  config.notify.notifiers = {{.name = "ops"}};
  return config;
}

inline Step tells(const std::string& text) { return {Step::Notify{"ops", "", text, Level::high}}; }

inline const Error nobody_there{Errc::unavailable, Retry::yes, "nobody listens"};
inline const Error refused{Errc::invalid, Retry::no, "no such channel"};

class CoreNotify : public ::testing::Test {
 protected:
  void begin(Config config) {
    rig = std::make_unique<Rig>(std::move(config));
    rig->notify = &hand;
    rig->start();
    rig->settle();
  }
  [[nodiscard]] Json dead() const { return rig->last("notification.dead"); }

  SomebodyToTell hand;
  std::unique_ptr<Rig> rig;
};

}  // namespace aright::engine::test
