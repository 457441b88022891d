// What is remembered of our own changes: whose a state is, and what had led there, also when the finding is over first.
#include "engine/own_changes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

SubjectState made_by(std::uint64_t run, std::uint64_t order, const std::string& control, const std::string& mark) {
  SubjectState s;
  s.control = control;
  s.subject = "file:/a";
  LastAnswer answer;
  answer.state = "succeeded";
  answer.run = run;
  answer.order = order;
  answer.made = {{"file:/q", mark}};
  s.answers["w"] = answer;
  return s;
}

TEST(OwnChanges, WhoEndedLastMadeWhatIsThereWhoeverBeganFirst) {
  const SubjectState quick = made_by(5, 10, "a", "quick");
  const SubjectState waited = made_by(3, 20, "b", "waited");  // for a person
  for (const bool in_order : {true, false}) {
    OwnChanges own;
    own.learn(in_order ? quick : waited);
    own.learn(in_order ? waited : quick);
    EXPECT_TRUE(own.of_state("file:/q", "quick").empty());
    const auto chain = own.of_state("file:/q", "waited");
    ASSERT_EQ(chain.size(), 1U);
    EXPECT_EQ(chain.front().run, 3U);
  }
}

TEST(OwnChanges, OfRowsFromBeforeThereWasAnOrderTheHigherNumberIsTheLast) {
  for (const bool in_order : {true, false}) {
    OwnChanges own;
    own.learn(made_by(in_order ? 3 : 5, 0, "a", in_order ? "third" : "fifth"));
    own.learn(made_by(in_order ? 5 : 3, 0, "b", in_order ? "fifth" : "third"));
    EXPECT_TRUE(own.of_state("file:/q", "third").empty());
    EXPECT_EQ(own.of_state("file:/q", "fifth").size(), 1U);
  }
}

/// One log, written entry by entry, and the rows that come of it.
class Log {
 public:
  Log() { put("node.started", {{"boot_id", "b"}, {"version", "0"}}); }
  void put(const std::string& kind, Json entry) {
    entry.update({{"v", 1}, {"at", rfc3339(WallTime{1h})}, {"up", 1}, {"kind", kind}, {"seq", projection.entries()}});
    const auto ok = projection.apply(entry);
    ASSERT_TRUE(ok) << ok.error().message;
    for (Row& row : projection.take_rows()) rows_[row.table + " " + row.id] = std::move(row);
  }
  void move(const char* to, const char* input, Json more = Json::object()) {
    more.update({{"run", 1}, {"input", input}, {"reason", ""}});
    put(std::string("run.") + to, std::move(more));
  }
  void restart() {
    std::vector<Row> open;
    for (const auto& [id, row] : rows_) {
      if (row.open) open.push_back(row);
    }
    auto loaded = Projection::load(projection.entries(), projection.context(), open);
    ASSERT_TRUE(loaded) << loaded.error().message;
    projection = std::move(*loaded);
  }

  Projection projection;

 private:
  std::map<std::string, Row> rows_;
};

const Cause earlier{7, "other", "0123456789abcdef", "file:/q", CauseProof::state};

void begin_run(Log& log, const std::string& finding) {
  log.put("finding.opened", {{"finding", finding},
                             {"control", "a"},
                             {"control_hash", "c"},
                             {"subject", "file:/a"},
                             {"severity", "high"},
                             {"episode", 1},
                             {"recurrence_of", ""},
                             {"differs", Json::array()},
                             {"source", "test"},
                             {"offset", 0},
                             {"about", "bad"},
                             {"causes", causes_json(std::vector{earlier})}});
  log.put("run.created", {{"run", 1},
                          {"finding", finding},
                          {"control", "a"},
                          {"control_hash", "c"},
                          {"workflow", "w"},
                          {"version", "v"},
                          {"subject", "file:/a"},
                          {"severity", "high"},
                          {"mode", "auto"}});
  log.move("planning", "start");
  log.move("running", "admit");
}

TEST(CausesOfARun, OutliveItsFindingAndARestart) {
  for (const bool restarts : {false, true}) {
    Log log;
    const std::string finding = Finding::make_id("a", "file:/a", 1);
    begin_run(log, finding);
    log.put("finding.resolved", {{"finding", finding}, {"by", "read clean"}});
    if (restarts) log.restart();
    log.move("verifying", "all-applied");
    log.move("succeeded", "verified", {{"made", {{"file:/a", "good"}}}});
    if (restarts) log.restart();
    OwnChanges own;
    own.learn(*log.projection.subject("a", "file:/a"));
    const auto chain = own.of_state("file:/a", "good");
    ASSERT_EQ(chain.size(), 2U) << restarts;
    EXPECT_EQ(chain.front(), earlier);
    EXPECT_EQ(chain.back().run, 1U);
  }
}

/// A finding of control `a` that our own runs led to waits for its workflow, which is off.
void lead_back_to_the_first(Rig& rig) {
  rig.driver.states["/a"] = file("better");
  rig.start();
  rig.settle();
  ASSERT_TRUE(rig.ask(SetMode{"make-good", Mode::off, ""}));
  for (int n = 0; n < 8; ++n) {
    rig.hint("/a");
    rig.settle();
    rig.pass(1s);
  }
  ASSERT_EQ(rig.count("run.succeeded"), 2U);
  ASSERT_EQ(rig.last("finding.opened").at("control"), "a");
  ASSERT_EQ(rig.last("finding.opened").at("causes").size(), 2U);
}

TEST(LoopOfAnOpenFinding, AChangedControlIsAnotherAttempt) {
  const Config before{{control("a", "/a", {{"exists", true}, {"content", "good"}}),
                       control("b", "/a", {{"exists", true}, {"content", "better"}})},
                      {workflow("make-good", {"a"}), workflow("make-better", {"b"})},
                      {}};
  for (const bool changes : {false, true}) {
    Rig rig(before);
    lead_back_to_the_first(rig);
    Reload reload;
    reload.config = before;
    reload.config.controls.pop_back();  // whoever brought it back is gone
    reload.config.workflows.pop_back();
    if (changes) reload.config.controls[0].title = "another";
    ASSERT_TRUE(rig.ask(std::move(reload)));
    ASSERT_TRUE(rig.ask(SetMode{"make-good", Mode::auto_, ""}));
    rig.hint("/a");
    rig.settle();
    rig.pass(1s);
    EXPECT_EQ(rig.count("run.held"), changes ? 0U : 1U);
    EXPECT_EQ(rig.driver.states["/a"], file(changes ? "good" : "better"));
  }
}

}  // namespace
}  // namespace aright::engine::test
