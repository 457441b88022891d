#include "engine/crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace aright::engine {
namespace {

using namespace std::chrono_literals;

Nanos boot() { return std::chrono::steady_clock::now().time_since_epoch(); }

DoRead work(const std::string& name) { return {{"file", name}, 0}; }
std::string name_of(const Work& work) { return std::get<DoRead>(work).resource.id; }

/// A crew over an engine that only counts, and a world that listens until it is stirred.
class CrewTest : public testing::Test {
 protected:
  void make(unsigned workers) {
    crew_ = std::make_unique<Crew>(
        workers, CrewParts{[this] { ++begun_; }, [this] { return engine_(); }, [this](const Work& w) { perform_(w); },
                           [this](std::optional<Nanos> until) { listen(until); }, [this] { stir(); }, boot});
    crew_->start();
  }
  /// Last line of each test: before what its functions refer to is gone.
  void end() {
    stopping_ = true;
    crew_->nudge();
    crew_->join();
  }

  void listen(std::optional<Nanos> until) {
    std::unique_lock lock(mutex_);
    EXPECT_FALSE(std::exchange(heard_, true)) << "two listen at once";
    changed_.notify_all();
    const auto stirred = [this] { return std::exchange(stirred_, false); };
    if (until) {
      changed_.wait_for(lock, std::max(*until - boot(), Nanos::zero()), stirred);
    } else {
      changed_.wait(lock, stirred);
    }
    heard_ = false;
  }
  void stir() {
    const std::scoped_lock lock(mutex_);
    stirred_ = true;
    changed_.notify_all();
  }
  /// Something outside happens while a thread listens: it posts, as the sources do.
  void happens() { stir(); }

  template <class Condition>
  bool soon(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, condition);
  }
  void note(std::set<std::thread::id>& threads) {
    const std::scoped_lock lock(mutex_);
    threads.insert(std::this_thread::get_id());
    changed_.notify_all();
  }
  void tell() {
    const std::scoped_lock lock(mutex_);
    changed_.notify_all();
  }

  std::atomic<bool> stopping_{false};
  std::atomic<int> begun_{0};
  std::atomic<int> turns_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stirred_{false};
  bool heard_{false};
  std::function<Turn()> engine_ = [this] {
    ++turns_;
    tell();
    return Turn{std::nullopt, stopping_.load()};
  };
  std::function<void(const Work&)> perform_ = [](const Work&) {};
  std::unique_ptr<Crew> crew_;
};

TEST_F(CrewTest, WorkThatHangsKeepsNeitherTheEngineNorListeningNorTimersFromGoingOn) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> hanging{0};
  std::atomic<bool> again{false};
  perform_ = [&](const Work&) {
    ++hanging;
    tell();
    released.wait();
  };
  engine_ = [&] {
    ++turns_;
    tell();
    return Turn{again.exchange(false) ? std::optional(boot() + 5ms) : std::nullopt, stopping_.load()};
  };
  make(2);
  for (int i = 0; i < 5; ++i) crew_->post(work("hangs"));
  EXPECT_TRUE(soon([&] { return hanging == 2 && heard_; })) << hanging;
  const int before = turns_;
  again = true;
  crew_->nudge();
  EXPECT_TRUE(soon([&] { return turns_ >= before + 2; })) << "nudged once, due once";
  EXPECT_EQ(hanging, 2) << "more at once than there are workers";
  release.set_value();
  EXPECT_TRUE(soon([&] { return hanging == 5; }));
  end();
}

TEST_F(CrewTest, WhoeverAskedForCalmIsCalledWhenThereIsCalm) {
  std::atomic<bool> asked{false};
  std::atomic<bool> calm{false};
  engine_ = [&] {
    if (turns_++ == 0) crew_->post(work("slow"));
    if (turns_ > 1) asked = true;
    calm = crew_->calm();
    tell();
    return Turn{std::nullopt, stopping_.load()};
  };
  perform_ = [&](const Work&) {
    // Its result is taken up before this thread has ended. Told by itself it might be left for it to take up.
    std::thread([&] { crew_->nudge(); }).join();
    EXPECT_TRUE(soon([&] { return asked.load(); }));
  };
  make(2);
  EXPECT_TRUE(soon([&] { return calm.load(); })) << "nothing happens any more, and the engine was not told";
  end();
}

TEST_F(CrewTest, WhatIsLeftInTheQueueIsDoneBeforeTheEnd) {
  std::atomic<int> done{0};
  perform_ = [&](const Work&) { ++done; };
  make(3);
  for (int i = 0; i < 200; ++i) crew_->post(work("x"));
  end();
  EXPECT_EQ(done, 200);
}

TEST_F(CrewTest, OneThreadDoesAChainOfWorkByItself) {
  constexpr int kSteps = 2000;
  std::atomic<int> left{kSteps};
  std::atomic<int> handed_over{0};
  std::thread::id last;  // by the one piece of work that is in hand
  std::atomic<bool> wanted{false};
  perform_ = [&](const Work&) {
    if (std::exchange(last, std::this_thread::get_id()) != std::this_thread::get_id()) ++handed_over;
    wanted = --left > 0;
    crew_->nudge();
  };
  engine_ = [&] {
    if (wanted.exchange(false)) crew_->post(work("next"));
    tell();
    return Turn{std::nullopt, stopping_.load()};
  };
  make(8);
  EXPECT_TRUE(soon([&] { return heard_; }));
  crew_->post(work("first"));
  EXPECT_TRUE(soon([&] { return left == 0; }));
  // Threads that are only just starting, or that listened, may take a step; nobody is woken for one.
  EXPECT_LE(handed_over, 40);
  end();
}

TEST_F(CrewTest, AllWorkersWorkAtOnce) {
  std::atomic<int> at_once{0};
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  perform_ = [&](const Work&) {
    ++at_once;
    tell();
    released.wait();
  };
  std::atomic<bool> posted{false};
  engine_ = [&] {  // all from one turn, as after a commit
    if (!posted.exchange(true)) {
      for (int i = 0; i < 8; ++i) crew_->post(work("x"));
    }
    return Turn{std::nullopt, stopping_.load()};
  };
  make(8);
  EXPECT_TRUE(soon([&] { return at_once == 8; })) << at_once;
  release.set_value();
  end();
}

TEST_F(CrewTest, WhileTheEngineIsBusyOthersTakeWhatItDispatched) {
  std::promise<void> performed;
  std::future<void> was_performed = performed.get_future();
  perform_ = [&](const Work&) { performed.set_value(); };
  std::atomic<bool> posted{false};
  std::atomic<bool> in_time{false};
  engine_ = [&] {
    if (!posted.exchange(true)) {
      crew_->post(work("x"));
      crew_->hurry();
      in_time = was_performed.wait_for(20s) == std::future_status::ready;  // as a long commit
      tell();
    }
    return Turn{std::nullopt, stopping_.load()};
  };
  make(1);
  EXPECT_TRUE(soon([&] { return posted.load() && in_time.load(); }));
  end();
}

TEST_F(CrewTest, OneThreadAloneServesEverything) {
  std::set<std::thread::id> threads;
  std::atomic<int> done{0};
  perform_ = [&](const Work& w) {
    EXPECT_EQ(name_of(w), "x");
    note(threads);
    ++done;
    tell();
  };
  std::atomic<bool> due{true};
  engine_ = [&] {
    ++turns_;
    note(threads);
    return Turn{due.exchange(false) ? std::optional(boot() + 3ms) : std::nullopt, stopping_.load()};
  };
  make(0);
  EXPECT_TRUE(soon([&] { return turns_ >= 2; })) << "its timer";
  for (int i = 1; i <= 20; ++i) {  // from outside, while it listens or not
    crew_->post(work("x"));
    EXPECT_TRUE(soon([&] { return done == i; }));
  }
  EXPECT_EQ(threads.size(), 1U);
  EXPECT_EQ(begun_, 1);
  end();
}

TEST_F(CrewTest, NothingIsLostHoweverTheCallsFall) {
  std::atomic<int> asked{0};
  std::atomic<int> done{0};
  perform_ = [&](const Work&) {
    ++done;
    crew_->nudge();
  };
  engine_ = [&] {
    for (int n = asked.exchange(0); n > 0; --n) crew_->post(work("x"));
    tell();
    return Turn{std::nullopt, stopping_.load()};
  };
  make(3);
  std::vector<std::jthread> posters;
  for (int t = 0; t < 3; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        ++asked;
        crew_->nudge();
        if (i % 7 == 0) happens();
      }
    });
  }
  posters.clear();
  EXPECT_TRUE(soon([&] { return done == 1500; })) << done;
  end();
}

}  // namespace
}  // namespace aright::engine
