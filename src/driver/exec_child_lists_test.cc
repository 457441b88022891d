// Which children are seen, and when. A child here is a program that sleeps until it is killed; a reading that must see
// it at once is the first after it was made.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "driver/exec/child_lists.h"
#include "driver/exec_runner_fixture.h"

namespace aright::driver {
namespace {

pid_t spawn_program(std::vector<std::string> arguments, int output = -1) {
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, pointers.front(), &actions, nullptr, pointers.data(), environment.data()), 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

pid_t sleeper() { return spawn_program({"/usr/bin/sleep", "1000"}); }

void end(pid_t pid) {
  EXPECT_EQ(kill(pid, SIGKILL), 0);
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
}

bool sees(ChildLists& lists, pid_t pid) {
  const auto pids = lists.read();
  return std::ranges::find(pids, pid) != pids.end();
}

/// A thread that has done one thing and then stays, until the object goes.
class Standing {
 public:
  explicit Standing(std::function<void()> first) {
    std::promise<void> done;
    thread_ = std::thread([this, &done, first = std::move(first)] {
      first();
      done.set_value();
      leave_.get_future().wait();
    });
    done.get_future().wait();
  }
  Standing(const Standing&) = delete;
  Standing& operator=(const Standing&) = delete;
  ~Standing() {
    leave_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> leave_;
  std::thread thread_;
};

TEST(ChildListsTest, ChildOfAnEnteredThreadIsSeenAtOnceAndGoneWhenReaped) {
  ChildLists lists;
  EXPECT_TRUE(lists.read().empty());
  pid_t pid = 0;
  const Standing thread([&] {
    lists.enter();
    lists.enter();
    pid = sleeper();
  });
  EXPECT_TRUE(sees(lists, pid));
  end(pid);
  EXPECT_FALSE(sees(lists, pid));
}

TEST(ChildListsTest, ChildOfAThreadThatEndedIsSeenAtOnce) {
  for (const bool enters : {true, false}) {
    ChildLists lists;
    EXPECT_TRUE(lists.read().empty());
    pid_t pid = 0;
    pid_t ended = 0;
    std::thread([&] {
      ended = gettid();
      if (enters) lists.enter();
      pid = sleeper();
    }).join();
    // A join returns before the kernel has moved the children: only the list of one that entered has them meanwhile.
    const std::string task = "/proc/self/task/" + std::to_string(ended);
    EXPECT_TRUE(enters || wait_until([&] { return access(task.c_str(), F_OK) != 0; }));
    EXPECT_TRUE(sees(lists, pid));
    end(pid);
  }
}

TEST(ChildListsTest, ChildOfAThreadThatNeverEnteredIsSeenByTheReadingOfAll) {
  ChildLists lists;
  pid_t pid = 0;
  const Standing thread([&] { pid = sleeper(); });
  EXPECT_TRUE(sees(lists, pid));  // the first reading is one
  end(pid);
  const Standing another([&] { pid = sleeper(); });
  EXPECT_TRUE(wait_until([&] { return sees(lists, pid); }));
  end(pid);
}

TEST(ChildListsTest, WhileAListCannotBeOpenedEachReadingIsOfAll) {
  ChildLists lists;
  EXPECT_TRUE(lists.read().empty());
  pid_t pid = 0;
  const Standing thread([&] {
    {
      const NoDescriptors none;
      lists.enter();
    }
    pid = sleeper();
  });
  for (int reading = 0; reading < 3; ++reading) EXPECT_TRUE(sees(lists, pid)) << reading;
  end(pid);
}

TEST(ChildListsTest, WithoutADescriptorThoseOfOpenListsAreStillSeen) {
  ChildLists lists;
  EXPECT_TRUE(lists.read().empty());
  pid_t of_thread = 0;
  const Standing thread([&] {
    lists.enter();
    of_thread = sleeper();
  });
  const pid_t of_first = sleeper();
  std::vector<pid_t> seen;
  const Standing refused([&] {
    const NoDescriptors none;
    lists.enter();  // from now on all are to be read, and cannot
    seen = lists.read();
  });
  EXPECT_EQ(std::ranges::count(seen, of_thread), 1);
  EXPECT_EQ(std::ranges::count(seen, of_first), 1);
  end(of_thread);
  end(of_first);
}

TEST(ChildListsTest, OrphanThatComesToUsIsSeenAtOnce) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  ChildLists lists;
  EXPECT_TRUE(lists.read().empty());
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Standing thread([&] {
    lists.enter();
    const pid_t parent = spawn_program({"/bin/sh", "-c", "/usr/bin/sleep 1000 >/dev/null & echo $!"}, ends[1]);
    EXPECT_EQ(waitpid(parent, nullptr, 0), parent);
  });
  std::array<char, 32> text{};
  EXPECT_GT(::read(ends[0], text.data(), text.size() - 1), 0);
  const pid_t orphan = std::stoi(text.data());
  EXPECT_TRUE(sees(lists, orphan));
  end(orphan);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

}  // namespace
}  // namespace aright::driver
