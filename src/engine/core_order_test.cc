// Who goes first (docs/decisions/0076, 0204), against a slow reference written from that text: floods of findings of
// any severity, any limits, several workflows on a subject, one file that many need, works that end in any order.
#include <fmt/format.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "engine/core_rig_test.h"
#include "engine/turns.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

/// "An eighth of each limit, at least one where there are two, is for critical findings only."
std::size_t kept_for_critical(std::size_t limit) {
  if (limit < 2) return 0;
  return limit < 8 ? 1 : limit / 8;
}

struct OneRun {
  std::uint64_t run{0};
  Level severity{Level::medium};
  std::string workflow;
  std::string subject{};
};

/// "By severity, within it by age."
bool goes_before(const OneRun& a, const OneRun& b) {
  return a.severity != b.severity ? a.severity > b.severity : a.run < b.run;
}

/// "A critical run at work takes nothing from the others' part."
bool has_room(const std::vector<OneRun>& has_begun, std::size_t limit, Level severity) {
  if (has_begun.size() >= limit) return false;
  if (severity == Level::critical) return true;
  const auto common = std::ranges::count_if(has_begun, [](const OneRun& r) { return r.severity != Level::critical; });
  return static_cast<std::size_t>(common) + kept_for_critical(limit) < limit;
}

Level any_level() { return *rc::gen::element(Level::low, Level::medium, Level::high, Level::critical); }

void drop(std::vector<OneRun>& list, std::uint64_t run) {
  std::erase_if(list, [&](const OneRun& r) { return r.run == run; });
}

/// Everybody who waits and finds room goes, the first first.
void let_go(Turns& turns, std::vector<OneRun>& have, std::vector<OneRun>& wait, std::size_t limit) {
  while (true) {
    std::ranges::sort(wait, goes_before);
    const auto first = std::ranges::find_if(wait, [&](const OneRun& r) { return has_room(have, limit, r.severity); });
    const auto next = turns.next();
    RC_ASSERT(next.has_value() == (first != wait.end()));
    if (!next) return;
    RC_ASSERT(*next == first->run);
    RC_ASSERT(turns.take(first->run, first->severity));
    have.push_back(*first);
    wait.erase(first);
  }
}

RC_GTEST_PROP(TurnsByTheText, WhoIsMostSevereAndOldestIsNext, ()) {
  const auto limit = *rc::gen::inRange<std::size_t>(1, 20);
  Turns turns(limit);
  std::vector<OneRun> have;
  std::vector<OneRun> wait;
  for (std::uint64_t run = 1; run < 80; ++run) {
    const OneRun one{run, any_level(), {}};
    const bool room = has_room(have, limit, one.severity);
    RC_ASSERT(turns.take(run, one.severity) == room);
    (room ? have : wait).push_back(one);
    if (!wait.empty() && *rc::gen::inRange(0, 8) == 0) {
      const OneRun again = *rc::gen::elementOf(wait);
      RC_ASSERT(!turns.take(again.run, again.severity));
    }
    if (!wait.empty() && *rc::gen::inRange(0, 8) == 0) {
      const OneRun gone = *rc::gen::elementOf(wait);
      turns.leave(gone.run);
      drop(wait, gone.run);
    }
    if (!have.empty() && *rc::gen::inRange(0, 2) == 0) {
      const OneRun ended = *rc::gen::elementOf(have);
      turns.give_back(ended.run);
      drop(have, ended.run);
      let_go(turns, have, wait, limit);
    }
  }
}

constexpr std::size_t files = 12;
const std::array<std::string, 3> workflows{"one", "two", "list"};

/// "On one resource there is one in all."
std::string file_of(const OneRun& r) { return r.workflow == "list" ? "file:/list" : r.subject; }

Config any_flood(const std::vector<Level>& severities) {
  Config config;
  config.limits.runs = *rc::gen::inRange<std::size_t>(1, 8);
  if (*rc::gen::inRange(0, 2) == 0) config.limits.drivers["file"] = *rc::gen::inRange<std::size_t>(1, 8);
  config.limits.subject = *rc::gen::inRange<std::size_t>(1, 3);
  std::array<std::vector<std::string>, 3> answered;
  for (std::size_t i = 0; i < severities.size(); ++i) {
    config.controls.push_back(
        control(fmt::format("c{:02}", i), fmt::format("/f{:02}", i), {{"exists", true}, {"content", "good"}}));
    config.controls.back().severity = severities[i];
    answered.at(*rc::gen::inRange<std::size_t>(0, 2)).push_back(config.controls.back().name);
    if (*rc::gen::inRange(0, 3) == 0) answered.at(2).push_back(config.controls.back().name);
  }
  for (const std::size_t w : {0U, 1U, 2U}) {
    if (answered.at(w).empty()) continue;
    config.workflows.push_back(workflow(workflows.at(w), answered.at(w), {w == 2 ? own("/list", "new") : Step{}}));
    config.workflows.back().guards.threshold = {{100, 10min, Per::workflow}};
    if (*rc::gen::inRange(0, 2) == 0) {
      config.workflows.back().guards.concurrency = *rc::gen::inRange<std::uint32_t>(1, 4);
    }
  }
  return config;
}

/// Reads the entries as they come, and knows who is at work and who waits.
class Order {
 public:
  explicit Order(const Config& config) : config_(config) {}

  void read(const Json& e) {
    const std::string kind = e.at("kind").get<std::string>();
    if (!kind.starts_with("run.")) return;
    const auto run = e.at("run").get<std::uint64_t>();
    if (kind == "run.created") {
      waiting_.push_back({run, parse_level(e.at("severity").get<std::string>()).value(),
                          e.at("workflow").get<std::string>(), e.at("subject").get<std::string>()});
    } else if (kind == "run.planning") {
      begins(run);
    } else if (kind == "run.succeeded" || kind == "run.cancelled") {
      drop(at_work_, run);
      drop(waiting_, run);  // its finding is over
    }
  }
  [[nodiscard]] bool over() const { return waiting_.empty() && at_work_.empty(); }

 private:
  [[nodiscard]] bool may_begin(const OneRun& r) const {
    if (!has_room(at_work_, config_.limits.runs, r.severity)) return false;
    if (std::ranges::find(at_work_, file_of(r), file_of) != at_work_.end()) return false;
    const auto on_it = std::ranges::count(at_work_, r.subject, &OneRun::subject);
    if (static_cast<std::size_t>(on_it) >= config_.limits.subject) return false;
    const auto file = config_.limits.drivers.find("file");
    if (file != config_.limits.drivers.end() && !has_room(at_work_, file->second, r.severity)) return false;
    const auto w = std::ranges::find(config_.workflows, r.workflow, &Workflow::name);
    const auto of_it = std::ranges::count(at_work_, r.workflow, &OneRun::workflow);
    return !w->guards.concurrency || static_cast<std::size_t>(of_it) < *w->guards.concurrency;
  }
  /// Whoever begins is the first of those who may.
  void begins(std::uint64_t run) {
    std::ranges::sort(waiting_, goes_before);
    const auto first = std::ranges::find_if(waiting_, [&](const OneRun& r) { return may_begin(r); });
    RC_ASSERT(first != waiting_.end());
    RC_ASSERT(first->run == run);
    at_work_.push_back(*first);
    waiting_.erase(first);
  }

  const Config& config_;
  std::vector<OneRun> waiting_;
  std::vector<OneRun> at_work_;
};

RC_GTEST_PROP(WhoGoesFirst, IsTheMostSevereAndOldestForWhomThereIsRoom, ()) {
  const auto severities = *rc::gen::container<std::vector<Level>>(
      files, rc::gen::element(Level::low, Level::medium, Level::high, Level::critical));
  const Config config = any_flood(severities);
  Rig rig(config);
  for (std::size_t i = 0; i < files; ++i) rig.driver.states[fmt::format("/f{:02}", i)] = file("bad");
  rig.start();
  Order order(config);
  std::size_t read = 0;
  const auto follow = [&] {
    while (read < rig.entries.size()) order.read(rig.entries[read++]);
  };
  follow();
  while (!rig.work.empty()) {
    *rc::gen::inRange(0, 2) == 0 ? rig.one() : rig.newest();
    follow();
  }
  RC_ASSERT(rig.count("run.succeeded") >= files);
  RC_ASSERT(order.over());
}

}  // namespace
}  // namespace aright::engine::test
