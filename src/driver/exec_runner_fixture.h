// What the tests of ExecRunner share: a folder of scripts and a runner.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "driver/exec/exec_runner.h"

namespace aright::driver {

inline constexpr std::chrono::seconds patience{20};

template <class Condition>
bool wait_until(Condition condition) {
  for (const auto until = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < until;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return false;
}

/// While it lives this process gets no new descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    // poll(2) takes no more entries than the limit says, whatever they are.
    const rlimit none{polled_max, before_.rlim_max};
    for (UniqueFd fd{dup(STDERR_FILENO)}; fd.get() < static_cast<int>(polled_max); fd = UniqueFd{dup(STDERR_FILENO)}) {
      taken_.push_back(std::move(fd));
    }
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  static constexpr rlim_t polled_max = 8;
  rlimit before_{};
  std::vector<UniqueFd> taken_;
};

/// What a folder of scripts is: they have #! lines, as programs that people write.
class ExecRunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string form = std::filesystem::canonical(std::filesystem::temp_directory_path()) / "aright-exec-XXXXXX";
    folder_ = mkdtemp(form.data());
    start({.running_max = 8, .wait = patience, .grace = std::chrono::milliseconds{100}, .last = patience});
  }
  void TearDown() override {
    runner_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(const ExecLimits& limits) {
    runner_.reset();
    auto made = ExecRunner::create(limits);
    ASSERT_TRUE(made) << made.error().message;
    runner_ = std::move(*made);
  }
  [[nodiscard]] std::string at(const std::string& name) const { return folder_ + "/" + name; }
  std::string script(const std::string& name, const std::string& text, const std::string& first = "#!/bin/sh") {
    std::ofstream(at(name)) << first << "\n" << text << "\n";
    EXPECT_EQ(chmod(at(name).c_str(), 0755), 0);
    return at(name);
  }
  std::string python(const std::string& name, const std::string& text) {
    return script(name, text, "#!/usr/bin/python3 -S");
  }
  ProgramRequest request(std::vector<std::string> arguments) {
    ProgramRequest asked;
    asked.key = "r1-" + std::to_string(++count_);
    asked.arguments = std::move(arguments);
    asked.time_limit = patience;
    return asked;
  }
  ProgramOutcome run(const ProgramRequest& asked) {
    auto outcome = runner_->run(asked);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome.value_or(ProgramOutcome{});
  }
  /// Runs it until the file "up" is there, then ends it as its time limit would.
  ProgramOutcome run_until_up(const ProgramRequest& asked) {
    ProgramOutcome outcome;
    std::thread busy([&] { outcome = run(asked); });
    EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(at("up")); }));
    runner_->stop();
    busy.join();
    EXPECT_EQ(outcome.cut, ProgramCut::stopped);
    return outcome;
  }
  std::string refusal(const ProgramRequest& asked, Errc code) {
    const auto outcome = runner_->run(asked);
    if (outcome) return "it ran";
    EXPECT_EQ(outcome.error().code, code) << outcome.error().message;
    return outcome.error().message;
  }
  /// Whether the process whose number the file has is gone.
  [[nodiscard]] bool gone(const std::string& pid_file) const {
    pid_t pid = 0;
    std::ifstream(at(pid_file)) >> pid;
    EXPECT_GT(pid, 0) << pid_file;
    return kill(pid, 0) != 0 && errno == ESRCH;
  }
  static void expect_no_children() {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  std::string folder_;
  std::unique_ptr<ExecRunner> runner_;
  int count_{0};
};

}  // namespace aright::driver
