// A report for people, whatever stands in it.
#include "cli/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::cli {
namespace {

Json times(int count, const Json& p50, const Json& p95) { return {{"count", count}, {"p50_ms", p50}, {"p95_ms", p95}}; }

Json figures(const std::string& workflow) {
  return {{"workflow", workflow},
          {"runs", 2},
          {"outcomes", {{"held", 1}, {"succeeded", 1}}},
          {"held", 1},
          {"fixed_alone", 1},
          {"unverified", 0},
          {"undone", 0},
          {"recurred", 0},
          {"alone", times(1, 2.5, 61'000.0)},
          {"with_people", times(0, nullptr, nullptr)},
          {"hours_saved", 0.25}};
}

Json report_of(const std::string& workflow) {
  return {{"since", "2026-11-20T10:00:00.123456Z"},
          {"until", "2026-11-21T10:00:00Z"},
          {"by_hand", "15m"},
          {"workflows", {figures(workflow)}},
          {"all", figures("")},
          {"findings",
           {{"opened", 2},
            {"states", {{"open", 1}, {"resolved", 1}}},
            {"recurrences", 1},
            {"recurrences_of", {{"motd", 1}}},
            {"marked", 4},
            {"marked_true", 3},
            {"marked_false_positive", 1},
            {"false_positive_rate", 0.25}}},
          {"reviews", Json::object()},
          {"interventions", {{"all", 0}, {"kinds", Json::object()}}},
          {"unreadable", 0}};
}

TEST(ReportText, SaysTimesInUnitsOfPeople) {
  const std::string text = report_text(report_of("w"));
  EXPECT_NE(text.find("2026-11-20T10:00:00Z to 2026-11-21T10:00:00Z"), std::string::npos) << text;
  EXPECT_NE(text.find("2.5 ms / 1.02 min"), std::string::npos) << text;
  EXPECT_NE(text.find("came back        1: 1 of motd; 0 answered by runs"), std::string::npos) << text;
  EXPECT_NE(text.find("false positives  25 %: 1 of 4 marked"), std::string::npos) << text;
  EXPECT_EQ(text.find("undone"), std::string::npos) << text;
  EXPECT_EQ(text.find("confirm"), std::string::npos) << text;
  EXPECT_EQ(text.find("not readable"), std::string::npos) << text;
  EXPECT_EQ(text.find("all of them"), std::string::npos) << "one workflow is all";
}

TEST(ReportText, WhatNobodyHasMarkedIsNoRate) {
  Json report = report_of("w");
  report["findings"]["false_positive_rate"] = nullptr;
  report["all"]["undone"] = 2;
  EXPECT_EQ(report_text(report).find("false positives"), std::string::npos);
  EXPECT_NE(report_text(report).find("undone           2"), std::string::npos) << report_text(report);
}

TEST(ReportText, SaysOfWhatRetentionHasTaken) {
  Json report = report_of("w");
  EXPECT_EQ(report_text(report).find("not kept"), std::string::npos) << "an older daemon's";
  report["runs_gone"] = 0;
  EXPECT_EQ(report_text(report).find("not kept"), std::string::npos);
  report["runs_gone"] = 50;
  EXPECT_NE(report_text(report).find("not kept         50 runs more: retention has taken their rows"),
            std::string::npos)
      << report_text(report);
  EXPECT_NE(report_page(report).find("<th>not kept</th><td>50 runs more: "), std::string::npos);
}

TEST(ReportText, WhatOnlyToldIsNamed) {
  Json report = report_of("w");
  EXPECT_EQ(report_text(report).find("changed nothing"), std::string::npos);
  report["all"]["changed_nothing"] = 2;
  EXPECT_NE(report_text(report).find("2 succeeded and only told, asked or waited"), std::string::npos)
      << report_text(report);
}

TEST(ReportText, WhatNothingConfirmsHasItsColumnAndSaysWhatHelps) {
  Json report = report_of("w");
  report["workflows"][0]["unverified"] = 71;
  report["all"]["unverified"] = 71;
  for (const std::string& text : {report_text(report), report_page(report)}) {
    EXPECT_NE(text.find("UNVERIFIED"), std::string::npos) << text;
    EXPECT_NE(text.find("71 succeeded, and nothing confirms"), std::string::npos) << text;
    EXPECT_NE(text.find("`confirm:`"), std::string::npos) << text;
  }
  EXPECT_NE(report_page(report).find("<td class=\"number\">71</td>"), std::string::npos);
}

TEST(ReportText, WithoutRunsSaysSo) {
  Json report = report_of("w");
  report["workflows"] = Json::array();
  report["unreadable"] = 2;
  EXPECT_NE(report_text(report).find("no runs\n"), std::string::npos);
  EXPECT_NE(report_text(report).find("2 rows"), std::string::npos);
}

TEST(ReportPage, NothingOfANameBecomesMarkup) {
  const std::string page = report_page(report_of("<img src=x onerror=alert(1)>"));
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_NE(page.find("&lt;img src=x"), std::string::npos);
  EXPECT_NE(page.find("Content-Security-Policy"), std::string::npos);
}

}  // namespace
}  // namespace aright::cli
