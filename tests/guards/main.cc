// Generated timelines of findings, runs, restarts, reboots and clock steps: each guard against the slow reference.
//   guard_timelines [--timelines N] [--seed N]
#include <fmt/format.h>
#include <rapidcheck.h>

#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>

#include "node.h"
#include "reference.h"

namespace aright::timelines {
namespace {

using namespace std::chrono_literals;

constexpr std::array<const char*, 5> subjects{"file:/a", "file:/b", "file:/c", "file:/d", "file:/q"};
constexpr const char* shared_file = "file:/q";  ///< that some workflows change, whatever they answer

struct Op {
  enum class What : std::uint8_t {
    pass,
    step_wall,
    reboot,
    restart,
    open,
    resolve,
    ask,
    let_go,
    end,
    conflict,
    insist,
    come_back,
    set,
    mend
  } what{};
  int number{0};
};

bool chance(int percent) { return *rc::gen::inRange(0, 100) < percent; }
std::chrono::minutes minutes_of(int low, int high) { return std::chrono::minutes{*rc::gen::inRange(low, high)}; }

Threshold any_threshold() {
  Threshold limit{*rc::gen::inRange<std::uint32_t>(1, 6), minutes_of(1, 20),
                  *rc::gen::element(Per::workflow, Per::subject, Per::resource, Per::expression)};
  if (limit.per == Per::expression) limit.key = "${ finding.severity }";
  return limit;
}

DaySpan any_span() {
  DaySpan span;
  for (bool& day : span.days) day = chance(70);
  span.from = minutes_of(0, 1440);
  span.to = minutes_of(1, 1441);
  return span;
}

Budget any_budget() {
  Budget budget{.within = minutes_of(1, 30), .staged = chance(50)};
  if (chance(70)) budget.subjects = *rc::gen::inRange<std::uint64_t>(1, 6);
  if (!budget.subjects || chance(50)) budget.percent = *rc::gen::inRange<std::uint32_t>(1, 101);
  if (budget.percent || chance(20)) budget.population = *rc::gen::inRange<std::uint64_t>(0, 12);
  return budget;
}

Guards any_guards() {
  Guards guards;
  guards.threshold = {{*rc::gen::inRange<std::uint32_t>(2, 9), minutes_of(1, 20), Per::workflow}};
  while (guards.threshold.size() < 4 && chance(40)) guards.threshold.push_back(any_threshold());
  if (chance(20)) guards.cool_down = CoolDown{minutes_of(1, 10), *rc::gen::element(Per::workflow, Per::subject)};
  if (chance(20)) guards.hold_time = minutes_of(1, 10);
  if (chance(25)) guards.flapping = Flapping{*rc::gen::inRange<std::uint32_t>(2, 6), minutes_of(1, 30)};
  if (chance(20)) {
    TimeWindow window{chance(50) ? "UTC" : "+02:00", {}, {}, chance(50)};
    while (window.allow.size() < 2 && chance(60)) window.allow.push_back(any_span());
    while (window.forbid.size() < 2 && chance(40)) window.forbid.push_back(any_span());
    guards.window = window;
  }
  if (chance(40)) {
    guards.breaker = Breaker{*rc::gen::inRange<std::uint32_t>(1, 101), *rc::gen::inRange<std::uint32_t>(1, 5),
                             minutes_of(5, 60), std::nullopt};
    if (chance(60)) guards.breaker->trial_after = minutes_of(1, 20);
  }
  if (chance(15)) {  // alone, or the others speak first
    guards = {};
    guards.threshold = {{40, minutes_of(1, 20), Per::workflow}};
    guards.oscillation = Oscillation{*rc::gen::inRange<std::uint32_t>(0, 3), minutes_of(30, 120)};
  } else if (chance(70)) {  // a threshold of few admits few returns: those of others would never speak
    guards.oscillation = Oscillation{*rc::gen::inRange<std::uint32_t>(0, 4), minutes_of(5, 120)};
  }
  return guards;
}

Step change_of_shared_file() { return {Step::Ensure{.own = Step::Target{{"file", "/q"}, {}}}}; }

Config any_config() {
  Config config;
  for (const Level severity : {Level::medium, Level::high}) {
    Control control;
    control.name = fmt::format("c{}", config.controls.size());
    control.severity = severity;
    if (chance(10)) control.hold_time = minutes_of(1, 10);
    config.controls.push_back(std::move(control));
  }
  const bool shared = chance(40);
  if (shared) config.budgets.push_back({"web", any_budget()});
  for (const char* name : {"w0", "w1"}) {
    Workflow w;
    w.name = name;
    w.guards = any_guards();
    if (shared) {
      w.guards.budget = std::string("web");
    } else if (chance(40)) {
      w.guards.budget = any_budget();
    }
    w.steps = {Step{}};
    if (chance(30)) w.steps = {change_of_shared_file()};
    config.workflows.push_back(std::move(w));
  }
  return config;
}

/// How often each was said, over all timelines: what is never said proves nothing.
std::map<std::string, std::uint64_t>& said() {
  static std::map<std::string, std::uint64_t> counts;
  return counts;
}

class Timeline {
 public:
  explicit Timeline(const Config& config) : config_(config), node_(config, clock_), reference_(config) {}

  void carry_out(const Op& op) {
    switch (op.what) {
      case Op::What::pass: return pass(op.number % 400'000);
      case Op::What::step_wall: clock_.wall_ms += (op.number % 14'400 - 7'200) * std::int64_t{1000}; return;
      case Op::What::reboot:
        clock_.boot_ms = op.number % 60'000;
        ++clock_.boot;
        return restart();
      case Op::What::restart: return restart();
      case Op::What::open: return open(op.number);
      case Op::What::resolve: return resolve(op.number);
      case Op::What::ask: return ask(op.number, false);
      case Op::What::let_go: return ask(op.number, true);
      case Op::What::end: return end(op.number);
      case Op::What::conflict:
        return running_.empty() ? void()
                                : conflict(static_cast<std::size_t>(op.number / 16) % running_.size(), op.number);
      case Op::What::insist: return insist(op.number);
      case Op::What::come_back: return come_back(op.number);
      case Op::What::set: return set(subject_of(op.number), op.number);
      case Op::What::mend:
        node_.mend(control_of(op.number));
        return reference_.circles().mended(control_of(op.number).name);
    }
  }

 private:
  static const char* subject_of(int number) { return subjects.at(static_cast<std::size_t>(number) % subjects.size()); }
  const Control& control_of(int number) const { return config_.controls.at(number / 120 % 5 < 3 ? 0U : 1U); }
  const Workflow& workflow_of(int number) const { return config_.workflows.at(number / 5 % 4 == 0 ? 1U : 0U); }

  void pass(int millis) {
    clock_.wall_ms += millis;
    clock_.boot_ms += millis;
  }
  void restart() {
    node_.restart(clock_);
    reference_.circles().restarted();
  }
  std::string state_of(const std::string& subject) const {
    const auto found = states_.find(subject);
    return found == states_.end() ? "their-0" : found->second;
  }
  /// What every control wants of its subjects is named like itself.
  bool is_right(const Control& control, const std::string& subject) const { return state_of(subject) == control.name; }
  /// All that look at it see it.
  void changed(const std::string& subject, std::string state) {
    states_[subject] = std::move(state);
    for (const Control& control : config_.controls) {
      if (!node_.has_open_finding(control, subject)) continue;
      if (is_right(control, subject)) {
        node_.resolve_finding(control, subject, clock_);
      } else {
        node_.see(control, subject, state_of(subject), clock_);
        reference_.circles().seen(control.name, subject, state_of(subject));
      }
    }
  }
  /// Somebody else does; most often to the same.
  void set(const std::string& subject, int number) { changed(subject, number % 7 == 0 ? "their-1" : "their-0"); }
  void open(int number) {
    const Control& control = control_of(number);
    const std::string subject = subject_of(number);
    if (node_.has_open_finding(control, subject) || is_right(control, subject)) return;
    node_.open_finding(control, subject, state_of(subject), clock_);
    reference_.opened(control.name, subject, state_of(subject), clock_);
  }
  void resolve(int number) {
    if (node_.has_open_finding(control_of(number), subject_of(number))) {
      node_.resolve_finding(control_of(number), subject_of(number), clock_);
    }
  }
  /// `let_go`: a person does, whatever the guards say.
  void ask(int number, bool let_go) {
    const Workflow& w = workflow_of(number);
    const Control& control = control_of(number);
    const std::string subject = subject_of(number);
    const bool plan = number / 20 % 6 == 0;
    if (is_right(control, subject)) set(subject, number);
    open(number);
    const std::string seen = node_.asked(w, control, subject, plan, clock_);
    const std::string wanted = reference_.asked(w, control, subject, plan, clock_);
    ++said()[seen];
    if (seen != wanted) RC_FAIL(fmt::format("{} on {}: {}, and the reference says {}", w.name, subject, seen, wanted));
    const bool goes = plan ? !seen.starts_with("wait") || seen == "wait window" : seen == "admit" || let_go;
    if (!goes || node_.has_open_run(w, subject)) return;
    const std::uint64_t run = node_.admit(w, control, subject, plan, clock_);
    reference_.admitted(w, control, subject, run, plan, clock_);
    if (!plan) running_.push_back({run, &w, &control, subject, w.steps.front().cures() ? control.name : w.name});
  }
  /// It is asked about again at once; where it may not go on, its end is a person's.
  void conflict(std::size_t which, int number) {
    const Running it = running_[which];
    if (!node_.is_current(it.run)) return;
    const bool begun = number % 3 == 0;
    node_.conflict(it.run, begun, clock_);
    reference_.conflicted(*it.workflow, it.run, begun);
    const std::string seen = node_.asked(*it.workflow, *it.control, it.subject, false, clock_, it.run);
    const std::string wanted = reference_.asked(*it.workflow, *it.control, it.subject, false, clock_, it.run);
    ++said()["again: " + seen];
    if (seen != wanted) RC_FAIL(fmt::format("run {} again: {}, and the reference says {}", it.run, seen, wanted));
    if (seen == "admit") {
      node_.admit_again(it.run, *it.workflow, *it.control, clock_);
      return reference_.admitted_again(*it.workflow, *it.control, it.subject, it.run, clock_);
    }
    node_.end(it.run, "cancelled", {}, clock_);
    reference_.ended(*it.workflow, it.run, "cancelled", {}, clock_);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  /// A person lets one go, whatever the guards say, and it is asked about again at once: so each guard has its say
  /// there, also the one that kept it back.
  void insist(int number) {
    const std::size_t before = running_.size();
    ask(number, true);
    if (running_.size() > before) conflict(before, number);
  }
  /// It is put right, and somebody sets the same again, a few times: what oscillation is about.
  void come_back(int number) {
    for (int times = 0; times < 3; ++times) {
      const std::size_t before = running_.size();
      ask(number, true);
      if (running_.size() == before) return;
      const std::string subject = running_[before].subject;
      end(before, "succeeded", number);
      changed(subject, "their-0");
    }
    insist(number);
  }
  void end(int number) {
    static constexpr std::array<const char*, 8> ways{"succeeded", "succeeded",   "succeeded", "failed",
                                                     "failed",    "rolled_back", "cancelled", "unknown"};
    if (running_.empty()) return;
    end(static_cast<std::size_t>(number / 16) % running_.size(),
        ways.at(static_cast<std::size_t>(number) % ways.size()), number);
  }
  void end(std::size_t which, std::string how, int number) {
    const auto [run, w, control, subject, wanted] = running_[which];  // copied: it may go
    const bool was_unknown = unknown_.contains(run);
    if (was_unknown) how = number % 2 == 0 ? "succeeded" : "failed";
    std::map<std::string, std::string> made;
    if (how == "succeeded" && !was_unknown) made = {{w->steps.front().cures() ? subject : shared_file, wanted}};
    node_.end(run, how, made, clock_);
    reference_.ended(*w, run, how, made, clock_);
    if (how == "unknown") {
      unknown_.insert(run);
    } else {
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    for (const auto& [resource, state] : made) changed(resource, state);
    RC_ASSERT(node_.open(w->name) == reference_.open(w->name));
  }

  const Config& config_;
  Clock clock_{1'800'000'000'000, 3'600'000, 0};
  Node node_;
  Reference reference_;
  struct Running {
    std::uint64_t run{0};
    const Workflow* workflow{nullptr};
    const Control* control{nullptr};
    std::string subject;
    std::string wanted;  ///< the state it makes
  };
  std::vector<Running> running_;
  std::map<std::string, std::string> states_;  ///< by subject
  std::set<std::uint64_t> unknown_;
};

rc::Gen<Op> any_op() {
  using What = Op::What;
  return rc::gen::construct<Op>(rc::gen::weightedElement<What>({{12, What::pass},
                                                                {2, What::step_wall},
                                                                {1, What::reboot},
                                                                {2, What::restart},
                                                                {4, What::open},
                                                                {6, What::resolve},
                                                                {24, What::ask},
                                                                {3, What::let_go},
                                                                {16, What::end},
                                                                {8, What::conflict},
                                                                {5, What::insist},
                                                                {4, What::come_back},
                                                                {4, What::set},
                                                                {1, What::mend}}),
                                rc::gen::inRange(0, 1'000'000'000));
}

void showValue(const Op& op, std::ostream& os) { os << static_cast<int>(op.what) << ":" << op.number; }

/// Of what was said in so many timelines, what was not.
std::vector<std::string> never_said() {
  std::vector<std::string> list;
  for (const char* verdict :
       {"admit", "hold breaker", "hold budget", "hold flapping", "hold loop", "hold oscillation", "hold threshold",
        "hold window", "wait budget", "wait cool-down", "wait for", "wait window"}) {
    for (const std::string& one : {std::string(verdict), fmt::format("again: {}", verdict)}) {
      if (!said().contains(one)) list.push_back(one);
    }
  }
  return list;
}

bool all_agree() {
  return rc::check("every guard says what the reference says", [] {
    const Config config = any_config();
    Timeline timeline(config);
    for (const Op& op : *rc::gen::container<std::vector<Op>>(any_op())) timeline.carry_out(op);
  });
}

}  // namespace
}  // namespace aright::timelines

int main(int argc, char** argv) {
  constexpr int enough_timelines = 2000;  // in so many each verdict is said a dozen times or more
  std::string parameters = "max_size=150 noshrink=0";
  int timelines = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--timelines") timelines = std::atoi(argv[i + 1]);
    if (option == "--timelines") parameters += fmt::format(" max_success={}", argv[i + 1]);
    if (option == "--seed") parameters += fmt::format(" seed={}", argv[i + 1]);
  }
  setenv("RC_PARAMS", parameters.c_str(), 1);  // before rapidcheck reads it
  const bool agree = aright::timelines::all_agree();
  for (const auto& [verdict, times] : aright::timelines::said()) fmt::print("{:>10}  {}\n", times, verdict);
  const std::vector<std::string> missing =
      timelines >= enough_timelines ? aright::timelines::never_said() : std::vector<std::string>();
  for (const std::string& verdict : missing) fmt::print("never said, so that nothing is proved of it: {}\n", verdict);
  return agree && missing.empty() ? 0 : 1;
}
