// The threads that do everything by turns: listen to the sources, run the engine, perform work. Whoever finds something
// goes on with it: a change that is noticed alone is listened for, decided, put right and recorded by one thread, and
// no time goes into waking others.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/time.h"
#include "engine/messages.h"

namespace aright::engine {

/// What the engine says at the end of its turn.
struct Turn {
  std::optional<Nanos> due;  ///< call again at this boot time even if nothing happens
  bool over{false};          ///< never call again
};

struct CrewParts {
  std::function<void()> begin;               ///< first call of each thread
  std::function<Turn()> engine;              ///< until nothing is due; never by two threads at once
  std::function<void(const Work&)> perform;  ///< by several threads at once; may take long
  /// Waits for the sources until the boot time `until`, or until `stir`; never by two threads at once.
  std::function<void(std::optional<Nanos> until)> listen;
  std::function<void()> stir;  ///< any thread: ends a `listen` that waits, or else the next one at once
  std::function<Nanos()> boot;
};

class Crew {
 public:
  /// At most `workers` pieces of work are performed at once; two more threads keep listening and engine going whatever
  /// a piece of work does. 0: one thread does one thing after another, so that its system calls come in a fixed order.
  /// `programs`: how many programs, each of which may take an hour, run beside them; 0: they are work like other.
  Crew(unsigned workers, CrewParts parts, unsigned programs = 0);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void start();
  /// Waits until the engine has said that it is over and what is queued is done. Before the end of a started crew.
  void join();
  /// Any thread, never blocks: work to perform. A full queue only waits.
  void post(Work work);
  /// Any thread, never blocks: the engine has something to do.
  void nudge();
  /// By the engine in its turn: nothing is queued or performed. Whoever is told no is called again when it may be so.
  [[nodiscard]] bool calm();
  /// By the engine in its turn: it will be busy for a while, others should take what is queued.
  void hurry();

 private:
  struct Sleeper {
    std::condition_variable woken_by;
    bool woken{false};
  };
  using Lock = std::unique_lock<std::mutex>;

  void loop();
  bool engine_turn(Lock& lock);
  bool work_turn(Lock& lock);
  bool listen_turn(Lock& lock);
  void sleep(Lock& lock);
  void hand_on();
  void wake_one();
  void wake_all();
  [[nodiscard]] bool engine_due() const;
  [[nodiscard]] bool may_work() const { return !queue_.empty() && performing_ < limit_; }
  [[nodiscard]] bool may_run() const { return !programs_.empty() && running_ < programs_limit_; }
  [[nodiscard]] bool may_perform() const { return may_work() || may_run(); }
  [[nodiscard]] bool timer_is_kept() const;
  [[nodiscard]] bool done() const { return over_ && queue_.empty() && programs_.empty(); }

  CrewParts parts_;
  std::size_t limit_;
  std::size_t programs_limit_;
  std::size_t size_;
  std::mutex mutex_;
  std::deque<Work> queue_;
  std::deque<Work> programs_;       ///< work that runs a program, where those have places of their own
  std::vector<Sleeper*> sleepers_;  ///< the last to sleep wakes first: its caches are warm
  std::size_t waking_{0};           ///< woken, not yet running
  std::size_t performing_{0};
  std::size_t running_{0};  ///< programs
  bool wanted_{true};       ///< the engine, whatever the time
  bool engine_busy_{false};
  bool calm_awaited_{false};  ///< the engine asked and was told no
  bool over_{false};
  bool listening_{false};
  std::optional<Nanos> due_;              ///< the engine's next time
  std::optional<Nanos> listening_until_;  ///< when the listener returns by itself
  std::vector<Nanos> naps_;               ///< when sleepers wake by themselves
  std::vector<std::jthread> threads_;
};

}  // namespace aright::engine
