// Whatever is drawn of plans, drift, edits, answers of several people, expiry and restarts: nothing runs that was not
// approved byte for byte, by as many as it takes.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

Config two_say_yes() {
  Config config = two_steps();
  config.workflows[0].mode = Mode::propose;
  config.workflows[0].guards.threshold[0].runs = 1000;
  Team team;
  team.name = "ops";
  team.users = {"alice", "bob", "carol"};
  team.quorum = 2;
  config.teams = {team};
  return config;
}

/// In its own words: what was planned of each run, and who has said yes to which review.
class Watcher {
 public:
  /// Every intention must be of a plan that two members approved, as it was when they did.
  void look(const std::vector<Json>& entries) {
    for (; seen_ < entries.size(); ++seen_) take(entries[seen_]);
  }
  std::size_t effects{0};

 private:
  void take(const Json& e) {
    const std::string kind = e.at("kind").get<std::string>();
    if (kind == "step.planned") {
      auto& plan = planned_[e.at("run").get<std::uint64_t>()];
      plan[e.at("step").get<std::size_t>()] = e.at("plan").at("before").at("id").get<std::string>() + " " +
                                              e.at("plan").at("after").at("id").get<std::string>();
      shape_[e.at("run").get<std::uint64_t>()][e.at("step").get<std::size_t>()] = e.at("plan").at("difference");
    }
    if (e.contains("review") && kind == "run.held") {
      review_of_[e.at("run").get<std::uint64_t>()] = e.at("review").get<std::uint64_t>();
      asked_[e.at("review").get<std::uint64_t>()] = shape_[e.at("run").get<std::uint64_t>()];
    }
    if (kind == "review.approved") yes_[e.at("review").get<std::uint64_t>()].insert(e.at("by").get<std::string>());
    if (kind == "step.intended") intended(e);
  }
  void intended(const Json& e) {
    ++effects;
    const std::uint64_t run = e.at("run").get<std::uint64_t>();
    const std::size_t step = e.at("step").get<std::size_t>();
    if (e.at("state") == "undo_intended") return;
    RC_ASSERT(review_of_.contains(run));
    const std::uint64_t review = review_of_.at(run);
    RC_ASSERT(yes_[review].size() >= 2U);
    RC_ASSERT(asked_.at(review).at(step) == shape_.at(run).at(step));
    const std::string content = planned_.at(run).at(step);
    RC_ASSERT(content == e.at("before").get<std::string>() + " " + e.at("after").get<std::string>());
  }

  std::size_t seen_{0};
  std::map<std::uint64_t, std::map<std::size_t, std::string>> planned_;
  std::map<std::uint64_t, std::map<std::size_t, Json>> shape_;
  std::map<std::uint64_t, std::uint64_t> review_of_;
  std::map<std::uint64_t, std::map<std::size_t, Json>> asked_;
  std::map<std::uint64_t, std::set<std::string>> yes_;
};

RC_GTEST_PROP(Approvals, NothingRunsThatWasNotApprovedByteForByte, ()) {
  Config config = two_say_yes();
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  Watcher watcher;
  std::size_t edits = 0;
  const auto some_review = [&]() -> std::uint64_t {
    const auto& open = rig.core->projection().reviews();
    return open.empty() ? 1 : open.begin()->first;
  };
  const auto count = *rc::gen::inRange(5, 40);
  for (int i = 0; i < count; ++i) {
    const std::string who = *rc::gen::element<std::string>("alice", "bob", "carol", "mallory");
    switch (*rc::gen::inRange(0, 12)) {
      case 0: rig.changes("/a", "bad " + std::to_string(*rc::gen::inRange(0, 4))); break;
      case 1: rig.changes("/q", "drift " + std::to_string(*rc::gen::inRange(0, 4))); break;
      case 2: rig.driver.states["/a"] = file("quietly " + std::to_string(*rc::gen::inRange(0, 4))); break;
      case 3: {
        config.workflows[0].steps[1] = own("/q", "new " + std::to_string(++edits));
        rig.configure(config);
        static_cast<void>(rig.ask(Reload{config, nullptr}, *rc::gen::element<std::string>("dave", "root")));
        break;
      }
      case 4: static_cast<void>(rig.ask(Deny{some_review(), "no"}, who)); break;
      case 5: rig.pass(*rc::gen::element<Nanos>(1s, 1min, 25h)); break;
      case 6: rig.restart(); break;
      case 7:
      case 8:
      case 9: {
        const std::uint64_t review = some_review();
        static_cast<void>(rig.ask(Approve{review, "yes"}, "alice"));
        static_cast<void>(rig.ask(Approve{review, "yes"}, "bob"));
        break;
      }
      default: static_cast<void>(rig.ask(Approve{some_review(), "yes"}, who)); break;
    }
    if (*rc::gen::inRange(0, 4) != 0) rig.settle();
    watcher.look(rig.entries);
  }
  rig.settle();
  watcher.look(rig.entries);
  RC_CLASSIFY(watcher.effects != 0);
}

}  // namespace
}  // namespace aright::engine::test
