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
