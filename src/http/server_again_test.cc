// The socket file of a server that goes on, removed by somebody.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "http/server.h"
#include "http/unix_client.h"

namespace aright::http {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST(ServerAgain, MakesItsSocketWhereItWasRemoved) {
  std::string folder = (fs::temp_directory_path() / "aright-again-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/s";
  auto server = Server::on_unix(path, [](const Request&) { return Response{}; });
  ASSERT_TRUE(server) << server.error().message;
  (*server)->serve();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(fs::remove(path));
    const auto made = (*server)->listen_again();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(request_unix(path, "GET", "/x", "", 20s));
  }
  const auto twice = (*server)->listen_again();
  ASSERT_FALSE(twice) << "somebody answers there: we";
  EXPECT_EQ(twice.error().code, Errc::denied);
  EXPECT_TRUE(request_unix(path, "GET", "/x", "", 20s));
  server->reset();
  EXPECT_FALSE(fs::exists(path));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace aright::http
