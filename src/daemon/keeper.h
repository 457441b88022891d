// Takes away what has been kept long enough, from a thread of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "engine/operators.h"
#include "model/retention.h"

namespace aright::daemon {

class Keeper {
 public:
  /// Looks at once, then every hour. `operators` must outlive it.
  Keeper(engine::Operators& operators, std::string database, const Retention& retention);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  /// Ends between two parts of a look.
  ~Keeper();
  /// Another configuration: looks at once. Any thread.
  void change(const Retention& retention);

 private:
  void run();
  void look(const Retention& retention);
  [[nodiscard]] bool ending();

  engine::Operators& operators_;
  std::string database_;
  std::mutex mutex_;
  std::condition_variable told_;
  Retention retention_;
  bool due_{true};
  bool ending_{false};
  std::thread thread_;
};

}  // namespace aright::daemon
