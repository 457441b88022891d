#include "http/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <future>

namespace aright::http {
namespace {

class SocketTurn : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours_ = UniqueFd{ends[0]};
    peers_ = UniqueFd{ends[1]};
  }
  void say() { ASSERT_EQ(send(peers_.get(), "x", 1, MSG_NOSIGNAL), 1); }
  void hear() {
    char heard{};
    ASSERT_EQ(recv(ours_.get(), &heard, 1, 0), 1);
  }

  UniqueFd ours_;
  UniqueFd peers_;
};

TEST_F(SocketTurn, IsThePeersUntilThereAreBytesNobodyHasRead) {
  EXPECT_EQ(turn_of(ours_.get()), Turn::peer);
  say();
  EXPECT_EQ(turn_of(ours_.get()), Turn::ours);
  hear();
  EXPECT_EQ(turn_of(ours_.get()), Turn::peer);
}

TEST_F(SocketTurn, IsOverWhenThePeerHasEndedAndAllIsRead) {
  say();
  ASSERT_EQ(shutdown(peers_.get(), SHUT_WR), 0);
  EXPECT_EQ(turn_of(ours_.get()), Turn::ours);  // it still wants its answer
  hear();
  EXPECT_EQ(turn_of(ours_.get()), Turn::over);
  peers_.reset();
  EXPECT_EQ(turn_of(ours_.get()), Turn::over);
}

TEST(ListenTcp, AnAddressThatIsGivenUpInTimeIsServed) {
  auto before = listen_tcp("127.0.0.1:0");
  ASSERT_TRUE(before) << before.error().message;
  const std::string address = "127.0.0.1:" + std::to_string(before->port);
  auto again = std::async(std::launch::async, [&] { return listen_tcp(address).has_value(); });
  EXPECT_EQ(again.wait_for(std::chrono::milliseconds{100}), std::future_status::timeout) << "not refused at once";
  before->fd.reset();
  EXPECT_TRUE(again.get());
}

}  // namespace
}  // namespace aright::http
