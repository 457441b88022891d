// Whatever is drawn of plans, drift, edits, removals, renamings, answers of several people, pauses, waits, programs,
// notices, expiry and restarts: nothing runs that was not approved byte for byte, by as many as it takes, and no
// question outlives what it was asked under.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "approvals_watcher_test.h"
#include "core_notify_rig_test.h"
#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

class ApprovedPrograms final : public ProgramRunner {
 public:
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& /*request*/) override { return ProgramOutcome{}; }
};

Step starts_a_program() {
  Step::Exec exec;
  exec.program.arguments = {"/bin/look", "${ finding.subject.id }", "${ finding.episode }"};
  Step step{exec};
  step.nothing_to_undo = true;
  return step;
}

Team those_who_decide() {
  Team team;
  team.name = "ops";
  team.users = {"alice", "bob", "carol"};
  team.quorum = 2;
  return team;
}

/// Asks before its first effect, or, as a step, after it; that may say itself how many people it takes, and then there
/// need be no teams.
Config drawn_config() {
  Config config = two_steps();
  Workflow& w = config.workflows[0];
  w.guards.threshold[0].runs = 1000;
  config.teams = {those_who_decide()};
  const auto quorum = *rc::gen::element<std::optional<std::uint32_t>>(std::nullopt, std::nullopt, 2);
  if (*rc::gen::inRange(0, 2) == 0) {
    w.mode = Mode::propose;
  } else {
    w.steps.insert(w.steps.begin() + 1, Step{Step::Approve{"", "go on?", 2h, quorum}});
    if (quorum && *rc::gen::inRange(0, 2) == 0) config.teams.clear();
  }
  if (*rc::gen::inRange(0, 5) == 0) {
    const auto where = *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(w.steps.size()));
    w.steps.insert(w.steps.begin() + where, Step{Step::Wait{30s}});
  }
  // Before the last, which may be edited, and behind what asks.
  config.notify.notifiers = {{.name = "ops"}};
  if (*rc::gen::inRange(0, 4) == 0) w.steps.insert(w.steps.end() - 1, starts_a_program());
  if (*rc::gen::inRange(0, 4) == 0) w.steps.insert(w.steps.end() - 1, tells("on ${ finding.subject.id }"));
  return config;
}

std::string one_of(std::vector<std::string> names) { return *rc::gen::elementOf(std::move(names)); }

/// One case: a world, and what people and others do in it.
class Drawn {
 public:
  Drawn() : whole_(drawn_config()), config_(whole_), rig_(config_) {
    watcher.in_force(config_, "");
    remember();
    rig_.programs = &programs_;
    rig_.notify = &hand_;
    rig_.start();
    rig_.settle();
    rig_.changes("/a", "bad");
    rig_.settle();
  }
  void run() {
    const auto count = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(10, 60));  // else the first cases are short
    const bool pauses = *rc::gen::inRange(0, 4) == 0;
    for (int i = 0; i < count; ++i) {
      if (paused_ && *rc::gen::inRange(0, 2) == 0) pause_or_resume();
      if (pauses && *rc::gen::inRange(0, 8) == 0) pause_or_resume();
      switch (*rc::gen::inRange(0, 4)) {
        case 0: drift(); break;
        case 1: change_definitions(); break;
        default: somebody_answers(); break;
      }
      watcher.look(rig_.entries);
      watcher.look_at_questions(rig_.core->projection());
      if (*rc::gen::inRange(0, 4) != 0) settle();
    }
    if (paused_) pause_or_resume();
    settle();
  }
  ApprovalsWatcher watcher;

 private:
  void settle() {
    while (!rig_.work.empty()) {
      rig_.one();
      watcher.look(rig_.entries);
      watcher.look_at_questions(rig_.core->projection());
    }
  }
  void drift() {
    const std::string to = std::to_string(*rc::gen::inRange(0, 4));
    switch (*rc::gen::inRange(0, 4)) {
      case 0: return rig_.changes("/a", "bad " + to);
      case 1: return rig_.changes("/q", "drift " + to);
      case 2: rig_.driver.states["/a"] = file("quietly " + to); return;
      default: return time_passes();
    }
  }
  void time_passes() {
    const Nanos span = *rc::gen::element<Nanos>(1s, 1min, 25h);
    rig_.now.boot += span;
    rig_.now.wall += span;
    rig_.hint("/a");
  }
  /// Looked at here: what a resumption lets go is judged by what is in force now, not by what comes next.
  void pause_or_resume() {
    if (std::exchange(paused_, !paused_)) {
      static_cast<void>(rig_.ask(Resume{"go"}));
    } else {
      static_cast<void>(rig_.ask(Pause{"wait"}));
    }
    watcher.look(rig_.entries);
  }
  void change_definitions() {
    edit();
    remember();
    rig_.configure(config_);
    if (*rc::gen::inRange(0, 4) == 0) {
      watcher.in_force(config_, "");
      return rig_.restart();
    }
    const std::string who = one_of({"dave", "root", "alice"});
    watcher.in_force(config_, who);
    static_cast<void>(rig_.ask(Reload{config_, nullptr}, who));
  }
  /// As they are stored, for as long as a run needs them.
  void remember() {
    for (const Workflow& w : whole_.workflows) rig_.remembered.workflows.push_back(w);
    for (const Control& c : whole_.controls) rig_.remembered.controls.push_back(c);
  }
  /// What is not there any more comes back half of the times.
  void edit() {
    Workflow& w = whole_.workflows[0];
    const std::string text = "new " + std::to_string(++edits_);
    switch (*rc::gen::inRange(0, 9)) {
      case 0: w.steps.back() = own("/q", text); break;
      case 1: whole_.controls[0].desired.fields["content"] = "good " + std::to_string(edits_ % 3); break;
      case 2: w.name = w.name == "fix" ? "mend" : "fix"; break;
      case 3:
        if (!whole_.teams.empty()) whole_.teams[0].users = {"alice", "bob", one_of({"carol", "erin", "mallory"})};
        break;
      case 4:
        if (!whole_.teams.empty()) whole_.teams[0].quorum = *rc::gen::inRange(1U, 3U);
        break;
      case 5: gone_ = "workflow"; break;
      case 6: gone_ = "control"; break;
      case 7: gone_ = "teams"; break;
      default: break;  // as it is
    }
    config_ = whole_;
    if (gone_ == "workflow") config_.workflows.clear();
    if (gone_ == "control") config_.controls.clear();
    if (gone_ == "teams") config_.teams.clear();
    if (*rc::gen::inRange(0, 2) == 0) gone_.clear();  // with the next change
  }
  void somebody_answers() {
    if (*rc::gen::inRange(0, 3) != 0) settle();
    const bool nothing_asked = rig_.core->projection().reviews().empty();
    if (nothing_asked && *rc::gen::inRange(0, 2) == 0) return rig_.changes("/a", "worse " + std::to_string(++worse_));
    const auto& open = rig_.core->projection().reviews();
    const std::uint64_t review = open.empty() ? 1 : *rc::gen::inRange<std::uint64_t>(1, open.rbegin()->first + 1);
    const std::uint64_t last = open.empty() ? review : open.rbegin()->first;
    if (*rc::gen::inRange(0, 12) == 0) return say(Deny{last, "no"}, "bob");
    if (*rc::gen::inRange(0, 3) == 0) say(reviewed(), one_of({"alice", "bob", "carol", "mallory"}));
    if (*rc::gen::inRange(0, 3) == 0) return say(Approve{review, "yes"}, one_of({"alice", "bob", "carol", "mallory"}));
    if (*rc::gen::inRange(0, 6) == 0) say(Approve{last, "yes"}, "mallory");
    for (const char* who : {"alice", "bob", "carol"}) say(Approve{last, "yes"}, who);
  }
  static Command reviewed() {
    const std::string kind = one_of({"workflow", "control", "team"});
    return Reviewed{kind, kind == "workflow" ? "fix" : kind == "control" ? "a" : "ops", "as it should be"};
  }
  void say(Command command, const std::string& who) {
    static_cast<void>(rig_.ask(std::move(command), who));
    watcher.look(rig_.entries);
  }

  ApprovedPrograms programs_;
  SomebodyToTell hand_;
  Config whole_;   ///< with all that is there at times
  Config config_;  ///< in force
  Rig rig_;
  std::string gone_;
  int edits_{0};
  int worse_{0};
  bool paused_{false};
};

TEST(Approvals, NothingRunsThatWasNotApprovedByteForByte) {
  std::size_t acted = 0;
  std::size_t effects = 0;
  std::size_t lapsed = 0;
  std::size_t asked_again = 0;
  std::size_t without_teams = 0;
  std::size_t programs = 0;
  std::size_t told = 0;
  std::size_t cases = 0;
  const bool held = rc::check("nothing runs that was not approved byte for byte", [&] {
    ++cases;
    for (int world = 0; world < 3; ++world) {  // enough of them for what is counted below
      Drawn drawn;
      drawn.run();
      acted += drawn.watcher.effects != 0 ? 1U : 0U;
      effects += drawn.watcher.effects;
      lapsed += drawn.watcher.lapsed;
      asked_again += drawn.watcher.asked_again;
      without_teams += drawn.watcher.without_teams;
      programs += drawn.watcher.programs;
      told += drawn.watcher.told;
    }
  });
  ASSERT_TRUE(held);
  EXPECT_GE(acted * 4, cases) << "people let effects go in too few cases to show anything";
  EXPECT_GE(effects * 2, cases);
  EXPECT_GE(lapsed, cases);
  EXPECT_GE(asked_again, 1U);
  EXPECT_GE(without_teams, 1U);
  EXPECT_GE(programs, 1U);
  EXPECT_GE(told, 1U);
}

}  // namespace
}  // namespace aright::engine::test
