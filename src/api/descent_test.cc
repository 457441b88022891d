// Who was started by a step: by descent from this process, or by the key that every step is given.
#include "api/descent.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace aright::api {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

http::Peer peer_with(pid_t pid) {
  http::Peer peer{0, 0, pid, {}};
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd >= 0) peer.process = std::make_shared<const UniqueFd>(fd);
  return peer;
}

/// A process that only waits, started through one that has ended: nobody of this process is its ancestor.
class Orphan {
 public:
  explicit Orphan(const char* variable) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const pid_t between = fork();
    if (between == 0) {
      const pid_t pid = fork();
      if (pid == 0) {
        std::array<char*, 3> arguments{const_cast<char*>("sleep"), const_cast<char*>("600"), nullptr};
        std::array<char*, 2> environment{const_cast<char*>(variable), nullptr};
        execve("/usr/bin/sleep", arguments.data(), environment.data());
        _exit(1);
      }
      static_cast<void>(!write(ends[1], &pid, sizeof pid));
      _exit(0);
    }
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &pid_, sizeof pid_), static_cast<ssize_t>(sizeof pid_));
    char none = 0;
    EXPECT_EQ(read(ends[0], &none, 1), 0) << "its end of the pipe closes when it has become the program";
    close(ends[0]);
    waitpid(between, nullptr, 0);
  }
  Orphan(const Orphan&) = delete;
  Orphan& operator=(const Orphan&) = delete;
  ~Orphan() { kill(pid_, SIGKILL); }

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_{0};
};

TEST(Descent, APersonsProcessIsNoneOfOurs) {
  EXPECT_THAT(why_not_to_decide(peer_with(getppid())), IsEmpty());
  EXPECT_THAT(why_not_to_decide(peer_with(getpid())), IsEmpty());
  EXPECT_THAT(why_not_to_decide({0, 0, 0, {}}), IsEmpty()) << "a process of another container";
  const Orphan other("NOT_ARIGHT_KEY=r1-0");
  EXPECT_THAT(why_not_to_decide(peer_with(other.pid())), IsEmpty());
}

TEST(Descent, WhatWasGivenAKeyIsOursThoughNobodyOfUsIsItsAncestor) {
  const Orphan ours("ARIGHT_KEY=r1-0");
  EXPECT_THAT(why_not_to_decide(peer_with(ours.pid())), HasSubstr("was started by a step of a workflow"));
}

TEST(Descent, AChildAndAChildsChild) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      pause();
      _exit(0);
    }
    static_cast<void>(!write(ends[1], &grandchild, sizeof grandchild));
    pause();
    _exit(0);
  }
  pid_t grandchild = 0;
  ASSERT_EQ(read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  for (const pid_t pid : {child, grandchild}) {
    EXPECT_THAT(why_not_to_decide(peer_with(pid)), HasSubstr("was started by a step of a workflow"));
  }
  const http::Peer ended = peer_with(child);
  kill(grandchild, SIGKILL);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(why_not_to_decide(ended), HasSubstr("has ended"));
  close(ends[0]);
  close(ends[1]);
}

TEST(Descent, WhomNobodyShowsDecidesNothing) {
  EXPECT_THAT(why_not_to_decide({0, 0, 4'194'304, {}}), HasSubstr("has ended")) << "no such number is given";
}

}  // namespace
}  // namespace aright::api
