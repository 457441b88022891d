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
