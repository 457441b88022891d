// Figures of a stretch of time, from rows as the store keeps them.
#include "api/report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "api/api_rig_test.h"

namespace aright::api::test {
namespace {

using namespace std::chrono_literals;

WallTime at(const std::string& clock) { return *parse_rfc3339("2026-11-20T" + clock + "Z"); }
std::string text(const std::string& clock) { return rfc3339(at(clock)); }

Json finding(const std::string& id, const std::string& opened, const std::string& before = "") {
  return {{"id", id}, {"control", "c"}, {"state", "resolved"}, {"opened_at", text(opened)}, {"recurrence_of", before}};
}

Json run(const std::string& finding, const std::string& created, const std::string& finished,
         const std::string& state = "succeeded", const std::string& by = "guards") {
  return {{"workflow", "w"},
          {"finding", finding},
          {"state", state},
          {"created_at", text(created)},
          {"finished_at", finished.empty() ? Json() : Json(text(finished))},
          {"decided_by", by},
          {"review", 0}};
}

class ReportOfADay : public testing::Test {
 protected:
  Report report_{at("10:00:00"), at("20:00:00"), 30min};
};

TEST_F(ReportOfADay, OfNothingIsNothing) {
  const Json doc = report_.to_json();
  EXPECT_EQ(doc.at("workflows"), Json::array());
  EXPECT_EQ(doc.at("all").at("runs"), 0);
  EXPECT_EQ(doc.at("all").at("alone").at("p50_ms"), nullptr);
  EXPECT_EQ(doc.at("findings").at("false_positive_rate"), nullptr) << "nobody has said what is true";
  EXPECT_EQ(doc.at("unreadable"), 0);
}

TEST_F(ReportOfADay, WhatWasUndoneLaterDidNotLast) {
  EXPECT_TRUE(report_.add_finding(finding("f", "11:00:00")));
  Json undo = run("f", "20:00:00", "20:00:01");
  undo.update({{"id", 2U}, {"undoes", 1U}, {"undo", Json::object()}});
  Json fix = run("f", "11:00:00", "11:00:01");
  fix["id"] = 1U;
  EXPECT_TRUE(report_.add_run(undo));
  EXPECT_TRUE(report_.add_run(fix));
  const Json doc = report_.to_json();
  EXPECT_EQ(doc.at("all").at("runs"), 1);
  EXPECT_EQ(doc.at("all").at("fixed_alone"), 0);
  EXPECT_EQ(doc.at("interventions").at("all"), 0) << "that was after the end";
}

TEST_F(ReportOfADay, TimesAreFromTheOpeningByRank) {
  for (int i = 1; i <= 20; ++i) {
    const std::string id = fmt::format("f{}", i);
    EXPECT_TRUE(report_.add_finding(finding(id, "11:00:00")));
    EXPECT_TRUE(report_.add_run(run(id, "11:00:00", fmt::format("11:00:{:02}", i))));
  }
  const Json alone = report_.to_json().at("workflows").at(0).at("alone");
  EXPECT_EQ(alone.at("count"), 20);
  EXPECT_EQ(alone.at("p50_ms"), 10'000.0);
  EXPECT_EQ(alone.at("p95_ms"), 19'000.0);
  EXPECT_EQ(report_.to_json().at("all").at("hours_saved"), 10.0) << "twenty half hours";
}

TEST_F(ReportOfADay, WhatAPersonLetGoOnIsTimedApartAndSavesNoHours) {
  report_.add_finding(finding("f", "11:00:00"));
  Json held = run("f", "11:00:00", "12:00:00", "succeeded", "alice (review 3)");
  held["review"] = 3U;
  report_.add_run(held);
  const Json of = report_.to_json().at("workflows").at(0);
  EXPECT_EQ(of.at("held"), 1);
  EXPECT_EQ(of.at("fixed_alone"), 0);
  EXPECT_EQ(of.at("alone").at("count"), 0);
  EXPECT_EQ(of.at("with_people").at("p50_ms"), 3'600'000.0);
  EXPECT_EQ(of.at("hours_saved"), 0.0);
}

TEST_F(ReportOfADay, WhatNothingConfirmsIsNeitherFixedNorTimedNorSavesHours) {
  for (const auto& [id, by] : {std::pair("f1", "guards"), std::pair("f2", "alice (review 3)")}) {
    report_.add_finding(finding(id, "11:00:00"));
    Json one = run(id, "11:00:00", "11:00:01", "succeeded", by);
    one["unverified"] = 1U;
    report_.add_run(one);
  }
  report_.add_finding(finding("f3", "11:00:00"));
  report_.add_run(run("f3", "11:00:00", "11:00:01"));
  const Json doc = report_.to_json();
  for (const Json& of : {doc.at("workflows").at(0), doc.at("all")}) {
    EXPECT_EQ(of.at("outcomes"), (Json{{"succeeded", 3}}));
    EXPECT_EQ(of.at("unverified"), 2);
    EXPECT_EQ(of.at("fixed_alone"), 1);
    EXPECT_EQ(of.at("alone").at("count"), 1);
    EXPECT_EQ(of.at("with_people").at("count"), 0);
    EXPECT_EQ(of.at("hours_saved"), 0.5);
  }
}

TEST_F(ReportOfADay, WhatOnlyToldIsNoFixEither) {
  for (const auto& [id, by] : {std::pair("f1", "guards"), std::pair("f2", "alice (review 3)")}) {
    report_.add_finding(finding(id, "11:00:00"));
    Json one = run(id, "11:00:00", "11:00:01", "succeeded", by);
    one["changed_nothing"] = true;
    report_.add_run(one);
  }
  const Json doc = report_.to_json();
  for (const Json& of : {doc.at("workflows").at(0), doc.at("all")}) {
    EXPECT_EQ(of.at("outcomes"), (Json{{"succeeded", 2}}));
    EXPECT_EQ(of.at("changed_nothing"), 2);
    EXPECT_EQ(of.at("fixed_alone"), 0);
    EXPECT_EQ(of.at("alone").at("count"), 0);
    EXPECT_EQ(of.at("with_people").at("count"), 0);
    EXPECT_EQ(of.at("hours_saved"), 0.0);
  }
}

TEST_F(ReportOfADay, ARunTriedAgainIsTimedFromItsOwnBeginning) {
  report_.add_finding(finding("f", "11:00:00"));
  Json again = run("f", "12:00:00", "12:00:05");
  again["retries"] = 1U;
  report_.add_run(again);
  EXPECT_EQ(report_.to_json().at("all").at("alone").at("p50_ms"), 5'000.0);
  EXPECT_EQ(report_.to_json().at("interventions").at("kinds").at("retried"), 1);
}

TEST_F(ReportOfADay, WhatIsOlderEndsTheReading) {
  EXPECT_FALSE(report_.add_finding(finding("f", "09:59:59")));
  EXPECT_FALSE(report_.add_run(run("f", "09:59:59", "11:00:00")));
  EXPECT_TRUE(report_.add_run(run("f", "10:00:00", "11:00:00")));
  EXPECT_TRUE(report_.add_run(run("f", "20:00:01", "21:00:00"))) << "too new, what follows may belong";
  EXPECT_EQ(report_.to_json().at("all").at("runs"), 1);
}

TEST_F(ReportOfADay, OutcomesReviewsWaiversAndWhatCameBack) {
  report_.add_finding(finding("f2", "12:00:00", "f1"));
  report_.add_finding(finding("f1", "11:00:00"));
  report_.add_finding(finding("f3", "11:00:00", "f0"));
  report_.add_run(run("f2", "12:00:00", "", "held"));
  report_.add_run(run("f2", "12:00:00", "12:00:01", "denied"));
  report_.add_run(run("f1", "11:00:00", "11:00:01", "rolled_back"));
  Json cancelled = run("f1", "11:00:00", "11:00:01", "cancelled");
  cancelled["cancel_asked"] = "alice: no";
  report_.add_run(cancelled);
  for (const char* state : {"approved", "denied", "expired", "open"}) {
    report_.add_review({{"state", state}, {"opened_at", text("12:00:00")}, {"decided_at", text("12:00:01")}});
  }
  report_.add_review({{"state", "approved"},
                      {"in_vain", "asked anew as review 5"},
                      {"opened_at", text("12:00:00")},
                      {"decided_at", text("12:00:01")}});
  report_.add_waiver({{"granted_at", text("12:00:00")}});
  const Json doc = report_.to_json();
  EXPECT_EQ(doc.at("all").at("outcomes"), (Json{{"cancelled", 1}, {"denied", 1}, {"held", 1}, {"rolled_back", 1}}));
  EXPECT_EQ(doc.at("all").at("recurred"), 1) << "a finding, however many runs answer it; nobody answered f3";
  EXPECT_EQ(doc.at("workflows").at(0).at("recurred"), 1);
  EXPECT_EQ(doc.at("findings").at("recurrences_of"), (Json{{"c", 2}}));
  EXPECT_EQ(doc.at("reviews"), (Json{{"approved", 1}, {"denied", 1}, {"expired", 1}, {"in_vain", 1}, {"open", 1}}));
  EXPECT_EQ(doc.at("interventions").at("kinds"),
            (Json{{"approved", 1}, {"cancelled", 1}, {"denied", 1}, {"in_vain", 1}, {"waived", 1}}));
  EXPECT_EQ(doc.at("interventions").at("all"), 5);
}

/// As the series, which grow by then.
TEST_F(ReportOfADay, AnAnswerCountsWhenItWasGiven) {
  const auto review = [](const char* opened, const char* decided) {
    return Json{{"state", "approved"}, {"opened_at", opened}, {"decided_at", decided}};
  };
  EXPECT_TRUE(report_.add_review(review("2026-11-19T23:00:00Z", "2026-11-20T12:00:00Z"))) << "older ones may be told";
  EXPECT_TRUE(report_.add_review(review("2026-11-19T22:00:00Z", "2026-11-19T22:30:00Z")));
  EXPECT_FALSE(report_.add_review(review("2026-10-01T22:00:00Z", "2026-10-01T22:30:00Z")));
  const Json doc = report_.to_json();
  EXPECT_EQ(doc.at("reviews"), Json::object());
  EXPECT_EQ(doc.at("interventions").at("kinds"), (Json{{"approved", 1}}));
}

/// As the store gives them: the newest first.
TEST_F(ReportOfADay, AnUndoIsNoFixAndWhatItTookBackWasNotFixedAlone) {
  Json undo = run("f", "11:00:02", "11:00:03", "succeeded", "alice");
  undo["id"] = 2U;
  undo["undoes"] = 1U;
  undo["undo"] = {{"waiver", 7U}};
  Json again = run("f", "11:00:04", "11:00:05", "succeeded", "alice");
  again["id"] = 3U;
  again["undoes"] = 2U;
  again["undo"] = {{"redo", true}};
  Json fix = run("f", "11:00:00", "11:00:01");
  fix["id"] = 1U;
  for (const Json& one : {again, undo, fix}) report_.add_run(one);
  report_.add_waiver({{"id", 7U}, {"granted_at", text("11:00:02")}});
  report_.add_waiver({{"id", 8U}, {"granted_at", text("11:00:02")}});
  report_.add_waiver({{"id", 9U}, {"review", 3U}, {"granted_at", text("11:00:02")}});
  const Json doc = report_.to_json();
  EXPECT_EQ(doc.at("all").at("undone"), 1);
  EXPECT_EQ(doc.at("all").at("runs"), 1);
  EXPECT_EQ(doc.at("all").at("fixed_alone"), 0);
  EXPECT_EQ(doc.at("all").at("hours_saved"), 0.0);
  EXPECT_EQ(doc.at("interventions").at("kinds"), (Json{{"undone", 2}, {"waived", 1}}))
      << "the waiver of an undo or a denial is no second act";
}

TEST_F(ReportOfADay, AnUndoThatTookNothingBackIsNoUndo) {
  std::uint64_t id = 2;
  for (const char* state : {"failed", "held", "unknown", "cancelled", "pending"}) {
    Json undo = run("f", "11:00:02", "11:00:03", state, "alice");
    undo["id"] = id++;
    undo["undoes"] = 1U;
    undo["undo"] = {{"waiver", 7U}};
    report_.add_run(undo);
  }
  Json fix = run("f", "11:00:00", "11:00:01");
  fix["id"] = 1U;
  report_.add_run(fix);
  const Json doc = report_.to_json();
  EXPECT_EQ(doc.at("interventions"), (Json{{"all", 0}, {"kinds", Json::object()}}));
  EXPECT_EQ(doc.at("all").at("undone"), 0);
  EXPECT_EQ(doc.at("all").at("fixed_alone"), 1);
}

TEST_F(ReportOfADay, FalsePositivesAreOfThoseThatAPersonMarked) {
  for (const char* as : {"true", "true", "false-positive", "true"}) {
    Json marked = finding(fmt::format("f{}", report_.to_json().at("findings").at("opened").dump()), "11:00:00");
    marked["mark"] = {{"as", as}};
    report_.add_finding(marked);
  }
  report_.add_finding(finding("unmarked", "11:00:00"));
  EXPECT_EQ(report_.to_json().at("findings").at("false_positive_rate"), 0.25);
}

TEST_F(ReportOfADay, RowsThatCannotBeReadAreCounted) {
  EXPECT_TRUE(report_.add_run(Json{{"problem", "half a row"}}));
  EXPECT_TRUE(report_.add_finding(Json("no object")));
  EXPECT_EQ(report_.to_json().at("unreadable"), 2);
}

TEST_F(ApiTest, AReportReadsEveryTable) {
  history_.rows = {{"run", "1", false, R"({"created_at":"2026-11-20T11:00:00Z","workflow":"w","state":"failed"})"}};
  const auto said = ask("GET", "/v1/report?since=2026-11-20T10:00:00Z&by_hand=1h");
  ASSERT_EQ(said.status, 200U) << said.body;
  const Json doc = Json::parse(said.body);
  EXPECT_EQ(doc.at("by_hand"), "1h");
  EXPECT_EQ(doc.at("workflows").at(0).at("outcomes"), (Json{{"failed", 1}}));
  EXPECT_EQ(doc.at("unreadable"), 3) << "as findings, reviews and waivers those rows say no time";
}

TEST_F(ApiTest, AReportOfADayEndsBeforeTheNextOne) {
  const auto began = [](const std::string& id, const std::string& when) {
    return Row{"run", id, false, R"({"created_at":")" + when + R"(","workflow":"w","state":"failed"})"};
  };
  history_.rows = {began("3", "2026-11-21T00:00:00Z"), began("2", "2026-11-20T23:59:59Z"),
                   began("1", "2026-11-19T23:59:59Z")};
  const Json doc = Json::parse(ask("GET", "/v1/report?since=2026-11-20&until=2026-11-21").body);
  EXPECT_EQ(doc.at("since"), "2026-11-20T00:00:00.000000Z");
  EXPECT_EQ(doc.at("until"), "2026-11-21T00:00:00.000000Z");
  EXPECT_EQ(doc.at("all").at("runs"), 1);
  const Json open = Json::parse(ask("GET", "/v1/report?since=2026-11-20&until=2199-01-01").body);
  EXPECT_LT(open.at("until"), "2199") << "nobody knows what is still to come";
}

TEST_F(ApiTest, AReportOfNoTimeIsRefused) {
  const auto since = ask("GET", "/v1/report?since=yesterday");
  EXPECT_EQ(since.status, 400U);
  EXPECT_NE(since.body.find("write how long ago"), std::string::npos) << since.body;
  const auto future = ask("GET", "/v1/report?since=2199-01-01");
  EXPECT_EQ(future.status, 400U);
  EXPECT_NE(future.body.find("since 2199-01-01 is in the future"), std::string::npos) << future.body;
  const auto before = ask("GET", "/v1/report?since=2026-11-01&until=2026-11-01");
  EXPECT_EQ(before.status, 400U);
  EXPECT_NE(before.body.find("until 2026-11-01 is not after since"), std::string::npos) << before.body;
  EXPECT_EQ(ask("GET", "/v1/report?until=soon").status, 400U);
  EXPECT_EQ(ask("GET", "/v1/report?by_hand=long").status, 400U);
  history_.broken = true;
  EXPECT_NE(ask("GET", "/v1/report").status, 200U);
}

}  // namespace
}  // namespace aright::api::test
