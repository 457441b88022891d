// What an answer that is not as declared leaves behind, and what a restart knows of answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Replying final : public CallRunner {
 public:
  std::vector<std::string> keys;
  CallOutcome reply;
  CallOutcome look;
  Result<CallOutcome> run(const CallRequest& request, const MaySend& /*may_send*/) override {
    keys.push_back(request.key);
    return request.key.ends_with("-confirm") ? look : reply;
  }
};

CallOutcome reply_of(int status, const std::string& body) {
  CallOutcome outcome;
  outcome.status = status;
  outcome.answer = body;
  outcome.total = body.size();
  outcome.address = "192.0.2.1";
  return outcome;
}

Step ticket_by(const char* method, bool confirmed = false) {
  Step::Call call;
  call.message.method = method;
  call.message.url = "https://api.example.org/tickets";
  call.output = {{"id", {FieldType::integer, false}}};
  if (confirmed) {
    call.confirm = Step::CallConfirm{};
    call.confirm->message.url = "https://look.example.org/";
  }
  Step step{std::move(call)};
  step.name = "ticket";
  return step;
}

class CoreAnswersKept : public testing::Test {
 protected:
  void make(std::vector<Step> steps) {
    config_ = one_file();
    config_.workflows[0].steps = std::move(steps);
    rig = std::make_unique<Rig>(config_);
    caller.keys.clear();
    rig->calls = &caller;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
  }
  void restart() {
    rig->remembered.workflows = {config_.workflows[0]};
    rig->remember_plans(caller.reply.answer);
    rig->restart();
    rig->settle();
  }
  [[nodiscard]] Json q() const { return rig->driver.state("/q").at("content"); }
  Replying caller;
  Config config_;
  std::unique_ptr<Rig> rig;
};

/// Else it is posted again for the same finding, under another key.
TEST_F(CoreAnswersKept, AnAnswerThatIsNotAsDeclaredIsAPersonsQuestionUnlessItOnlyLooks) {
  caller.reply = reply_of(201, R"({"id": "seven"})");
  for (const char* method : {"POST", "DELETE"}) {
    make({ticket_by(method)});
    ASSERT_EQ(rig->count("run.unknown"), 1U) << method;
    EXPECT_EQ(rig->last("step.done").at("state"), "intended");
    EXPECT_THAT(rig->last("run.unknown").at("reason").get<std::string>(), HasSubstr("`id`"));
    rig->pass(1min);
    EXPECT_EQ(caller.keys.size(), 1U) << "not sent again by anybody";
  }
  make({ticket_by("GET")});
  EXPECT_EQ(rig->count("run.failed"), 1U);
  EXPECT_EQ(rig->count("run.unknown"), 0U);
}

TEST_F(CoreAnswersKept, WhatOnlyLooksIsAskedAgainWhereItsStepSaysSo) {
  CallOutcome lost = reply_of(200, "");
  lost.cut = CallCut::lost;
  for (const CallOutcome& bad : {lost, reply_of(502, ""), reply_of(200, R"({"id": "seven"})")}) {
    Step step = ticket_by("GET");
    step.retry = {1, 2s};
    caller.reply = bad;
    make({step});
    EXPECT_THAT(rig->last("step.done").at("outcome").get<std::string>(), HasSubstr("again in 2s"));
    EXPECT_EQ(rig->count("run.unknown"), 0U);
    caller.reply = reply_of(200, R"({"id": 7})");
    rig->pass(3s);
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
    EXPECT_EQ(caller.keys.size(), 2U);
  }
}

/// What it was answered was never taken for its output: a restart does not make it that.
TEST_F(CoreAnswersKept, WhatWasOnlyConfirmedHasNoOutputAfterARestartEither) {
  for (const bool restarts : {false, true}) {
    caller.reply = reply_of(502, R"({"id": 7})");
    caller.look = reply_of(200, "");
    make({ticket_by("POST", true), Step{.act = Step::Wait{1min}},
          Step{.act = Step::Branch{"steps.ticket.output.id > 5"}},
          Step{.act = own("/q", "then").act, .arm = Step::Arm{2, false}}, Step{}});
    ASSERT_EQ(rig->core->projection().runs().at(1).state, RunState::waiting);
    if (restarts) {
      restart();
    }
    rig->pass(61s);
    ASSERT_EQ(rig->count("run.held"), 1U) << restarts;
    EXPECT_THAT(rig->last("run.held").at("reason").get<std::string>(),
                HasSubstr("step `ticket` has no output to go by: confirmed, although: "));
    EXPECT_EQ(q(), "old");
  }
}

/// The reverse: one that ended as expected keeps its output over a restart, confirmed or not.
TEST_F(CoreAnswersKept, WhatEndedAsExpectedKeepsItsOutputOverARestart) {
  for (const bool confirmed : {false, true}) {
    caller.reply = reply_of(201, R"({"id": 7})");
    caller.look = reply_of(200, "");
    make({ticket_by("POST", confirmed), Step{.act = Step::Wait{1min}},
          Step{.act = Step::Branch{"steps.ticket.output.id > 5"}},
          Step{.act = own("/q", "then").act, .arm = Step::Arm{2, false}}, Step{}});
    restart();
    rig->pass(61s);
    EXPECT_EQ(q(), "then") << confirmed;
  }
}

}  // namespace
}  // namespace aright::engine::test
