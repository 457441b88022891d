// Calls in the core: as programs, announced before they are sent, judged by their answer, confirmed, and never sent
// again unseen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Caller final : public aright::CallRunner {
 public:
  std::vector<CallRequest> requests;
  std::function<Result<CallOutcome>(const CallRequest&)> answer;
  std::function<void()> connects;
  Result<CallOutcome> run(const CallRequest& request, const MaySend& may_send) override {
    if (connects) connects();
    if (!may_send()) return fail(Errc::paused, "it may not be sent any more", Retry::yes);
    requests.push_back(request);
    return answer(request);
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> keys;
    for (const CallRequest& request : requests) keys.push_back(request.key);
    return keys;
  }
};

CallOutcome status(int code, const std::string& body = {}) {
  CallOutcome outcome;
  outcome.status = code;
  outcome.answer = body;
  outcome.total = body.size();
  outcome.address = "192.0.2.1";
  return outcome;
}

CallOutcome cut(CallCut how, int code = 0) {
  CallOutcome outcome = status(code);
  outcome.cut = how;
  outcome.trouble = "reset by peer";
  return outcome;
}

Step calls(bool confirmed) {
  Step::Call call;
  call.message.method = "POST";
  call.message.url = "https://api.example.org/blocks/${ finding.subject.id }";
  call.message.kind = Step::Message::Body::json;
  call.message.json = {{"who", "${ control.name }"}, {"token", nullptr}};
  call.message.json_secrets["/token"] = {"", "blocker"};
  call.message.headers["Authorization"] = {"Bearer ", "blocker"};
  if (confirmed) {
    call.confirm = Step::CallConfirm{};
    call.confirm->message.url = "https://look.example.org/${ run.key }";
    call.confirm->message.expect.answer = "answer.json.there";
  }
  return {std::move(call)};
}

const CallOutcome there = status(200, R"({"there": true})");

class CoreCall : public testing::Test {
 protected:
  void make(std::vector<Step> steps) {
    Config config = one_file();
    config.workflows[0].steps = std::move(steps);
    rig = std::make_unique<Rig>(std::move(config));
    caller.requests.clear();
    rig->calls = &caller;
    rig->start();
    rig->settle();
  }
  void breaks(bool effects = true) {
    rig->changes("/a", "bad");
    rig->settle(effects);
  }
  void answers(Result<CallOutcome> call, Result<CallOutcome> look = there) {
    caller.answer = [call, look](const CallRequest& request) {
      return request.key.ends_with("-confirm") ? look : call;
    };
  }
  void restart() {
    const auto& run = rig->core->projection().runs().begin()->second;
    std::vector<Plan> plans;
    for (const RunStep& step : run.steps) {
      Plan plan;
      plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
      plans.push_back(std::move(plan));
    }
    rig->remembered.plans[run.id] = std::move(plans);
    rig->restart();
    rig->settle();
  }
  Caller caller;
  std::unique_ptr<Rig> rig;
};

TEST_F(CoreCall, IsAnnouncedWordByWordAndSecretsStayNames) {
  make({calls(false)});
  answers(status(201));
  breaks(false);
  ASSERT_EQ(rig->count("step.intended"), 1U);
  EXPECT_TRUE(caller.requests.empty());
  const Json intended = rig->last("step.intended");
  EXPECT_EQ(intended.at("method"), "POST");
  EXPECT_EQ(intended.at("url"), "https://api.example.org/blocks/%2Fa");
  EXPECT_EQ(intended.at("resource"), "call:https://api.example.org");
  EXPECT_EQ(intended.at("key"), "r1-0");
  EXPECT_EQ(intended.at("time_limit_ms"), 30'000);
  rig->settle();
  ASSERT_THAT(caller.sent(), ElementsAre("r1-0"));
  EXPECT_EQ(caller.requests[0].body, R"({"token":null,"who":"a"})");
  EXPECT_EQ(caller.requests[0].body_secrets.at("/token").secret, "blocker");
  EXPECT_EQ(rig->last("run.succeeded").at("unverified"), 1);
  EXPECT_EQ(rig->last("step.done").at("ran").at("status"), 201);
  EXPECT_THAT(rig->last("step.planned").dump(), HasSubstr("Bearer ‹secret blocker›"));
}

TEST_F(CoreCall, ConfirmDecidesWhateverTheServerSaid) {
  struct Case {
    Result<CallOutcome> call;
    Result<CallOutcome> look;
    const char* end;
  };
  const CallOutcome gone = status(404);
  const std::vector<Case> cases{{status(200), there, "run.succeeded"},
                                {status(200), gone, "run.failed"},
                                {status(200), status(200, R"({"there": false})"), "run.unknown"},
                                {status(200), status(500), "run.unknown"},
                                {status(200), fail(Errc::unavailable, "no connection"), "run.unknown"},
                                {status(422), there, "run.succeeded"},
                                {status(422), gone, "run.failed"},
                                {cut(CallCut::lost), there, "run.succeeded"},
                                {cut(CallCut::lost), gone, "run.failed"},
                                {cut(CallCut::time_limit), cut(CallCut::time_limit), "run.unknown"},
                                {status(504), gone, "run.failed"}};
  for (const Case& c : cases) {
    make({calls(true)});
    answers(c.call, c.look);
    breaks();
    EXPECT_EQ(rig->count(c.end), 1U) << c.end << rig->last("step.done").dump();
    EXPECT_EQ(rig->count("step.confirming"), 1U);
    EXPECT_EQ(rig->last("step.confirming").at("resource"), "call:https://look.example.org");
    EXPECT_THAT(caller.sent(), ElementsAre("r1-0", "r1-0-confirm"));
    EXPECT_FALSE(rig->last(c.end).contains("unverified"));
  }
}

TEST_F(CoreCall, WithoutConfirmOnlyACleanAnswerIsKnown) {
  struct Case {
    Result<CallOutcome> call;
    const char* end;
    const char* said;
  };
  const std::vector<Case> cases{
      {status(422, "no such place"), "run.failed", "status 422, expected 200 to 299; it says \"no such place\""},
      {status(302), "run.failed", "redirects are not followed"},
      {status(502), "run.unknown", "status 502"},
      {cut(CallCut::lost), "run.unknown", "no answer, and the connection was lost: reset by peer"},
      {cut(CallCut::lost, 200), "run.unknown", "status 200, 0 bytes, and the connection was lost"},
      {cut(CallCut::time_limit), "run.unknown", "its time was over"},
      {cut(CallCut::stopped), "run.unknown", "we were stopped"},
      {cut(CallCut::too_long, 200), "run.unknown", "did not end"},
      {fail(Errc::denied, "is no destination"), "run.failed", "is no destination"},
      {fail(Errc::unavailable, "no connection"), "run.failed", "no connection"}};
  for (const Case& c : cases) {
    make({calls(false)});
    answers(c.call);
    breaks();
    ASSERT_EQ(rig->count(c.end), 1U) << c.said;
    EXPECT_THAT(rig->last(c.end).at("reason").get<std::string>(), HasSubstr(c.said));
    EXPECT_EQ(caller.requests.size(), 1U);
  }
}

/// Else the same finding is answered again, and what was done is done twice.
TEST_F(CoreCall, AnAnswerByWhichNobodyCanTellIsAPersonsQuestionUnlessItOnlyLooks) {
  for (const char* method : {"POST", "GET"}) {
    for (const CallOutcome& answer :
         {status(204), status(200, "<html>"), status(200, R"({"state":1,"state":1})"), status(200, R"({"n":1})")}) {
      Step step;
      Step::Call call;
      call.message.method = method;
      call.message.url = "https://api.example.org/blocks";
      call.message.expect.answer = "answer.json.state == 1";
      step.act = call;
      make({step});
      answers(answer);
      breaks();
      const bool safe = std::string(method) == "GET";
      ASSERT_EQ(rig->count(safe ? "run.failed" : "run.unknown"), 1U) << method << answer.answer;
      EXPECT_EQ(rig->last("step.done").at("state"), safe ? "failed" : "intended");
      const Json end = rig->last(safe ? "run.failed" : "run.unknown");
      EXPECT_THAT(end.at("reason").get<std::string>(), HasSubstr("but whether `answer` holds cannot be told"));
      rig->pass(std::chrono::minutes{1});
      if (!safe) {
        EXPECT_EQ(caller.requests.size(), 1U) << "not sent again by anybody";
      }
    }
  }
}

TEST_F(CoreCall, AnAnswerThatSaysNoIsAFailure) {
  Step step = calls(false);
  std::get<Step::Call>(step.act).message.expect.answer = "answer.json.state == 1";
  make({step});
  answers(status(200, R"({"state": 2})"));
  breaks();
  ASSERT_EQ(rig->count("run.failed"), 1U);
  EXPECT_EQ(rig->last("step.done").at("state"), "failed");
}

TEST_F(CoreCall, WhatWasNeverSentIsTriedAgainUnderTheSameKeyAlsoWithoutConfirm) {
  Step step = calls(false);
  step.retry = {2, std::chrono::seconds{2}};
  make({step});
  answers(fail(Errc::unavailable, "no connection"));
  breaks();
  EXPECT_THAT(rig->last("step.done").at("outcome").get<std::string>(), HasSubstr("again in 2s"));
  answers(status(200));
  rig->pass(std::chrono::seconds{3});
  EXPECT_THAT(caller.sent(), ElementsAre("r1-0", "r1-0"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);

  make({step});
  answers(status(422));  // it was sent, and nobody looks: never again
  breaks();
  rig->pass(std::chrono::seconds{5});
  EXPECT_EQ(caller.requests.size(), 1U);
  EXPECT_EQ(rig->count("run.failed"), 1U);
}

TEST_F(CoreCall, WhatIsCertainlyNotThereIsTriedAgain) {
  Step step = calls(true);
  step.retry = {1, std::chrono::seconds{2}};
  make({step});
  answers(cut(CallCut::lost), status(404));
  breaks();
  answers(status(200));
  rig->pass(std::chrono::seconds{3});
  EXPECT_THAT(caller.sent(), ElementsAre("r1-0", "r1-0-confirm", "r1-0", "r1-0-confirm"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreCall, AfterADeathOnlyConfirmLetsItBeSentAgain) {
  make({calls(false)});
  answers(status(200));
  breaks(false);  // announced; whether it was sent, nobody knows
  restart();
  EXPECT_EQ(rig->count("run.unknown"), 1U);
  EXPECT_THAT(rig->last("run.unknown").at("reason").get<std::string>(), HasSubstr("interrupted"));
  EXPECT_TRUE(caller.requests.empty());

  struct Case {
    CallOutcome look;
    bool again;
    const char* end;
  };
  for (const Case& c :
       {Case{there, false, "run.succeeded"}, {status(404), true, "run.failed"}, {status(500), false, "run.unknown"}}) {
    make({calls(true)});
    answers(status(200), c.look);
    breaks(false);
    restart();
    EXPECT_EQ(rig->count(c.end), 1U) << c.end;
    EXPECT_EQ(caller.sent().front(), "r1-0-confirm") << "looks first";
    EXPECT_EQ(std::ranges::count(caller.sent(), "r1-0"), c.again ? 1 : 0) << c.end;
    EXPECT_EQ(rig->count("step.intended"), c.again ? 2U : 1U) << "announced anew";
  }
}

TEST_F(CoreCall, APauseBeforeItIsSentTakesTheIntentionBack) {
  make({calls(true)});
  answers(status(200));
  breaks(false);
  rig->gate.close(Gate::operator_);
  EXPECT_TRUE(rig->ask(Pause{"wait"}));
  rig->settle();
  EXPECT_TRUE(caller.requests.empty());
  rig->gate.open(Gate::operator_);
  EXPECT_TRUE(rig->ask(Resume{"go"}));
  rig->settle();
  EXPECT_THAT(caller.sent(), ElementsAre("r1-0", "r1-0-confirm"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreCall, APauseWhileItConnectsKeepsItFromBeingSent) {
  make({calls(true)});
  answers(status(200));
  caller.connects = [&] { rig->gate.close(PauseScope::workflow("fix")); };
  breaks();
  EXPECT_TRUE(rig->ask(Pause{"wait", PauseScope::workflow("fix")}));
  rig->pass(std::chrono::seconds{1});
  EXPECT_TRUE(caller.requests.empty());
  EXPECT_EQ(rig->core->projection().runs().at(1).state, RunState::waiting);
  caller.connects = nullptr;
  rig->gate.close_only({});
  EXPECT_TRUE(rig->ask(Resume{"go"}));
  rig->settle();
  EXPECT_THAT(caller.sent(), ElementsAre("r1-0", "r1-0-confirm"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreCall, ALaterFailureTellsThatACallStays) {
  make({calls(false), own("/q", "new")});
  answers(status(200));
  rig->driver.on_apply = [](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
    return fail(Errc::denied, "not allowed");
  };
  breaks();
  ASSERT_EQ(rig->count("run.rollback_failed"), 1U);
  EXPECT_THAT(rig->last("run.rollback_failed").at("reason").get<std::string>(),
              HasSubstr("call:https://api.example.org: what a call did is not undone by itself"));
}

TEST_F(CoreCall, WhatOnlyLookedLeavesNothingToTakeBack) {
  for (const char* method : {"GET", "HEAD", "DELETE"}) {
    Step step = calls(false);
    auto& message = std::get<Step::Call>(step.act).message;
    message.method = method;
    message.kind = Step::Message::Body::none;
    make({step, own("/q", "new")});
    answers(status(200));
    rig->driver.on_apply = [](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
      return fail(Errc::denied, "not allowed");
    };
    breaks();
    EXPECT_EQ(rig->count("run.rolled_back"), is_safe(method) ? 1U : 0U) << method;
    EXPECT_EQ(rig->count("run.rollback_failed"), is_safe(method) ? 0U : 1U) << method;
  }
}

TEST_F(CoreCall, WhatIsKeptBackIsInNoEntry) {
  Step step = calls(true);
  auto& call = std::get<Step::Call>(step.act);
  call.sensitive = true;
  call.message.url = "https://api.example.org/geheim";
  make({step});
  answers(status(422, "geheim"), status(500, "geheim"));
  breaks();
  EXPECT_EQ(rig->count("run.unknown"), 1U);
  for (const std::string& entry : rig->bytes) EXPECT_THAT(entry, testing::Not(HasSubstr("geheim")));
  EXPECT_EQ(rig->last("step.intended").at("url_omitted"), true);
}

/// What it was answered is known to nobody, and the daemon has lived all the time.
TEST_F(CoreCall, WhatWasConfirmedAfterALostAnswerHasNoOutput) {
  Step call = calls(true);
  call.name = "block";
  std::get<Step::Call>(call.act).output = {{"id", {FieldType::integer, false}}};
  make({std::move(call), Step{.act = Step::Branch{"steps.block.output.id > 5"}},
        Step{.act = own("/q", "then").act, .arm = Step::Arm{1, false}}, Step{}});
  answers(cut(CallCut::lost));
  breaks();
  ASSERT_EQ(rig->count("run.held"), 1U);
  EXPECT_THAT(rig->last("run.held").at("reason").get<std::string>(),
              AllOf(HasSubstr("; step `block` has no output to go by: confirmed, although: https://api.example.org: no "
                              "answer, and the connection was lost"),
                    testing::Not(HasSubstr("daemon"))));
}

}  // namespace
}  // namespace aright::engine::test
