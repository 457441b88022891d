// Who has the state folder when its daemon was killed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <future>

#include "store/state_folder.h"

namespace aright::store {
namespace {

class StateFolderLock : public testing::Test {
 protected:
  void SetUp() override {
    std::string form = std::filesystem::temp_directory_path() / "aright-lock-XXXXXX";
    dir_ = mkdtemp(form.data());
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::filesystem::path dir_;
};

/// A daemon that is killed while it starts a program leaves its handles to the child until that is the program.
TEST_F(StateFolderLock, AStartWaitsForWhatAKilledDaemonHasLeftBehind) {
  const std::string path = (dir_ / "state").string();
  std::array<int, 2> there{};
  std::array<int, 2> over{};
  ASSERT_EQ(pipe(there.data()), 0);
  ASSERT_EQ(pipe(over.data()), 0);
  const pid_t daemon = fork();
  if (daemon == 0) {
    const auto folder = StateFolder::open(path);
    if (fork() == 0) {
      close(over[1]);
      char said = folder ? 'y' : 'n';
      if (::write(there[1], &said, 1) != 1) _exit(1);
      _exit(static_cast<int>(::read(over[0], &said, 1)));
    }
    pause();
  }
  char said = 0;
  ASSERT_EQ(::read(there[0], &said, 1), 1);
  ASSERT_EQ(said, 'y');
  kill(daemon, SIGKILL);
  ASSERT_EQ(waitpid(daemon, nullptr, 0), daemon);
  auto again = std::async(std::launch::async, [&] { return StateFolder::open(path).has_value(); });
  EXPECT_EQ(again.wait_for(std::chrono::milliseconds{100}), std::future_status::timeout) << "not refused at once";
  close(over[1]);
  EXPECT_TRUE(again.get());
  for (const int fd : {there[0], there[1], over[0]}) close(fd);
}

}  // namespace
}  // namespace aright::store
