// A log that opens and that the disk does not read. The kernel says so by itself to a thread whose reads it is told to
// refuse, which no right is needed for.
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include "source/tail_scene.h"

namespace aright::source {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;

/// From now on every pread of this thread fails with EIO. It cannot be taken back, so the thread is to end.
bool refuse_reads() {
  std::array<sock_filter, 4> program{{{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<__u32>(offsetof(seccomp_data, nr))},
                                      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<__u32>(SYS_pread64)},
                                      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<__u32>(EIO)},
                                      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}}};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

class TailUnreadableTest : public testing::Test, protected Scene {
 protected:
  /// For so many seconds, each of them looked at.
  void with_failing_disk(int seconds) {
    std::thread([&] {
      ASSERT_TRUE(refuse_reads());
      for (int i = 0; i < seconds; ++i) look_a_second_later();
    }).join();
  }
  void look_a_second_later() {
    now += 1s;
    drain();
  }
  [[nodiscard]] std::string why() const { return at("log") + ": read: input/output error"; }
  [[nodiscard]] std::string told_of_it() const { return "source s:" + at("log") + ": " + why(); }
};

TEST_F(TailUnreadableTest, IsToldOnceUntilAReadWorks) {
  append("one\n");
  start();
  EXPECT_THAT(drained(), ElementsAre("one"));
  append("two\n");
  with_failing_disk(5);
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_THAT(troubles, ElementsAre(told_of_it()));
  EXPECT_EQ(source->troubles()[at("log")], why());
  ASSERT_TRUE(source->deadline());
  look_a_second_later();
  EXPECT_THAT(lines, ElementsAre("two"));
  EXPECT_THAT(source->troubles(), IsEmpty());
  with_failing_disk(3);
  append("three\n");
  with_failing_disk(3);
  EXPECT_THAT(troubles, ElementsAre(told_of_it(), told_of_it()));
}

TEST_F(TailUnreadableTest, EndsWithTheFileThatWasNotRead) {
  append("one\n");
  start();
  drain();
  append("two\n");
  with_failing_disk(1);
  std::filesystem::rename(at("log"), folder + "/elsewhere");
  with_failing_disk(static_cast<int>(TailSource::linger.count()) + 2);
  EXPECT_THAT(troubles, ElementsAre(told_of_it()));
  EXPECT_THAT(source->troubles(), IsEmpty());
}

TEST_F(TailUnreadableTest, OneThatIsReadDoesNotHideAnotherOfTheName) {
  append("one\n");
  start();
  drain();
  append("two\n");
  with_failing_disk(1);
  rotate();
  append("three\n");
  with_failing_disk(2);
  EXPECT_THAT(troubles, ElementsAre(told_of_it()));
  look_a_second_later();
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
  EXPECT_THAT(source->troubles(), IsEmpty());
}

}  // namespace
}  // namespace aright::source
