#include "engine/worker_pool.h"

namespace aright::engine {

WorkerPool::WorkerPool(unsigned threads, std::function<void()> begin, std::function<void(const Work&)> perform)
    : begin_(std::move(begin)), perform_(std::move(perform)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { loop(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_all();
  threads_.clear();
}

void WorkerPool::post(Work work) {
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(work));
  }
  filled_.notify_one();
}

void WorkerPool::loop() {
  begin_();
  while (true) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Work work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    perform_(work);
  }
}

}  // namespace aright::engine
