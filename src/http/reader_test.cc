// What the reader promises beyond what the server's tests see.
#include "http/reader.h"

#include <gtest/gtest.h>

namespace aright::http {
namespace {

using State = RequestReader::State;

TEST(RequestReader, SplitsTheQueryFromThePath) {
  RequestReader reader(4096, 4096);
  ASSERT_EQ(reader.feed("GET /v1/runs?limit=5&open&before=a=b HTTP/1.1\r\nHost: a\r\n\r\n"), State::whole);
  const Request request = reader.take();
  EXPECT_EQ(request.path, "/v1/runs");
  const std::map<std::string, std::string> wanted{{"limit", "5"}, {"open", ""}, {"before", "a=b"}};
  EXPECT_EQ(request.query, wanted);
}

TEST(RequestReader, GivesTheHeadersAndTheAnnouncedLengthBeforeTheBody) {
  RequestReader reader(4096, 10);
  ASSERT_EQ(reader.feed("POST /hooks/a HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two:  2 \r\n"), State::more);
  EXPECT_EQ(reader.head(), nullptr);
  ASSERT_EQ(reader.feed("Content-Length: 3\r\n\r\nab"), State::more);
  ASSERT_NE(reader.head(), nullptr);
  EXPECT_EQ(reader.head()->path, "/hooks/a");
  EXPECT_EQ(reader.head()->body_bytes, 3U);
  EXPECT_EQ(reader.head()->body, "");
  ASSERT_EQ(reader.feed("c"), State::whole);
  const Request request = reader.take();
  EXPECT_EQ(reader.head(), nullptr);
  EXPECT_EQ(request.body, "abc");
  EXPECT_EQ(values_of(request.headers, "X-TWO"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_TRUE(values_of(request.headers, "X-Tw").empty());
}

TEST(RequestReader, ABodyBeyondTheLimitStillHasAHead) {
  RequestReader reader(4096, 10);
  ASSERT_EQ(reader.feed("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), State::refused);
  EXPECT_EQ(reader.status(), 413U);
  ASSERT_NE(reader.head(), nullptr);
  EXPECT_EQ(reader.head()->body_bytes, 11U);
}

TEST(RequestReader, TooManyHeadersAreRefused) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
    RequestReader reader(16384, 10);
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < header_fields_max + more; ++i) text += "X: y\r\n";
    EXPECT_EQ(reader.feed(text + "\r\n"), more == 0 ? State::whole : State::refused);
    EXPECT_EQ(reader.status(), more == 0 ? 0U : 431U);
    EXPECT_EQ(reader.head() != nullptr, more == 0);
  }
}

TEST(RequestReader, AProxyMayAskInTheOlderVersion) {
  RequestReader reader(4096, 4096);
  ASSERT_EQ(reader.feed("POST /old HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), State::whole);
  EXPECT_EQ(reader.take().body, "abc");
  EXPECT_FALSE(reader.keep_alive());
}

TEST(RequestReader, ARefusalIsFinal) {
  RequestReader reader(4096, 4096);
  ASSERT_EQ(reader.feed("nonsense\r\n\r\n"), State::refused);
  EXPECT_EQ(reader.status(), 400U);
  EXPECT_EQ(reader.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::refused);
  EXPECT_EQ(reader.status(), 400U);
}

TEST(RequestReader, LimitsHoldForEveryRequest) {
  for (int before = 0; before < 3; ++before) {
    RequestReader reader(200, 10);
    for (int i = 0; i < before; ++i) {
      ASSERT_EQ(reader.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::whole);
      reader.take();
    }
    ASSERT_EQ(reader.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), State::refused) << before;
    EXPECT_EQ(reader.status(), 413U);
    RequestReader other(200, 10);
    for (int i = 0; i < before; ++i) {
      ASSERT_EQ(other.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::whole);
      other.take();
    }
    const std::string long_line(300, 'x');
    ASSERT_EQ(other.feed("GET / HTTP/1.1\r\nHost: a\r\nX: " + long_line + "\r\n\r\n"), State::refused) << before;
    EXPECT_EQ(other.status(), 431U);
  }
}

}  // namespace
}  // namespace aright::http
