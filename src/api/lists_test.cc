// What is listed, of how much, and in what form.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/api_rig_test.h"

namespace aright::api::test {
namespace {

TEST_F(ApiTest, AListSaysHowManyMoreThereAreAndPagesByLimitAndId) {
  const auto page = parse_json(ask("GET", "/v1/runs").body);
  EXPECT_EQ(page->at("more"), 7);
  ASSERT_EQ(page->at("items").size(), 2U);
  EXPECT_EQ(page->at("items")[0].at("id"), 1);
  EXPECT_TRUE(page->at("items")[1].contains("error"));  // half a document is shown as what it is
  EXPECT_EQ(history_.asked.table, "run");
  EXPECT_EQ(history_.asked.limit, 100U);
  EXPECT_EQ(history_.asked.before, "");
  EXPECT_FALSE(history_.asked.only_open);
  ask("GET", "/v1/reviews?limit=1000&before=12");
  EXPECT_EQ(history_.asked.table, "review");
  EXPECT_EQ(history_.asked.limit, 1000U);
  EXPECT_EQ(history_.asked.before, "000000000012");
  EXPECT_TRUE(history_.asked.only_open);
  ask("GET", "/v1/findings?all=1&limit=1&before=12");
  EXPECT_EQ(history_.asked.before, "12");  // a finding's id is a hash, which may have digits only
  EXPECT_FALSE(history_.asked.only_open);
  const auto workflows = parse_json(ask("GET", "/v1/workflows").body);
  EXPECT_EQ(workflows->at("more"), 0);
  EXPECT_EQ(workflows->at("items").at(0).at("name"), "w");
}

TEST_F(ApiTest, RunsAreChosenBeforeThePageIsCut) {
  using Texts = std::map<std::string, std::vector<std::string>>;
  EXPECT_EQ(ask("GET", "/v1/runs?workflow=w&state=failed,held&since=2026-11-20T10:00:00Z&open=1&limit=5").status, 200U);
  EXPECT_EQ(history_.asked.texts, (Texts{{"state", {"failed", "held"}}, {"workflow", {"w"}}}));
  EXPECT_EQ(history_.asked.since, "2026-11-20T10:00:00.000000Z");
  EXPECT_EQ(history_.asked.limit, 5U);
  EXPECT_TRUE(history_.asked.only_open);
  EXPECT_EQ(ask("GET", "/v1/runs?since=2h").status, 200U);
  EXPECT_FALSE(history_.asked.since.empty());
  EXPECT_EQ(ask("GET", "/v1/notifications?dead=1").status, 200U);
  EXPECT_EQ(history_.asked.texts, (Texts{{"state", {"dead"}}}));
}

TEST_F(ApiTest, WhatRunsAreNeverCalledIsSaidWithWhatTheyAre) {
  history_.rows = {{"run", "1", false, R"({"id":1,"workflow":"gone"})"}};
  EXPECT_EQ(ask("GET", "/v1/runs?workflow=gone").status, 200U) << "no workflow any more, and its runs are there";
  history_.none = true;
  const auto workflow = ask("GET", "/v1/runs?workflow=v");
  EXPECT_EQ(workflow.status, 404U);
  EXPECT_NE(workflow.body.find("no workflow `v`; known workflows: w"), std::string::npos) << workflow.body;
  const auto state = ask("GET", "/v1/runs?state=failed,hold");
  EXPECT_EQ(state.status, 400U);
  EXPECT_NE(state.body.find("`hold`; did you mean `held`? known states: pending"), std::string::npos) << state.body;
  EXPECT_EQ(ask("GET", "/v1/runs?state=").status, 400U);
  EXPECT_EQ(ask("GET", "/v1/runs?since=soon").status, 400U);
}

TEST_F(ApiTest, DefinitionsLeaveOutWhatIsNotSaid) {
  operators_.workflow = Json::parse(R"({"workflow":"w","name":"w","when":null,
    "guards":{"cool_down":null,"threshold":[]},
    "answers":[{"control":"a","level":null}],
    "steps":[{"ensure":null,"verify_within_ms":1},{"call":{"json":{"a":null}}},
             {"ensure":{"desired":{"a":null}}}]})");
  const Json said = Json::parse(ask("GET", "/v1/workflows/w").body);
  EXPECT_EQ(said, Json::parse(R"({"workflow":"w","name":"w","guards":{"threshold":[]},"answers":[{"control":"a"}],
    "steps":[{"ensure":"desired","verify_within_ms":1},{"call":{"json":{"a":null}}},
             {"ensure":{"desired":{"a":null}}}]})"));
  EXPECT_EQ(Json::parse(ask("GET", "/v1/workflows").body).at("items").at(0), said);
}

TEST_F(ApiTest, TheStatusSaysSinceWhenItCounts) {
  const Json status = Json::parse(ask("GET", "/v1/status").body);
  const auto started = parse_rfc3339(status.at("started_at").get<std::string>());
  ASSERT_TRUE(started);
  EXPECT_LE(*started, std::chrono::system_clock::now());
  EXPECT_GT(*started, std::chrono::system_clock::now() - std::chrono::minutes{5});
}

TEST_F(ApiTest, OfAReviewThatIsNotOpenItSaysWhatHasBecomeOfIt) {
  operators_.answer = fail(Errc::not_found, "no open review 1");
  const auto said = [&](const std::string& id, const std::string& doc) {
    history_.doc = doc;
    const auto response = ask("POST", "/v1/reviews/" + id + "/approve", R"({"reason":"looked"})");
    EXPECT_EQ(response.status, 404U);
    return parse_json(response.body)->value("detail", "");
  };
  EXPECT_EQ(said("1", R"({"id":1,"state":"denied","decided_by":"bob","decision_reason":"not now"})"),
            "no open review 1: it was denied by bob (not now)");
  EXPECT_EQ(said("1", R"({"id":1,"state":"expired","decided_by":"aright","decision_reason":"nobody answered"})"),
            "no open review 1: it is expired (nobody answered)");
  EXPECT_EQ(said("7", "{}"), "no open review 1") << "as the engine said it";
}

}  // namespace
}  // namespace aright::api::test
