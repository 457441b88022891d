// Programs that get secrets: in their environment and on standard input, and never in what is recorded of them.
#include <nlohmann/json.hpp>

#include "driver/exec_runner_fixture.h"

namespace aright::driver {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExecSecrets : public ExecRunnerTest {
 protected:
  void SetUp() override {
    ExecRunnerTest::SetUp();
    for (const auto& [name, value] : {std::pair{"token", "s3cret token"}, {"other", "another-secret"}}) {
      std::ofstream(at(name)) << value << "\n";
      ASSERT_EQ(chmod(at(name).c_str(), 0600), 0);
      sources_[name] = {SecretSource::Kind::file, at(name)};
    }
    keeper_ = std::make_unique<SecretKeeper>(sources_);
    runner_.reset();
    runner_ = std::move(*ExecRunner::create({}, keeper_.get()));
  }
  void TearDown() override {
    runner_.reset();
    ExecRunnerTest::TearDown();
  }
  SecretSources sources_;
  std::unique_ptr<SecretKeeper> keeper_;
};

TEST_F(ExecSecrets, TheProgramGetsThemAndWhatItSaysOfThemIsMasked) {
  ProgramRequest request;
  request.key = "r1-0";
  request.arguments = {python("p",
                              "import json, os, sys\n"
                              "told = json.load(sys.stdin)\n"
                              "assert os.environ['TOKEN'] == 'Bearer s3cret token'\n"
                              "assert told['secrets'] == {'other': 'another-secret'} and told['n'] == 1\n"
                              "print('I was told', os.environ['TOKEN'], json.dumps(told))\n"
                              "print(told['secrets']['other'], file=sys.stderr)\n"
                              "assert 's3cret' not in open('/proc/self/cmdline').read()\n")};
  request.secret_environment["TOKEN"] = {"Bearer ", "token"};
  request.input_secrets = {"other"};
  request.input = R"({"n":1})";
  const auto outcome = runner_->run(request);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->number, 0) << outcome->errors.kept;
  EXPECT_THAT(outcome->output.kept, HasSubstr("I was told Bearer ‹secret token›"));
  EXPECT_EQ(outcome->errors.kept, "‹secret other›\n");
  EXPECT_THAT(outcome->output.kept, Not(HasSubstr("another-secret")));
}

TEST_F(ExecSecrets, OneThatIsReplacedMeanwhileIsMaskedLikeTheNewOne) {
  ProgramRequest request;
  request.key = "r1-0";
  request.arguments = {script("p", "umask 077; echo new-s3cret-token > " + at("next") + "; mv " + at("next") + " " +
                                       at("token") + "; echo old $TOKEN; cat " + at("token") + "; echo $TOKEN >&2")};
  request.secret_environment["TOKEN"] = {"", "token"};
  const auto outcome = runner_->run(request);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output.kept, "old ‹secret token›\n‹secret token›\n");
  EXPECT_EQ(outcome->errors.kept, "‹secret token›\n");
}

TEST_F(ExecSecrets, OneThatCannotBeReadAnyMoreIsMasked) {
  ProgramRequest request;
  request.key = "r1-0";
  request.arguments = {python("p", "import json, os, sys\nos.remove('" + at("token") +
                                       "')\nprint(json.load(sys.stdin)['secrets']['token'])\n")};
  request.input_secrets = {"token"};
  auto outcome = runner_->run(request);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output.kept, "‹secret token›\n");
  // Nor does the one that looks, or that of a later step, show what it has from there.
  request.arguments = {"/usr/bin/echo", "still s3cret token"};
  request.input_secrets.clear();
  outcome = runner_->run(request);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output.kept, "still ‹secret token›\n");
}

TEST_F(ExecSecrets, WhatWasHandedOverIsMaskedForAWhileAndThenForgotten) {
  auto now = SecretKeeper::Clock::time_point{};
  SecretKeeper keeper(sources_, [&] { return now; });
  const auto hand_over = [&](const std::string& value) {
    std::ofstream(at("token")) << value;
    Redactor handed;
    EXPECT_TRUE(keeper.get("token", handed));
  };
  const auto shown = [&](const std::string& text) { return keeper.redactor({}).redacted(text, false); };
  for (int n = 0; n < 10; ++n) hand_over("the-token-" + std::to_string(n));
  std::filesystem::remove(at("token"));
  EXPECT_EQ(shown("the-token-1"), "the-token-1")
      << "of more than " << SecretKeeper::masked_max << " the oldest are not kept";
  EXPECT_EQ(shown("the-token-2 the-token-9"), "‹secret token› ‹secret token›");
  now += SecretKeeper::masked_for;
  EXPECT_EQ(shown("the-token-2"), "‹secret token›");
  now += std::chrono::seconds{1};
  EXPECT_EQ(shown("the-token-9"), "the-token-9");
}

TEST_F(ExecSecrets, WithoutItsSecretNothingIsStarted) {
  ProgramRequest request;
  request.key = "r1-0";
  request.arguments = {script("p", "touch " + at("ran"))};
  request.secret_environment["TOKEN"] = {"", "none"};
  const auto outcome = runner_->run(request);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "secret none: there is none of that name");
  EXPECT_FALSE(std::filesystem::exists(at("ran")));
}

TEST_F(ExecSecrets, ASecretKeepsTheRulesOfTheEnvironment) {
  ProgramRequest request;
  request.key = "r1-0";
  request.arguments = {script("p", "true")};
  request.secret_environment["LD_PRELOAD"] = {"", "token"};
  const auto outcome = runner_->run(request);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("may not be set"));
  EXPECT_THAT(outcome.error().message, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace aright::driver
