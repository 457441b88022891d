// Threads that perform work. Effects and reads share them; a full queue only waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/messages.h"

namespace aright::engine {

class WorkerPool {
 public:
  /// `begin` is called once by each of the `threads` threads, `perform` from all of them at once.
  WorkerPool(unsigned threads, std::function<void()> begin, std::function<void(const Work&)> perform);
  /// Finishes what is queued, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// Any thread; never blocks.
  void post(Work work);

 private:
  void loop();
  std::function<void()> begin_;
  std::function<void(const Work&)> perform_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Work> queue_;
  bool stopping_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace aright::engine
