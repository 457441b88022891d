// Every operation over the real sockets: method and path in, status and form out.
#include <gtest/gtest.h>

#include "api_rig_test.h"
#include "model/port/reserve.h"

namespace aright::api::test {
namespace {

struct Expected {
  const char* method;
  std::string path;
  std::string body;
  unsigned status;
};

const std::string why = R"({"reason":"because"})";
const std::vector<Expected> requests{
    {"GET", "/v1/status", "", 200},
    {"GET", "/v1/findings", "", 200},
    {"GET", "/v1/findings?all", "", 200},
    {"GET", "/v1/runs", "", 200},
    {"GET", "/v1/reviews", "", 200},
    {"GET", "/v1/runs?limit=0", "", 400},
    {"GET", "/v1/runs?limit=1001", "", 400},
    {"GET", "/v1/runs?limit=-1", "", 400},
    {"GET", "/v1/runs?limit=", "", 400},
    {"GET", "/v1/runs?limit=1e2", "", 400},
    {"GET", "/v1/runs?before=", "", 400},
    {"GET", "/v1/runs?before=none", "", 404},
    {"GET", "/v1/workflows", "", 200},
    {"GET", "/v1/controls", "", 200},
    {"GET", "/v1/teams", "", 200},
    {"GET", "/v1/teams/none", "", 404},
    {"GET", "/v1/findings/f-1", "", 200},
    {"GET", "/v1/findings/none", "", 404},
    {"GET", "/v1/runs/1", "", 200},
    {"GET", "/v1/runs/2", "", 404},
    {"GET", "/v1/runs/x", "", 400},
    {"GET", "/v1/runs/-1", "", 400},
    {"GET", "/v1/runs/99999999999999999999", "", 400},
    {"GET", "/v1/audit/prove/3", "", 200},
    {"GET", "/v1/audit/prove/4", "", 404},
    {"GET", "/v1/audit/prove/", "", 400},
    {"GET", "/v1/nothing", "", 404},
    {"GET", "/", "", 404},
    {"GET", "/v1/pause", "", 404},
    {"PUT", "/v1/status", "", 404},
    {"DELETE", "/v1/runs/1", "", 404},
    {"POST", "/v1/pause", why, 200},
    {"POST", "/v1/pause", R"({"reason":"r","workflow":"w"})", 200},
    {"POST", "/v1/pause", R"({"reason":"r","driver":"exec"})", 200},
    {"POST", "/v1/pause", R"({"reason":"r","driver":"exec","workflow":"w"})", 400},
    {"POST", "/v1/pause", R"({"workflow":"w"})", 400},
    {"POST", "/v1/resume", R"({"reason":"r","workflow":"w"})", 200},
    {"POST", "/v1/resume", R"({"reason":"r","driver":"exec","workflow":"w"})", 400},
    {"POST", "/v1/resume", R"({"reason":"r","pause":"3"})", 400},
    {"POST", "/v1/pauses/3/resume", why, 200},
    {"POST", "/v1/pauses/3/resume", "", 400},
    {"POST", "/v1/pauses/x/resume", why, 404},
    {"POST", "/v1/pauses/3/remove", why, 404},
    {"GET", "/v1/pauses", "", 200},
    {"POST", "/v1/resume", why, 200},
    {"POST", "/v1/rescan", "", 200},
    {"POST", "/v1/reload", "", 200},
    {"GET", "/v1/reload", "", 404},
    {"POST", "/v1/reviews/1/approve", why, 200},
    {"POST", "/v1/reviews/1/deny", why, 200},
    {"POST", "/v1/reviews/x/deny", why, 404},
    {"POST", "/v1/reviews/1/shrug", why, 404},
    {"POST", "/v1/workflows/w/mode", R"({"mode":"plan","reason":"r"})", 200},
    {"POST", "/v1/workflows/w/mode", R"({"mode":"wild","reason":"r"})", 400},
    {"POST", "/v1/workflows/w/mode", why, 400},
    {"POST", "/v1/pause", "", 400},
    {"POST", "/v1/pause", R"({"reason":" \n"})", 400},
    {"POST", "/v1/pause", "{", 400},
    {"POST", "/v1/pause", "[]", 400},
    {"POST", "/v1/pause", R"({"reason":5})", 400},
    {"POST", "/v1/pause", R"({"reason":"a","reason":"b"})", 400},
    {"POST", "/v1/pause", R"({"reason":"a","raeson":"b"})", 400},
    {"POST", "/v1/pause", R"({"reason":")" + std::string(501, 'x') + "\"}", 400},
    {"POST", "/v1/pause", std::string(70, '[') + std::string(70, ']'), 400},
    {"POST", "/v1/pause", "{\"reason\":\"\xFF\"}", 400},
    {"GET", "/v1/waivers", "", 200},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","for":"1h"})", 200},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","until":"2026-12-01"})", 200},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","until":"2026-12-01T08:00:00Z"})", 200},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r"})", 400},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","for":"1h","until":"2026-12-01"})", 400},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","for":"soon"})", 400},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","until":"2026-13-01"})", 400},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","for":"1h"})", 400},
    {"POST", "/v1/waivers", R"({"control":"a","subject":"b","reason":"r","for":"1h","mode":"plan"})", 400},
    {"POST", "/v1/waivers", R"({"reason":"r","for":"1h","subject":")" + std::string(1201, 'x') + "\"}", 400},
    {"POST", "/v1/waivers/1/remove", why, 200},
    {"POST", "/v1/waivers/1/remove", "", 400},
    {"POST", "/v1/waivers/x/remove", why, 404},
    {"POST", "/v1/waivers/1/add", why, 404},
    {"POST", "/v1/explain", R"({"about":"file:/a"})", 200},
    {"POST", "/v1/explain", R"({"about":"f-1"})", 200},
    {"POST", "/v1/explain", R"({"about":"1"})", 200},
    {"POST", "/v1/explain", R"({"about":"f-2"})", 404},
    {"POST", "/v1/explain", R"({"about":"2"})", 404},
    {"POST", "/v1/explain", R"({"subject":"file:/a"})", 400},
    {"GET", "/v1/explain", "", 404},
    {"POST", "/v1/runs/1/cancel", why, 200},
    {"POST", "/v1/runs/1/cancel", "", 400},
    {"POST", "/v1/runs/1/cancel", R"({"reason":"r","as":"done"})", 400},
    {"POST", "/v1/runs/2/cancel", why, 404},
    {"POST", "/v1/runs/x/cancel", why, 400},
    {"POST", "/v1/runs/1/stop", why, 404},
    {"POST", "/v1/runs/1/retry", why, 200},
    {"POST", "/v1/runs/1/retry", "", 400},
    {"POST", "/v1/runs/2/retry", why, 404},
    {"POST", "/v1/runs/1/resolve", R"({"reason":"r","as":"done"})", 200},
    {"POST", "/v1/runs/1/resolve", R"({"reason":"r","as":"not-done"})", 200},
    {"POST", "/v1/runs/1/resolve", R"({"reason":"r","as":"perhaps"})", 400},
    {"POST", "/v1/runs/1/resolve", why, 400},
    {"POST", "/v1/nothing", why, 404},
};

TEST_F(ApiTest, EveryOperationAnswersAsTheTableSays) {
  for (const Expected& e : requests) {
    const auto said = ask(e.method, e.path, e.body);
    EXPECT_EQ(said.status, e.status) << e.method << " " << e.path << " " << e.body << "\n" << said.body;
    const bool good = e.status < 300;
    EXPECT_EQ(said.content_type, good ? "application/json" : "application/problem+json") << e.path;
    const auto doc = parse_json(said.body);
    ASSERT_TRUE(doc) << said.body;
    if (good) continue;
    EXPECT_EQ(doc->at("status"), e.status);
    EXPECT_TRUE(doc->at("title").is_string() && doc->at("detail").is_string());
  }
}

TEST_F(ApiTest, NoStateOnTheOpenSide) {
  for (const Expected& e : requests) EXPECT_EQ(ask(e.method, e.path, e.body, "open").status, 404U) << e.path;
  EXPECT_EQ(operators_.last_command, 99U);
  for (const char* path : {"/healthz", "/metrics"}) {
    EXPECT_EQ(ask("GET", path, "", "open").status, 200U);
    EXPECT_EQ(ask("POST", path, "", "open").status, 405U);
  }
}

TEST_F(ApiTest, ErrorsKeepTheirMeaning) {
  for (const auto& [code, status] :
       {std::pair(Errc::not_found, 404U), std::pair(Errc::invalid, 400U), std::pair(Errc::conflict, 409U),
        std::pair(Errc::denied, 403U), std::pair(Errc::unavailable, 503U), std::pair(Errc::corrupt, 500U)}) {
    operators_.answer = fail(code, "said \"so\"\n");
    const auto said = ask("POST", "/v1/resume", why);
    EXPECT_EQ(said.status, status);
    EXPECT_EQ(parse_json(said.body)->at("detail"), "said \"so\"\n");
  }
  history_.broken = true;
  EXPECT_EQ(ask("GET", "/v1/runs").status, 500U);
}

TEST_F(ApiTest, APauseThatCannotBeStoredYetSaysThatEffectsAreStopped) {
  operators_.blocked = true;
  const auto said = ask("POST", "/v1/pause", why);
  EXPECT_EQ(said.status, 202U);
  const auto doc = parse_json(said.body);
  EXPECT_EQ(doc->at("paused"), true);
  EXPECT_EQ(doc->at("recorded"), false);
  EXPECT_EQ(doc->at("detail"), "effects are stopped now; it will be recorded when the database can be written again");
  const auto one = parse_json(ask("POST", "/v1/pause", R"({"reason":"r","workflow":"w"})").body);
  EXPECT_EQ(one->at("scope"), "workflow w");
  EXPECT_EQ(one->at("detail"),
            "effects of workflow w are stopped now; it will be recorded when the database can be "
            "written again, if there is one of that name");
}

TEST_F(ApiTest, PausesAreToldAsTheyAreRecordedAndAsTheyHoldNow) {
  operators_.now.pauses = {{3, engine::PauseScope::workflow("w"), "operator", "look", "alice", WallTime{}}};
  operators_.now.held_back = {engine::PauseScope::workflow("w"), engine::PauseScope::driver("exec")};
  const Json status = Json::parse(ask("GET", "/v1/status").body);
  EXPECT_EQ(status.at("held_back"), (Json{"workflow w", "driver exec"}));
  const Json expected{{"pause", 3},       {"scope", "workflow w"}, {"origin", "operator"},
                      {"reason", "look"}, {"by", "alice"},         {"since", rfc3339(WallTime{})}};
  EXPECT_EQ(status.at("pauses"), Json::array({expected}));
  EXPECT_EQ(Json::parse(ask("GET", "/v1/pauses").body).at("items"), Json::array({expected}));
  EXPECT_NE(ask("GET", "/metrics", "", "open").body.find("aright_pauses 1\n"), std::string::npos);
}

TEST_F(ApiTest, AnEndedRunIsOnlyTriedAgain) {
  history_.doc = R"({"id":1,"state":"denied","finding":"f-1","workflow":"w"})";
  const auto cancelled = ask("POST", "/v1/runs/1/cancel", why);
  EXPECT_EQ(cancelled.status, 409U);
  EXPECT_EQ(parse_json(cancelled.body)->at("detail"), "run 1 has ended: denied; nothing is left to cancel");
  EXPECT_EQ(ask("POST", "/v1/runs/1/resolve", R"({"reason":"r","as":"done"})").status, 409U);
  EXPECT_EQ(operators_.last_command, 99U) << "nothing was asked of the engine";
  EXPECT_EQ(ask("POST", "/v1/runs/1/retry", why).status, 200U);
  EXPECT_EQ(operators_.last_command, engine::Command(engine::RetryRun{}).index());
}

TEST_F(ApiTest, TheIdentityIsThePeersNotTheRequests) {
  ask("POST", "/v1/resume", why);
  EXPECT_EQ(operators_.last_who.uid, geteuid());
  EXPECT_FALSE(operators_.last_who.user.empty());
  EXPECT_FALSE(operators_.last_who.groups.empty());
}

TEST_F(ApiTest, ASourceIsWhatIsStoredOfItAndWhatIsInForce) {
  const Json malformed{{"source", "auth:/var/log/auth.log"}, {"reason", "no JSON"}};
  operators_.stored = Json::array({{{"source", "auth"},
                                    {"events", 12},
                                    {"skipped", 1},
                                    {"malformed", 2},
                                    {"gaps", 3},
                                    {"last_gap", "the file was cut"},
                                    {"last_at", "2026-11-26T10:00:00.000000Z"},
                                    {"kept", Json::array({malformed})}},
                                   {{"source", "gone"}, {"events", 5}}});
  const auto listed = parse_json(ask("GET", "/v1/sources").body);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->at("more"), 0);
  ASSERT_EQ(listed->at("items").size(), 2U);
  const Json& auth = listed->at("items").at(0);
  EXPECT_EQ(auth.at("source"), "auth");
  EXPECT_EQ(auth.at("configured"), true);
  EXPECT_EQ(auth.at("behind"), 7);
  EXPECT_EQ(auth.at("events"), 12);
  EXPECT_EQ(auth.at("gaps"), 3);
  EXPECT_EQ(auth.at("last_gap"), "the file was cut");
  EXPECT_EQ(auth.at("trouble"), "not readable");
  EXPECT_FALSE(auth.contains("kept")) << "a list is short";
  EXPECT_EQ(auth.at("timeless"), 0) << "rows without it are of sources that had none";
  const Json& gone = listed->at("items").at(1);
  EXPECT_EQ(gone.at("configured"), false);
  EXPECT_EQ(gone.at("trouble"), "not configured any more");
  EXPECT_EQ(gone.at("events"), 5);
  EXPECT_EQ(gone.at("malformed"), 0) << "what is not stored is none";
  const auto shown = parse_json(ask("GET", "/v1/sources/auth").body);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->at("kept"), Json::array({malformed}));
  EXPECT_EQ(ask("GET", "/v1/sources/gone").status, 200U);
  const auto missing = ask("GET", "/v1/sources/other");
  EXPECT_EQ(missing.status, 404U);
  EXPECT_EQ(parse_json(missing.body)->at("detail"), "no source other");
  EXPECT_EQ(parse_json(ask("GET", "/v1/sources/auth/tap").body)->at("after"), nullptr);
  EXPECT_EQ(parse_json(ask("GET", "/v1/sources/auth/tap?after=12").body)->at("after"), 12);
  EXPECT_EQ(ask("GET", "/v1/sources/auth/tap?after=x").status, 400U);
  EXPECT_EQ(ask("GET", "/v1/sources/auth/other").status, 404U);
  EXPECT_EQ(ask("GET", "/v1/sources/gone/tap").status, 404U);
}

TEST_F(ApiTest, ASourceThatNothingIsStoredOfHasNothing) {
  const auto shown = parse_json(ask("GET", "/v1/sources/auth").body);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->at("events"), 0);
  EXPECT_EQ(shown->at("last_at"), "");
  EXPECT_EQ(shown->at("kept"), Json::array());
}

TEST_F(ApiTest, NotReadySaysWhy) {
  EXPECT_EQ(ask("GET", "/readyz", "", "open").body, "not ready: still starting\n");
  operators_.now.ready = true;
  EXPECT_EQ(ask("GET", "/readyz", "", "open").status, 200U);
  operators_.now.no_space = true;
  EXPECT_NE(ask("GET", "/readyz", "", "open").body.find("free some space"), std::string::npos);
  operators_.now.store_trouble = "aright.db: locked by another process";
  const auto said = ask("GET", "/readyz", "", "open");
  EXPECT_EQ(said.status, 503U);
  EXPECT_NE(said.body.find("locked by another process"), std::string::npos);
}

TEST_F(ApiTest, TheStatusSaysTheSameOfBeingReady) {
  EXPECT_EQ(parse_json(ask("GET", "/v1/status").body)->at("not_ready"), "still starting");
  operators_.now.ready = true;
  EXPECT_EQ(parse_json(ask("GET", "/v1/status").body)->at("ready"), true);
  operators_.now.no_space = true;
  const auto status = parse_json(ask("GET", "/v1/status").body);
  EXPECT_EQ(status->at("ready"), false);
  EXPECT_EQ(status->at("not_ready"), lives_on_reserve);
}

TEST_F(ApiTest, WhatIsOnlyReadSaysSo) {
  operators_.now.ready = true;
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    EXPECT_EQ(ask("HEAD", path, "", "open").status, 200U) << path;
    EXPECT_EQ(ask("PUT", path, "{}", "open").status, 405U) << path;
  }
  EXPECT_EQ(ask("POST", "/elsewhere", "{}", "open").status, 404U);
}

TEST_F(ApiTest, WhereNothingIsHeardItIsNotReady) {
  operators_.now.ready = true;
  unwatched_ = {.folders = 2, .shown = {"/etc: no room", "/srv: no room"}, .files = 3};
  const auto said = ask("GET", "/readyz", "", "open");
  EXPECT_EQ(said.status, 503U);
  EXPECT_EQ(said.body, "not ready: /etc: no room\n");
  const auto status = parse_json(ask("GET", "/v1/status").body);
  EXPECT_EQ(status->at("unwatched"), Json({"/etc: no room", "/srv: no room"}));
  EXPECT_EQ(status->at("unwatched_files"), 3);
  const std::string metrics = ask("GET", "/metrics", "", "open").body;
  EXPECT_NE(metrics.find("aright_unwatched_folders 2\n"), std::string::npos);
  EXPECT_NE(metrics.find("aright_unwatched_files 3\n"), std::string::npos);
  for (const char* born :
       {"aright_runs_total{state=\"failed\"} 0\n", "aright_runs_total{state=\"rollback_failed\"} 0\n",
        "aright_verdicts_total{guard=\"threshold\",verdict=\"hold\"} 0\n",
        "aright_verdicts_total{guard=\"cool-down\",verdict=\"suppress\"} 0\n"}) {
    EXPECT_NE(metrics.find(born), std::string::npos) << born;
  }
  unwatched_ = {.folders = 0, .shown = {}, .files = 3};
  EXPECT_EQ(ask("GET", "/readyz", "", "open").status, 200U) << "the folders are watched";
}

TEST_F(ApiTest, TheStatusTellsWhichSourcesAreInTrouble) {
  const auto status = parse_json(ask("GET", "/v1/status").body);
  EXPECT_EQ(status->at("troubled_sources"), 1);
  EXPECT_EQ(status->at("source_troubles"), Json::parse(R"([{"source": "auth", "trouble": "not readable"}])"));
}

TEST_F(ApiTest, MetricsTellWhichBreakersAreOpen) {
  EXPECT_EQ(ask("GET", "/metrics", "", "open").body.find("aright_breaker_open"), std::string::npos);
  operators_.now.breakers = {{"a", true}, {"b", false}};
  const std::string text = ask("GET", "/metrics", "", "open").body;
  for (const char* line : {"# TYPE aright_breaker_open gauge", "aright_breaker_open{workflow=\"a\"} 1",
                           "aright_breaker_open{workflow=\"b\"} 0"}) {
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << text;
  }
}

TEST_F(ApiTest, StatusAndMetricsTellWhoIsCapped) {
  EXPECT_NE(ask("GET", "/metrics", "", "open").body.find("aright_workflows_capped 0\n"), std::string::npos);
  operators_.now.capped = {{"restore", "no test"}};
  EXPECT_NE(ask("GET", "/metrics", "", "open").body.find("aright_workflows_capped 1\n"), std::string::npos);
  const auto status = parse_json(ask("GET", "/v1/status").body);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->at("capped"), Json({{{"workflow", "restore"}, {"why", "no test"}}}));
}

TEST_F(ApiTest, StatusAndMetricsTellOfWitnesses) {
  EXPECT_EQ(ask("GET", "/metrics", "", "open").body.find("aright_witness"), std::string::npos);
  witnesses_ = {{"file /mnt/w", 9, 0, ""}, {"syslog /dev/log", 4, 2, "gone"}};
  const auto status = parse_json(ask("GET", "/v1/status").body);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->at("witnesses"),
            Json({{{"witness", "file /mnt/w"}, {"signed", 9}, {"waiting", 0}, {"trouble", ""}},
                  {{"witness", "syslog /dev/log"}, {"signed", 4}, {"waiting", 2}, {"trouble", "gone"}}}));
  const std::string metrics = ask("GET", "/metrics", "", "open").body;
  for (const char* line :
       {"aright_witness_size{witness=\"file /mnt/w\"} 9\n", "aright_witness_trouble{witness=\"file /mnt/w\"} 0\n",
        "aright_witness_waiting{witness=\"syslog /dev/log\"} 2\n",
        "aright_witness_trouble{witness=\"syslog /dev/log\"} 1\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line;
  }
}

TEST_F(ApiTest, MetricsTellWhatWasTurnedAwayAndLost) {
  operators_.now.hints_lost_total = 3;
  operators_.now.late_messages_total = 4;
  operators_.now.refused_ids_total = 5;
  operators_.now.last_commit = 1500us;
  operators_.now.inbox = 6;
  ask("GET", "/v1/status");
  ask("BAD METHOD", "/");  // three words where two belong
  const std::string text = ask("GET", "/metrics", "", "open").body;
  for (const char* line :
       {"# TYPE aright_hints_lost_total counter", "aright_hints_lost_total 3", "aright_late_messages_total 4",
        "aright_refused_ids_total 5", "# TYPE aright_last_commit_seconds gauge", "aright_last_commit_seconds 0.0015",
        "aright_inbox_size 6", "aright_http_requests_total{server=\"unix\"} 1",
        "aright_http_refused_total{server=\"unix\",reason=\"malformed\"} 1",
        "aright_http_refused_total{server=\"unix\",reason=\"busy\"} 0"}) {
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << text;
  }
}

TEST_F(ApiTest, ARunThatWaitsForNoPersonSaysForWhat) {
  const auto row = [](int id, const char* state, const char* reason) {
    const std::string workflow = id == 6 ? "w" : "v";
    const Json doc{{"id", id}, {"state", state}, {"reason", reason}, {"workflow", workflow}};
    return Row{"run", std::to_string(id), true, doc.dump()};
  };
  history_.rows = {row(1, "pending", ""),   row(2, "pending", ""), row(3, "running", ""),    row(4, "running", "why"),
                   row(5, "succeeded", ""), row(6, "pending", ""), row(7, "waiting", "old"), row(8, "waiting", "old")};
  operators_.now.waits = {{{1, "waits for run 9, which has file:/a"},
                           {3, "waits for a turn"},
                           {4, "x"},
                           {5, "x"},
                           {8, "waits: driver file is paused"}},
                          "waits: paused",
                          {{"w", "waits: workflow w is paused"}}};
  std::vector<std::string> reasons;
  const Json runs = Json::parse(ask("GET", "/v1/runs").body).at("items");
  for (const Json& run : runs) reasons.push_back(run.at("reason").get<std::string>());
  EXPECT_EQ(reasons,
            (std::vector<std::string>{"waits for run 9, which has file:/a", "waits: paused", "waits for a turn", "why",
                                      "", "waits: workflow w is paused", "old", "waits: driver file is paused"}));
}

}  // namespace
}  // namespace aright::api::test
