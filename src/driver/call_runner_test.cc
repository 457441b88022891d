// Calls with secrets and keys, against a real server on loopback.
#include "driver/call/call_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "http/answering_server_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;
using http::answer_text;
using http::AnsweringServer;
using testing::HasSubstr;
using testing::Not;

class Calling : public testing::Test {
 protected:
  Calling() {
    std::signal(SIGPIPE, SIG_IGN);
    std::string form = (fs::temp_directory_path() / "aright-call-XXXXXX").string();
    dir_ = mkdtemp(form.data());
  }
  ~Calling() override { fs::remove_all(dir_); }

  /// Echoes what it was asked, as servers do in errors.
  void serve(int status = 200, std::function<void()> first = [] {}) {
    server_ = std::make_unique<AnsweringServer>(
        [status, first = std::move(first)](const AnsweringServer::Line& line, const std::string& request) {
          first();
          line.send(answer_text(status, request));
        });
    runner_ = std::move(*CallRunner::create("0123abcd", destinations(), secrets_));
  }
  [[nodiscard]] http::Destinations destinations() const {
    return {{.host = {},
             .network = parse_cidr("127.0.0.1/32").value(),
             .ports = {server_->port()},
             .networks = {},
             .plain = false,
             .ca_file = {}}};
  }
  void secret(const std::string& name, const std::string& value) {
    const std::string path = (dir_ / name).string();
    std::ofstream(path) << value << "\n";
    ASSERT_EQ(chmod(path.c_str(), 0600), 0);
    sources_[name] = {SecretSource::Kind::file, path};
    secrets_.change(sources_);
  }
  Result<CallOutcome> run(const CallRequest& request) {
    return runner_->run(request, [] { return true; });
  }
  [[nodiscard]] CallRequest posting() const {
    CallRequest request;
    request.key = "r12-0";
    request.method = "POST";
    request.url = server_->url() + "/x";
    return request;
  }

  fs::path dir_;
  SecretSources sources_;
  SecretKeeper secrets_{{}};
  std::unique_ptr<AnsweringServer> server_;
  std::unique_ptr<CallRunner> runner_;
};

TEST_F(Calling, TheServerIsToldByWhomUnlessTheWorkflowSaysItself) {
  serve();
  CallRequest request = posting();
  request.cause = "aright:r12.0123456789abcdef";
  ASSERT_TRUE(run(request));
  request.headers = {{"user-agent", {"mine", {}}}};
  ASSERT_TRUE(run(request));
  EXPECT_THAT(server_->requests().at(0),
              HasSubstr("\r\nUser-Agent: aright/" ARIGHT_VERSION " (aright:r12.0123456789abcdef)\r\n"));
  EXPECT_THAT(server_->requests().at(1), HasSubstr("\r\nuser-agent: mine\r\n"));
  EXPECT_THAT(server_->requests().at(1), Not(HasSubstr("aright:r12")));
}

TEST_F(Calling, TheKeyNamesNodeRunAndStep) {
  serve();
  ASSERT_TRUE(run(posting()));
  CallRequest look = posting();
  look.method = "GET";
  ASSERT_TRUE(run(look));
  EXPECT_THAT(server_->requests().at(0), HasSubstr("\r\nIdempotency-Key: 0123abcd-r12-0\r\n"));
  EXPECT_THAT(server_->requests().at(1), Not(HasSubstr("Idempotency-Key")));
}

TEST_F(Calling, SecretsAreOnTheWireAndNowhereElse) {
  secret("token", "s3cret/token+\"1\"");
  secret("key", "another-secret");
  serve(422);
  CallRequest request = posting();
  request.headers = {{"Authorization", {"Bearer ", "token"}}, {"X-Plain", {"a", {}}}};
  request.body = R"({"auth":{"k~y/s":null},"n":1})";
  request.body_secrets["/auth/k~0y~1s"] = {"prefix-", "key"};
  const auto outcome = run(request);
  ASSERT_TRUE(outcome) << outcome.error().message;
  const std::string sent = server_->requests().at(0);
  EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Bearer s3cret/token+\"1\"\r\n"));
  EXPECT_EQ(Json::parse(sent.substr(sent.find("\r\n\r\n") + 4)),
            (Json{{"auth", {{"k~y/s", "prefix-another-secret"}}}, {"n", 1}}));
  EXPECT_EQ(outcome->status, 422);
  EXPECT_THAT(outcome->answer, HasSubstr("Bearer ‹secret token›"));
  EXPECT_THAT(outcome->answer, HasSubstr("prefix-‹secret key›"));
  EXPECT_THAT(outcome->answer, Not(HasSubstr("another-secret")));
}

TEST_F(Calling, AChangedSecretCountsAtOnce) {
  secret("token", "the-first-one");
  serve();
  CallRequest request = posting();
  request.headers = {{"X-Token", {"", "token"}}};
  ASSERT_TRUE(run(request));
  secret("token", "the-second-one");
  ASSERT_TRUE(run(request));
  EXPECT_THAT(server_->requests().at(0), HasSubstr("X-Token: the-first-one"));
  EXPECT_THAT(server_->requests().at(1), HasSubstr("X-Token: the-second-one"));
}

TEST_F(Calling, ASecretThatIsReplacedOrGoneWhenTheAnswerComesIsMasked) {
  for (const bool replaced : {true, false}) {
    secret("token", "the-first-one");
    serve(200, [&] {
      if (!replaced) fs::remove(dir_ / "token");
      if (replaced) secret("token", "the-second-one");
    });
    CallRequest request = posting();
    request.headers = {{"X-Token", {"", "token"}}, {"X-Next", {"the-second-one", {}}}};
    const auto outcome = run(request);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_THAT(server_->requests().at(0), HasSubstr("X-Token: the-first-one"));
    EXPECT_THAT(outcome->answer, HasSubstr("X-Token: ‹secret token›"));
    EXPECT_THAT(outcome->answer, HasSubstr(replaced ? "X-Next: ‹secret token›" : "X-Next: the-second-one"));
  }
}

TEST_F(Calling, WithoutItsSecretNothingIsSent) {
  secret("token", "s3cret-token");
  serve();
  CallRequest request = posting();
  request.headers = {{"X-Token", {"", "other"}}};
  EXPECT_EQ(run(request).error().message, "secret other: there is none of that name");
  request.headers = {{"X-Token", {"", "token"}}};
  ASSERT_EQ(chmod((dir_ / "token").c_str(), 0644), 0);
  const auto refused = run(request);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("secret token: "));
  EXPECT_THAT(refused.error().message, HasSubstr("set mode 0600"));
  secret("lines", "two\nlines-of-it");
  request.headers = {{"X-Token", {"", "lines"}}};
  const auto lines = run(request);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, Errc::invalid);
  EXPECT_THAT(lines.error().message, Not(HasSubstr("lines-of-it")));
  EXPECT_EQ(server_->connections(), 0);
}

TEST_F(Calling, OtherDestinationsCountForTheNextRequest) {
  serve();
  ASSERT_TRUE(run(posting()));
  runner_->change({});
  EXPECT_EQ(run(posting()).error().code, Errc::denied);
  runner_->change(destinations());
  EXPECT_TRUE(run(posting()));
}

TEST_F(Calling, WhatIsNoUrlIsNeverSent) {
  serve();
  CallRequest request = posting();
  request.url = server_->url() + "/a/../b";
  EXPECT_EQ(run(request).error().code, Errc::invalid);
  EXPECT_EQ(server_->connections(), 0);
}

}  // namespace
}  // namespace aright::driver
