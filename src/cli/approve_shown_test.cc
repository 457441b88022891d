#include "cli/approve_shown.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::cli {
namespace {

std::vector<ShownReview> three() { return {{1, "aa", {}}, {2, "bb", {}}, {5, "cc", {}}}; }

TEST(ApproveShown, WhatCameLaterIsNotAmongThoseShown) {
  auto open = three();
  const std::string digest = digest_of("w", open, 2);
  const auto count = shown_before("w", open, digest);
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(*count, 2U);
  EXPECT_EQ(shown_before("w", open, digest_of("w", open, 3)), 3U);
}

TEST(ApproveShown, OneThatChangedOrIsClosedRefusesAll) {
  const std::string digest = digest_of("w", three(), 3);
  auto changed = three();
  changed[1].plan_hash = "b0";
  EXPECT_EQ(shown_before("w", changed, digest).error().code, Errc::conflict);
  auto closed = three();
  closed.erase(closed.begin());
  EXPECT_EQ(shown_before("w", closed, digest).error().code, Errc::conflict);
  EXPECT_FALSE(shown_before("other", three(), digest)) << "it names the workflow";
  EXPECT_FALSE(shown_before("w", {}, digest_of("w", {}, 0))) << "nothing is nothing to approve";
}

TEST(ApproveShown, ALineSaysWhatEachStepWouldChange) {
  const Json run = Json::parse(R"({"steps": [
    {"resource": "file:/a", "changes": true, "difference": [{"path": "/content/0"}, {"path": "/content/2"}, {"path": "/mode"}]},
    {"resource": "flow:wait", "changes": true},
    {"resource": "file:/b", "changes": false, "difference": []},
    {"resource": "exec:/usr/bin/x", "changes": true, "difference": [{"path": "/arguments", "value": ["/usr/bin/x", "-a"]}]}]})");
  EXPECT_EQ(change_line(run), R"(file:/a (content, mode); runs ["/usr/bin/x","-a"])");
  EXPECT_EQ(change_line(Json::parse(R"({"steps": []})")), "no change is planned");
}

TEST(ApproveShown, EachIsCountedAsWhatCameOfIt) {
  ApprovedShown all;
  all.add({Json{{"review", 1}, {"state", "succeeded"}, {"approvals", 2}}, 0});
  EXPECT_EQ(all.text(), "1 review approved\n");
  all.add({Json{{"review", 2}, {"state", "held"}, {"approvals", 1}, {"needed", 2}}, 0});
  all.add({Json{{"review", 3}, {"state", "held"}, {"asked_again", 5}}, does_not_go_on});
  all.refuse(4, "you have changed its control");
  all.later = 2;
  EXPECT_EQ(all.text(),
            "1 review approved; 1 takes more people to say yes; 1 does not go on by it, as told above; "
            "1 not approved, as told above; 2 came later and stay open\n");
  EXPECT_EQ(all.code, does_not_go_on);
  const Json told = all.json("w");
  EXPECT_EQ(told.at("approved"), 1);
  EXPECT_EQ(told.at("more_people"), 1);
  EXPECT_EQ(told.at("answers").size(), 3U);
  EXPECT_EQ(told.at("not_approved"), Json::parse(R"([{"review": 4, "why": "you have changed its control"}])"));
  EXPECT_EQ(told.at("left"), 2);
}

}  // namespace
}  // namespace aright::cli
