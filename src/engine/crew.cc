#include "engine/crew.h"

#include <algorithm>
#include <utility>

namespace aright::engine {

namespace {

/// The crew this thread belongs to: what its own threads post they find themselves, nobody need be woken.
thread_local const Crew* member_of = nullptr;

/// It may take an hour, or (what is left of a program) seconds to end.
bool is_slow(const Work& work) {
  return std::holds_alternative<DoErrand>(work) || std::holds_alternative<DoFormer>(work);
}

}  // namespace

Crew::Crew(unsigned workers, CrewParts parts, unsigned programs)
    : parts_(std::move(parts)),
      limit_(std::max(workers, 1U)),
      programs_limit_(workers == 0 ? 0 : programs),
      size_(workers == 0 ? 1 : std::size_t{workers} + programs_limit_ + 2) {}

void Crew::start() {
  for (std::size_t i = 0; i < size_; ++i) threads_.emplace_back([this] { loop(); });
}

void Crew::join() { threads_.clear(); }

void Crew::post(Work work) {
  const std::scoped_lock lock(mutex_);
  auto& queue = programs_limit_ != 0 && is_slow(work) ? programs_ : queue_;
  queue.push_back(std::move(work));
  if (member_of != this) wake_one();
}

void Crew::nudge() {
  const std::scoped_lock lock(mutex_);
  wanted_ = true;
  if (member_of != this && !engine_busy_) wake_one();
}

bool Crew::calm() {
  const std::scoped_lock lock(mutex_);
  const bool calm = queue_.empty() && programs_.empty() && performing_ == 0 && running_ == 0 && !wanted_;
  calm_awaited_ = !calm;
  return calm;
}

void Crew::hurry() {
  const std::scoped_lock lock(mutex_);
  hand_on();
}

void Crew::loop() {
  member_of = this;
  parts_.begin();
  Lock lock(mutex_);
  while (!done()) {
    if (!engine_turn(lock) && !work_turn(lock) && !listen_turn(lock)) sleep(lock);
  }
  wake_all();
}

bool Crew::engine_due() const { return !over_ && (wanted_ || (due_ && parts_.boot() >= *due_)); }

bool Crew::engine_turn(Lock& lock) {
  if (engine_busy_ || !engine_due()) return false;
  engine_busy_ = true;
  wanted_ = false;
  due_.reset();
  hand_on();
  lock.unlock();
  const Turn turn = parts_.engine();
  lock.lock();
  engine_busy_ = false;
  due_ = turn.due;
  over_ = turn.over;
  return true;
}

bool Crew::work_turn(Lock& lock) {
  if (!may_perform()) return false;
  const bool program = !may_work();
  auto& queue = program ? programs_ : queue_;
  std::size_t& busy = program ? running_ : performing_;
  const Work work = std::move(queue.front());
  queue.pop_front();
  ++busy;
  hand_on();
  lock.unlock();
  parts_.perform(work);
  lock.lock();
  --busy;
  // Its result may have been taken up before it had ended, and then nothing else would call the engine again.
  if (calm_awaited_ && queue_.empty() && programs_.empty() && performing_ == 0 && running_ == 0) wanted_ = true;
  return true;
}

bool Crew::listen_turn(Lock& lock) {
  if (listening_) return false;
  listening_ = true;
  listening_until_ = due_;
  const auto until = due_;
  lock.unlock();
  parts_.listen(until);
  lock.lock();
  listening_ = false;
  return true;
}

/// Somebody wakes in time for `due_`.
bool Crew::timer_is_kept() const {
  if (!due_ || over_) return true;
  if (listening_ && listening_until_ && *listening_until_ <= *due_) return true;
  return std::ranges::any_of(naps_, [this](Nanos nap) { return nap <= *due_; });
}

void Crew::sleep(Lock& lock) {
  Sleeper self;
  sleepers_.push_back(&self);
  const auto woken = [&self] { return self.woken; };
  if (timer_is_kept()) {
    self.woken_by.wait(lock, woken);
  } else {
    const Nanos until = *due_;
    naps_.push_back(until);
    self.woken_by.wait_for(lock, std::max(until - parts_.boot(), Nanos::zero()), woken);
    naps_.erase(std::ranges::find(naps_, until));
  }
  if (self.woken) {
    --waking_;
  } else {
    std::erase(sleepers_, &self);
  }
}

/// Before this thread is busy: what it leaves undone another one takes, which hands on in turn.
void Crew::hand_on() {
  const bool engine_waits = !engine_busy_ && engine_due();
  if (!listening_ || may_perform() || engine_waits || !timer_is_kept()) wake_one();
}

void Crew::wake_one() {
  if (waking_ > 0) return;  // that one looks at everything
  if (sleepers_.empty()) {
    if (listening_) parts_.stir();
    return;
  }
  Sleeper* sleeper = sleepers_.back();
  sleepers_.pop_back();
  sleeper->woken = true;
  ++waking_;
  sleeper->woken_by.notify_one();
}

void Crew::wake_all() {
  for (Sleeper* sleeper : std::exchange(sleepers_, {})) {
    sleeper->woken = true;
    ++waking_;
    sleeper->woken_by.notify_one();
  }
  if (listening_) parts_.stir();
}

}  // namespace aright::engine
