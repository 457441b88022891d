#include "workflow/call_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "workflow/filled_texts.h"

namespace aright::workflow {
namespace {

using testing::HasSubstr;
using Body = Step::Message::Body;

ErrandContext call_context(const std::string& subject = "/etc/motd") {
  ErrandContext context;
  context.finding = {{"id", "f1"}, {"subject", {{"driver", "file"}, {"id", subject}}}, {"episode", 2}};
  context.control = {{"name", "motd"}, {"tags", {"a", "b"}}};
  context.run = {{"id", 12}, {"workflow", "w"}, {"key", "r12-0"}};
  context.subject = {"file", subject};
  return context;
}

Step::Call posting(const std::string& url) {
  Step::Call call;
  call.message.method = "POST";
  call.message.url = url;
  return call;
}

TEST(CallPlan, ValuesNeverBecomeStructureOfTheUrl) {
  const auto plan =
      plan_call(posting("https://a.example/x/${ finding.subject.id }?q=${ finding.subject.id }&n=${ run.id }"),
                call_context("a/b?c&d=e#f%20 \xc3\xa4@:\\"));
  ASSERT_TRUE(plan) << plan.error().message;
  const std::string value = "a%2Fb%3Fc%26d%3De%23f%2520%20%C3%A4%40%3A%5C";
  EXPECT_EQ(plan->request.url, "https://a.example/x/" + value + "?q=" + value + "&n=12");
}

RC_GTEST_PROP(CallPlanProperty, WhateverIsFilledInStaysBetweenItsSlashes, (const std::string& any)) {
  ErrandContext context = call_context();
  context.subject.id = clip_text(any, 1000);
  context.finding["subject"]["id"] = context.subject.id;
  const auto plan = plan_call(posting("https://a.example/x/${ finding.subject.id }/y?z=1"), context);
  RC_ASSERT(plan.has_value());
  const std::string& url = plan->request.url;
  RC_ASSERT(url.starts_with("https://a.example/x/") && url.ends_with("/y?z=1"));
  const std::string filled = url.substr(20, url.size() - 26);
  RC_ASSERT(filled.find_first_of("/?#&= \\@:") == std::string::npos);
}

TEST(CallPlan, ABodyHoldsTheDeepestEventAndIsReadAgain) {
  const auto nested = [](std::size_t levels) {
    Json value = 1;
    for (std::size_t i = 0; i < levels; ++i) value = Json::array({value});
    return value;
  };
  ErrandContext context = call_context();
  context.each = nested(json_depth_max);
  Step::Call call = posting("https://a.example/");
  call.message.kind = Body::json;
  call.message.json = {{"a", Json::array({"${ each }"})}};
  const auto plan = plan_call(call, context);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(Json::parse(plan->request.body), (Json{{"a", Json::array({nested(json_depth_max)})}}));
  context.each = nested(own_json_depth_max);  // no event, but what an expression may make of several
  const auto deeper = plan_call(call, context);
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().message,
            "the body of https://a.example: not accepted as JSON: nested deeper than 128 levels");
}

TEST(CallPlan, JsonKeepsTypesAndSecretsStayNames) {
  Step::Call call = posting("https://a.example/");
  call.message.kind = Body::json;
  call.message.json = {{"id", "${ run.id }"},
                       {"tags", "${ control.tags }"},
                       {"text", "run ${ run.id } \"of\" ${ finding.subject.id }"},
                       {"fixed", 1.5},
                       {"list", {true, nullptr, "${ finding.episode }"}},
                       {"token", nullptr}};
  call.message.json_secrets["/token"] = {"", "t"};
  call.message.headers["Authorization"] = {"Bearer ", "t"};
  const auto plan = plan_call(call, call_context());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(Json::parse(plan->request.body), (Json{{"id", 12},
                                                   {"tags", {"a", "b"}},
                                                   {"text", "run 12 \"of\" /etc/motd"},
                                                   {"fixed", 1.5},
                                                   {"list", {true, nullptr, 2}},
                                                   {"token", nullptr}}));
  const auto again = CallPlan::from_json(plan->to_json(), "r12-0");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->request.key, "r12-0");
  EXPECT_EQ(again->to_json(), plan->to_json());
  EXPECT_EQ(again->request.headers.at("Authorization").masked(), "Bearer ‹secret t›");
}

TEST(CallPlan, FormsTextsAndTheWholeInput) {
  Step::Call call = posting("https://a.example/");
  call.message.kind = Body::form;
  call.message.form = {{"a b", "x&${ finding.subject.id }=1"}, {"n", "${ run.id }"}};
  EXPECT_EQ(plan_call(call, call_context())->request.body, "a%20b=x%26%2Fetc%2Fmotd%3D1&n=12");
  call.message.kind = Body::text;
  call.message.body = "${ finding.subject.id }";
  EXPECT_EQ(plan_call(call, call_context())->request.body, "/etc/motd");
  call.message.kind = Body::input;
  EXPECT_EQ(Json::parse(plan_call(call, call_context())->request.body).at("subject").at("id"), "/etc/motd");
}

TEST(CallPlan, WhatAnOutsiderWroteIsOnlyInTheInput) {
  ErrandContext context = call_context();
  context.event.emplace();
  context.event->source = "web:1";
  context.event->data = {{"user", "mallory"}, {"ip", "192.0.2.9"}};
  context.event->outsider = {{"user", FieldType::text}, {"ip", FieldType::address}};
  Step::Call call = posting("https://a.example/${ event.ip }");
  EXPECT_EQ(plan_call(call, context)->request.url, "https://a.example/192.0.2.9");
  for (const auto& change : std::vector<std::function<void(Step::Message&)>>{
           [](auto& m) { m.url = "https://a.example/${ event.user }"; },
           [](auto& m) { m.headers["X"] = {"${ event.user }", {}}; },
           [](auto& m) { m.kind = Body::json, m.json = {{"u", "${ event.user }"}}; },
           [](auto& m) { m.kind = Body::form, m.form = {{"u", "${ event.user }"}}; }}) {
    Step::Call other = posting("https://a.example/");
    change(other.message);
    const auto plan = plan_call(other, context);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, Errc::denied);
    EXPECT_THAT(plan.error().message,
                HasSubstr("`user` was written by an outsider; name it in `trusted:` of source web, "
                          "or send all of it with `input: true`"));
  }
  call.message.kind = Body::input;
  EXPECT_THAT(plan_call(call, context)->request.body, HasSubstr("mallory"));
}

TEST(CallPlan, AHeaderIsOneLine) {
  Step::Call call = posting("https://a.example/");
  call.message.headers["X-Subject"] = {"${ finding.subject.id }", {}};
  EXPECT_EQ(plan_call(call, call_context("a\r\nX-Evil: 1")).error().message,
            "header X-Subject: its value has a control character");
}

TEST(CallPlan, TheSubjectIsReadOnlyWhereItIsNamed) {
  Step::Call call = posting("https://a.example/${ resource.mode }");
  EXPECT_TRUE(names_resource(call));
  call = posting("https://a.example/");
  EXPECT_FALSE(names_resource(call));
  call.message.json = {{"a", {{"b", {"x", "${ resource.mode }"}}}}};
  EXPECT_TRUE(names_resource(call));
}

TEST(CallPlan, AlsoInTheRequestThatConfirms) {
  Step::Call call = posting("https://a.example/");
  call.confirm.emplace();
  call.confirm->message.url = "https://a.example/of/${ finding.subject.id }";
  const auto plan = plan_call(call, call_context("2001:db8::1"));
  EXPECT_THAT(filled_texts(call, *plan), testing::ElementsAre("/of/2001:db8::1"));
}

TEST(CallPlan, WhatWasFilledInIsKnownBeforeItWasEncoded) {
  Step::Call call = posting("https://127.0.0.1/x/${ finding.subject.id }?fixed=10.0.0.1");
  call.message.kind = Body::json;
  call.message.json = {{"fixed", "10.0.0.2"}, {"list", {"no", "for ${ finding.subject.id }"}}, {"n", "${ run.id }"}};
  call.message.headers["X"] = {"${ finding.subject.id }", {}};
  const auto plan = plan_call(call, call_context("2001:db8::1"));
  EXPECT_THAT(filled_texts(call, *plan),
              testing::UnorderedElementsAre("/x/2001:db8::1?fixed=10.0.0.1", "2001:db8::1", "for 2001:db8::1", "12"));
}

Verdict judged(const CallExpect& expect, const CallOutcome& outcome, const char* method = "POST") {
  CallPlan plan;
  plan.request.method = method;
  plan.request.url = "https://a.example/x";
  plan.expect = expect;
  return judge_call(plan, false, false, outcome);
}

TEST(CallVerdict, StatusAndAnswer) {
  CallOutcome ok;
  ok.status = 200;
  ok.answer = R"({"state": "on", "n": 3})";
  ok.total = ok.answer.size();
  const CallExpect on{.status = {{200, 201}, {404, 404}},
                      .answer = "answer.json.state == 'on' && answer.status == 200"};
  EXPECT_EQ(judged(on, ok).came, Came::done);
  CallOutcome off = ok;
  off.answer = R"({"state": "off"})";
  EXPECT_EQ(judged(on, off).came, Came::otherwise);
  EXPECT_THAT(judged(on, off).told, HasSubstr("`answer` does not hold"));
  CallOutcome html = ok;
  html.answer = "<html>";
  EXPECT_EQ(judged(on, html).came, Came::unclear) << "what it did is not known";
  EXPECT_THAT(judged(on, html).told, HasSubstr("cannot be told"));
  EXPECT_EQ(judged({.status = {{200, 200}}, .answer = "answer.text.contains('html')"}, html).came, Came::done);
  html.clipped = true;
  html.total = 100'000;
  EXPECT_EQ(judged(on, html).came, Came::unclear) << "what was not kept may say it";
  CallOutcome other = ok;
  other.status = 202;
  EXPECT_EQ(judged(on, other).told,
            "https://a.example: status 202, expected 200 to 201 or 404; it says \"{\"state\": \"on\", \"n\": 3}\"");
}

TEST(CallVerdict, WhatCannotBeToldMayHaveBeenDoneUnlessItOnlyLooks) {
  const CallExpect blocked{.status = {{200, 204}}, .answer = "answer.json.state == \"blocked\""};
  for (const auto& [method, came] : {std::pair{"POST", Came::unclear},
                                     {"PUT", Came::unclear},
                                     {"PATCH", Came::unclear},
                                     {"DELETE", Came::unclear},
                                     {"GET", Came::otherwise},
                                     {"HEAD", Came::otherwise}}) {
    CallOutcome outcome;
    outcome.status = 200;
    for (const char* body : {"", "<html>", R"({"state":"on","state":"on"})", R"({"error":1})", "[]"}) {
      outcome.answer = body;
      outcome.total = outcome.answer.size();
      EXPECT_EQ(judged(blocked, outcome, method).came, came) << method << body;
    }
    outcome.answer = R"({"state":"open"})";
    outcome.total = outcome.answer.size();
    EXPECT_EQ(judged(blocked, outcome, method).came, Came::otherwise) << "it says no";
    outcome.status = 500;
    outcome.answer = "<html>";
    EXPECT_EQ(judged(blocked, outcome, method).came, Came::otherwise) << "the status says no";
  }
}

TEST(CallVerdict, SaysWhyTheAnswerCannotBeReadAsJson) {
  const CallExpect blocked{.status = {{200, 204}}, .answer = "answer.json.state == \"blocked\""};
  const auto told = [&](const std::string& answer, int status = 200) {
    CallOutcome outcome;
    outcome.status = status;
    outcome.answer = answer;
    outcome.total = answer.size();
    return judged(blocked, outcome).told;
  };
  EXPECT_THAT(
      told("<html>ok</html>"),
      HasSubstr("status 200, but whether `answer` holds cannot be told: the answer is not JSON: line 1, column 1: "
                "invalid literal"));
  EXPECT_THAT(told("<html>ok</html>"), testing::Not(HasSubstr("no such key")));
  EXPECT_EQ(told(R"({"state":"blocked","state":"blocked"})"),
            "https://a.example: status 200, but whether `answer` holds cannot be told: the answer is not accepted as "
            "JSON: key \"state\" is written twice");
  EXPECT_EQ(told("", 204),
            "https://a.example: status 204, but whether `answer` holds cannot be told: the answer is empty");
  EXPECT_THAT(told(R"({"status":"blocked"})"), HasSubstr("cannot be told: no such key: state"));
  CallOutcome cut;
  cut.status = 200;
  cut.answer = R"({"state":"blo)";
  cut.total = 99;
  cut.clipped = true;
  EXPECT_EQ(
      judged(blocked, cut).told,
      "https://a.example: status 200, but whether `answer` holds cannot be told by the first 13 of 99 bytes: only a "
      "whole answer is read as JSON; `output_max` says how much of it is kept");
}

TEST(CallVerdict, WordsOfAnAnswerThatIsNoJsonStayOutWhereTheyAreKeptBack) {
  CallPlan plan;
  plan.request.url = "https://a.example/x";
  plan.expect.answer = "answer.json.state == 1";
  CallOutcome outcome;
  outcome.status = 200;
  for (const char* answer : {"geheim", R"({"geheim":1,"geheim":2})"}) {
    outcome.answer = answer;
    outcome.total = outcome.answer.size();
    EXPECT_EQ(judge_call(plan, false, true, outcome).told,
              "https://a.example: status 200, but whether `answer` holds cannot be told: the answer cannot be read as "
              "JSON, and it is sensitive");
  }
}

TEST(CallVerdict, WhatOnlyLooksIsNeverUnclear) {
  for (const auto& [method, came] : {std::pair{"POST", Came::unclear}, {"GET", Came::otherwise}}) {
    CallOutcome outcome;
    for (const int code : {502, 504}) {
      outcome.status = code;
      EXPECT_EQ(judged({}, outcome, method).came, came) << method << code;
    }
    outcome.status = 200;
    for (const CallCut how : {CallCut::time_limit, CallCut::stopped, CallCut::lost, CallCut::too_long}) {
      outcome.cut = how;
      EXPECT_EQ(judged({}, outcome, method).came, came) << method;
    }
    outcome.cut = CallCut::none;
    outcome.answer = "{";
    outcome.total = 99;
    outcome.clipped = true;
    EXPECT_EQ(judged({.answer = "answer.json.state == 1"}, outcome, method).came, came) << method;
  }
}

TEST(CallVerdict, AServerOnTheWayKnowsNothing) {
  for (const auto& [code, came] : {std::pair{502, Came::unclear},
                                   {504, Came::unclear},
                                   {500, Came::otherwise},
                                   {503, Came::otherwise},
                                   {429, Came::otherwise}}) {
    CallOutcome outcome;
    outcome.status = code;
    EXPECT_EQ(judged({}, outcome).came, came) << code;
  }
}

TEST(CallVerdict, WordsOfTheAnswerStayOutWhereTheyAreKeptBack) {
  CallPlan plan;
  plan.request.url = "https://a.example/x";
  CallOutcome outcome;
  outcome.status = 400;
  outcome.answer = "geheim";
  EXPECT_THAT(judge_call(plan, false, true, outcome).told, testing::Not(HasSubstr("geheim")));
}

TEST(CallVerdict, AbsenceByStatusOrByAnswer) {
  CallPlan plan;
  plan.request.url = "https://a.example/x";
  plan.confirm = CallPlan::Confirm{};
  plan.confirm->request.url = "https://a.example/y";
  plan.confirm->expect.answer = "answer.json.items.size() > 0";
  plan.confirm->absent = {.status = {{200, 200}}, .answer = "answer.json.items.size() == 0"};
  CallOutcome outcome;
  outcome.status = 200;
  for (const auto& [body, came] : {std::pair{R"({"items": [1]})", Came::done},
                                   {R"({"items": []})", Came::absent},
                                   {R"({"error": "x"})", Came::otherwise}}) {
    outcome.answer = body;
    outcome.total = outcome.answer.size();
    EXPECT_EQ(judge_call(plan, true, false, outcome).came, came) << body;
  }
}

}  // namespace
}  // namespace aright::workflow
