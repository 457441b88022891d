// What older runs meet in a bulk undo, without a daemon.
#include "cli/undo_chain.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace aright::cli {
namespace {

using Fate = UndoChain::Fate;

Json state(const std::string& content, const std::string& mode) {
  return {{"exists", true}, {"content", {content}}, {"mode", mode}};
}

Json change(const std::string& resource, const Json& before, const Json& after) {
  Json difference = Json::array();  // what the driver says of it
  for (const char* field : {"content", "mode"}) {
    if (before.value(field, Json()) != after.value(field, Json())) {
      difference.push_back({{"op", "replace"}, {"path", std::string("/") + field + (field[0] == 'c' ? "/0" : "")}});
    }
  }
  if (!before.value("exists", true) || !after.value("exists", true)) difference = {{{"op", "replace"}, {"path", ""}}};
  return {{"resource", resource},          {"changes", true},
          {"names", {"content"}},          {"difference", difference},
          {"before", {{"state", before}}}, {"after", {{"state", after}}}};
}

class UndoChainTest : public testing::Test {
 protected:
  Json run(std::uint64_t id, std::vector<Json> steps) {
    Json all = Json::array();
    for (Json& step : steps) all.push_back(std::move(step));
    runs_[id] = {{"id", id}, {"steps", std::move(all)}};
    return runs_.at(id);
  }
  UndoChain::Met then(const Json& run, bool gone_back = true) {
    const auto met = chain_.meet(run);
    chain_.note(run, met.fate, gone_back);
    return met;
  }

  std::map<std::uint64_t, Json> runs_;
  UndoChain chain_{[this](std::uint64_t id) -> Result<Json> { return runs_.at(id); }};
};

TEST_F(UndoChainTest, OneThatNobodyFollowedIsAlone) {
  EXPECT_EQ(then(run(2, {change("file:/b", state("x", "0644"), state("ok", "0644"))})).fate, Fate::alone);
  EXPECT_EQ(then(run(1, {change("file:/a", state("x", "0644"), state("ok", "0644"))})).fate, Fate::alone);
}

TEST_F(UndoChainTest, FollowsWhereTheNewerFoundWhatItLeft) {
  EXPECT_EQ(then(run(2, {change("file:/a", state("ok", "0600"), state("new", "0600"))})).fate, Fate::alone);
  // The mode is neither named nor changed by the older one: somebody may have set it.
  const auto met = then(run(1, {change("file:/a", state("x", "0644"), state("ok", "0644"))}));
  EXPECT_EQ(met.fate, Fate::follows);
  EXPECT_EQ(met.newer, 2U);
}

TEST_F(UndoChainTest, IsSupersededThroughTheWholeChain) {
  then(run(3, {change("file:/a", state("x3", "0644"), state("ok", "0644"))}));
  const auto second = then(run(2, {change("file:/a", state("x2", "0644"), state("ok", "0644"))}));
  EXPECT_EQ(second.fate, Fate::superseded);
  EXPECT_EQ(second.why, "content of file:/a changed between it and run 3, whose undo gives that back");
  EXPECT_EQ(then(run(1, {change("file:/a", state("x1", "0644"), state("x2", "0644"))})).fate, Fate::superseded);
}

TEST_F(UndoChainTest, IsHinderedWhereTheNewerIsNotUndone) {
  then(run(2, {change("file:/a", state("ok", "0644"), state("new", "0644"))}), false);
  EXPECT_EQ(then(run(1, {change("file:/a", state("x", "0644"), state("ok", "0644"))}), false).fate, Fate::hindered);
}

TEST_F(UndoChainTest, APartThatIsSupersededHindersTheWhole) {
  then(run(3, {change("file:/a", state("x3", "0644"), state("ok", "0644"))}));
  EXPECT_EQ(chain_
                .meet(run(2, {change("file:/a", state("x2", "0644"), state("ok", "0644")),
                              change("file:/b", state("x", "0644"), state("ok", "0644"))}))
                .fate,
            Fate::hindered);
  EXPECT_EQ(chain_
                .meet(run(1, {change("file:/a", state("x2", "0644"), state("ok", "0644")),
                              {{"resource", "exec:/usr/bin/true"}, {"changes", true}}}))
                .fate,
            Fate::hindered);
}

TEST_F(UndoChainTest, OfAFewFieldsOrLinesAPartMayBeLeft) {
  const auto is = [](std::vector<std::string> all, const std::string& mode) {
    return Json{{"exists", true}, {"content", all}, {"mode", mode}};
  };
  const auto met = [&](const Json& was, const Json& left, const Json& found) {
    UndoChain chain([this](std::uint64_t id) -> Result<Json> { return runs_.at(id); });
    const Json newer = run(2, {change("file:/a", found, is({"new", ""}, "0600"))});
    chain.note(newer, chain.meet(newer).fate, true);
    return chain.meet(run(1, {change("file:/a", was, left)})).fate;
  };
  EXPECT_EQ(met(is({"x", ""}, "0644"), is({"ok", ""}, "0600"), is({"ok", ""}, "0666")), Fate::hindered)
      << "the content is as it left it";
  EXPECT_EQ(met(is({"x", ""}, "0644"), is({"ok", ""}, "0600"), is({"y", ""}, "0666")), Fate::superseded);
  EXPECT_EQ(met(is({"P 2", "R yes", ""}, "0644"), is({"P 1", "R no", ""}, "0644"), is({"P 1", "R yes", ""}, "0644")),
            Fate::hindered)
      << "a line that it wrote stands";
  EXPECT_EQ(met(is({"a", "b", "c", ""}, "0644"), is({"a", ""}, "0644"), is({"a", "b", ""}, "0644")), Fate::hindered)
      << "a line that it took away is not back";
  EXPECT_EQ(met(is({"a", "b", ""}, "0644"), is({"a", ""}, "0644"), is({"a", "b", ""}, "0644")), Fate::superseded);
  EXPECT_EQ(met(is({"a", "b", ""}, "0644"), is({"a", "B", ""}, "0644"), is({"a", "B", "more", ""}, "0644")),
            Fate::hindered)
      << "somebody wrote another line";
}

TEST_F(UndoChainTest, ADifferenceThatWasCutHidesNothing) {
  then(run(2, {change("file:/a", state("y", "0600"), state("ok", "0600"))}));
  Json cut = change("file:/a", state("x", "0644"), state("ok", "0600"));
  cut["difference"] = {{{"op", "replace"}, {"path", "/content/0"}}};
  cut["difference_omitted"] = 1;
  EXPECT_EQ(chain_.meet(run(1, {cut})).fate, Fate::hindered) << "its mode stands";
}

TEST_F(UndoChainTest, AllStepsOfARunOnAResourceCount) {
  then(run(2, {change("file:/a", state("ok", "0666"), state("ok", "0600"))}));
  EXPECT_EQ(chain_
                .meet(run(1, {change("file:/a", state("x", "0644"), state("ok", "0644")),
                              change("file:/a", state("ok", "0644"), state("ok", "0600"))}))
                .fate,
            Fate::hindered)
      << "its first step's content stands";
}

TEST_F(UndoChainTest, LinesInAnotherOrderAreNotGone) {
  const auto lines = [](std::vector<std::string> all) {
    return Json{{"exists", true}, {"content", all}, {"mode", "0644"}};
  };
  then(run(2, {change("file:/a", lines({"b", "a", "c", ""}), lines({"a", ""}))}));
  EXPECT_EQ(chain_.meet(run(1, {change("file:/a", lines({"a", "b", ""}), lines({"b", "a", ""}))})).fate,
            Fate::hindered);
}

TEST_F(UndoChainTest, WhatIsHiddenOrErasedCannotBeTold) {
  Json hidden = state("ok", "0600");
  hidden.erase("content");
  then(run(2, {change("file:/a", hidden, state("new", "0600"))}));
  EXPECT_EQ(chain_.meet(run(1, {change("file:/a", state("x", "0600"), state("ok", "0600"))})).fate, Fate::unknown);
  Json erased = change("file:/a", state("x", "0600"), state("ok", "0600"));
  erased["after"].erase("state");
  EXPECT_EQ(chain_.meet(run(1, {erased})).fate, Fate::unknown);
}

/// Somebody took others the right to read it: the undo of the older asks for the mode that it had left.
TEST_F(UndoChainTest, WhatIsShownAndDiffersIsEnoughForARefusal) {
  Json hidden = state("ok", "0600");
  hidden.erase("content");
  then(run(2, {change("file:/a", hidden, state("new", "0600"))}));
  Json older = change("file:/a", state("x", "0644"), state("ok", "0644"));
  older["names"] = {"content", "mode"};
  const auto met = chain_.meet(run(1, {older}));
  EXPECT_EQ(met.fate, Fate::hindered);
  EXPECT_EQ(met.why, "mode of file:/a changed between it and run 2, whose undo gives that back");
  EXPECT_EQ(met.newer, 2U);
  // What its own difference does not show is no less refused.
  Json secret = change("file:/a", state("x", "0644"), state("ok", "0644"));
  secret["names"] = {"content", "mode"};
  secret["before"]["state"].erase("content");
  secret["after"]["state"].erase("content");
  EXPECT_EQ(chain_.meet(run(1, {secret})).fate, Fate::hindered);
  Json moded = change("file:/a", state("x", "0600"), state("ok", "0644"));
  EXPECT_EQ(chain_.meet(run(1, {moded})).fate, Fate::unknown) << "all of it may read as before";
}

TEST_F(UndoChainTest, OneThatWasMadeAnewIsChanged) {
  then(run(2, {change("file:/a", {{"exists", false}}, state("ok", "0644"))}));
  const auto met = chain_.meet(run(1, {change("file:/a", state("x", "0644"), state("ok", "0644"))}));
  EXPECT_EQ(met.fate, Fate::superseded);
  EXPECT_EQ(met.why, "file:/a was made or removed between it and run 2, whose undo gives that back");
}

TEST_F(UndoChainTest, WhatIsGoneOnBothSidesIsTheSame) {
  then(run(2, {change("file:/a", {{"exists", false}}, state("ok", "0644"))}));
  EXPECT_EQ(chain_.meet(run(1, {change("file:/a", state("x", "0644"), {{"exists", false}})})).fate, Fate::follows);
}

}  // namespace
}  // namespace aright::cli
