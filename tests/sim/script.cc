// What happens in a world: its configuration, and what people, other programs and the machine do to it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "script_guards.h"
#include "script_parts.h"
#include "script_people.h"
#include "script_steps.h"
#include "sim.h"

namespace aright::sim {

using namespace std::chrono_literals;

namespace {

/// As `mend`, by a server.
Step ask_to_mend(const std::string& path, bool confirmed) {
  Step::Call call;
  call.message.method = "POST";
  call.message.url = mend_url + path;
  call.message.time_limit = 5s;
  if (confirmed) {
    call.confirm = Step::CallConfirm{};
    call.confirm->message.url = std::string(look_url) + "${ run.key }";
  }
  return {std::move(call)};
}

RunLimits drawn_limits(Chance& chance) {
  RunLimits limits;
  if (chance.percent(25)) limits = {.runs = 2 + chance.below(4), .drivers = {{"file", 1 + chance.below(3)}}};
  if (chance.percent(20)) limits.subjects = 4 + chance.below(12);
  if (chance.percent(25)) limits.subject = 2 + chance.below(2);
  return limits;
}

/// What becomes of its failures, and of what it has done.
void draw_ends(Chance& chance, Workflow& w) {
  if (chance.percent(30)) w.on_failure = OnFailure::review;
  if (chance.percent(30)) w.review_within = 30min;
  for (Step& step : w.steps) {
    if (chance.percent(20)) step.retry = {1 + static_cast<std::uint32_t>(chance.below(3)), 2s};
    auto* ensure = std::get_if<Step::Ensure>(&step.act);
    if (step.is_errand() && chance.percent(40)) step.nothing_to_undo = true;
    if (step.is_errand() && chance.percent(40)) step.undo = *mend("/w/f", chance.percent(60)).exec();
    if (ensure != nullptr && chance.percent(20)) ensure->time_limit = 1s + chance.millis(60'000);
  }
}

}  // namespace

const char* name(Shape shape) {
  switch (shape) {
    case Shape::success: return "success";
    case Shape::held: return "held";
    case Shape::rollback: return "rollback";
    case Shape::unknown: return "unknown";
    case Shape::program: return "program";
    case Shape::call: return "call";
    case Shape::wait: return "wait";
    case Shape::each: return "each";
    case Shape::branch: return "branch";
    case Shape::ends: return "ends";
    case Shape::asks: return "asks";
    case Shape::log: return "log";
    case Shape::undo: return "undo";
    case Shape::random: return "random";
    case Shape::calm: return "calm";
  }
  return "?";
}

/// Half of all worlds call its content secret.
Control Sim::other_control() const {
  Control c = watch("other", {"/w/c"}, good("/w/c"));
  c.desired.sensitive = world_.secret_paths.contains("/w/c");
  return c;
}

void Sim::configure(Shape shape) {
  const Json a = good("/w/a");
  const Json q = good("/w/q");
  config_.controls.push_back(watch("a-content", {"/w/a"}, a));
  const Step slow{Step::Ensure{.own = {}, .verify_within = 2s}};
  config_.workflows.push_back(answering("fix", {"a-content"}, Mode::auto_, {slow}));
  for (const char* path : {"/w/a", "/w/b", "/w/c", "/w/q", "/w/t", "/w/u", "/d/one", "/d/two"}) {
    const std::string p = path;
    world_.set(p, {{"exists", true}, {"content", good_content(p)}, {"mode", "0644"}});
  }
  if (shape == Shape::undo) config_.workflows[0].steps.push_back(own("/w/q", {{"mode", "0600"}, {"exists", true}}));
  if (shape == Shape::rollback) config_.workflows[0].steps.push_back(own("/w/q", {{"mode", "0600"}, {"exists", true}}));
  if (shape == Shape::wait)
    config_.workflows[0].steps = {slow, waits(20s), own("/w/q", {{"mode", "0600"}, {"exists", true}})};
  if (shape == Shape::program) config_.workflows[0].steps = {mend("/w/a", true)};
  if (shape == Shape::call) config_.workflows[0].steps = {ask_to_mend("/w/a", true)};
  configure_steps(shape);
  if (shape == Shape::log || shape == Shape::random || shape == Shape::calm) {
    rules_ = log_rules();
    std::ranges::move(log_controls(), std::back_inserter(config_.controls));
    config_.workflows.push_back(answering("react", {"failed-login", "many-failed"}, Mode::auto_, {mend("/w/l", true)}));
  }
  if (shape != Shape::random && shape != Shape::calm) return;
  Chance& chance = world_.chance;
  if (chance.percent(50)) world_.secret_paths.insert("/w/c");
  config_.controls.push_back(watch("a-mode", {"/w/a", "/w/b"}, {{"mode", "0644"}, {"exists", true}}));
  config_.controls.push_back(watch("pair", {"/w/b"}, good("/w/b")));
  config_.controls.push_back(other_control());
  config_.controls.push_back(watch("folder", {}, {{"mode", "0644"}}));
  config_.controls.back().select.within = {"/d"};
  const auto errand = [&](const std::string& path) {
    const bool confirmed = chance.percent(60);
    return chance.percent(50) ? mend(path, confirmed) : ask_to_mend(path, confirmed);
  };
  auto& flows = config_.workflows;
  flows.push_back(answering("modes", {"a-mode", "folder"}, drawn_mode(chance), {Step{}}));
  flows.push_back(answering("pair", {"pair"}, drawn_mode(chance), {Step{}, own("/w/q", q)}));
  flows.push_back(answering("pair-back", {"other"}, drawn_mode(chance), {own("/w/q", q), own("/w/e", q), Step{}}));
  flows.push_back(answering("second", {"a-content", "pair"}, drawn_mode(chance), {Step{}}));
  flows.push_back(answering("react-too", {"failed-login"}, drawn_mode(chance), {errand("/w/e"), own("/w/q", q)}));
  flows.push_back(answering("react-later", {"failed-login"}, drawn_mode(chance), {waits(2s), errand("/w/l")}));
  config_.controls.push_back(watch("tool", {"/w/t"}, good("/w/t")));
  config_.controls.push_back(watch("both", {"/w/u"}, good("/w/u")));
  flows.push_back(
      answering("later", {"pair"}, drawn_mode(chance),
                {waits(1s + chance.millis(20'000)), Step{}, waits(1s + chance.millis(200'000)), own("/w/q", q)}));
  flows.push_back(answering("pair-end", {"pair"}, drawn_mode(chance),
                            {Step{}, own("/w/q", q), at_end(mend("/w/f", chance.percent(50)))}));
  flows.push_back(answering("told-later", {"tool"}, drawn_mode(chance), told_later(chance.percent(60))));
  flows.push_back(answering("branch", {"tool"}, drawn_mode(chance), branching(chance.percent(60))));
  flows.push_back(answering("mend", {"tool"}, drawn_mode(chance), {errand("/w/t")}));
  const Step first = errand("/w/e");
  flows.push_back(
      answering("fix-and-run", {"both"}, drawn_mode(chance), {Step{}, first, own("/w/q", q), errand("/w/e")}));
  config_.limits = drawn_limits(chance);
  draw_guards(chance, config_);
  draw_people(chance, config_);
  world_.deaf = chance.percent(20);
  if (shape == Shape::random) configure_circles();
  for (Workflow& w : flows) draw_ends(chance, w);
}

void Sim::script(Shape shape) {
  const auto breaks = [this](Nanos wait) { at(wait, [this] { world_.outsider("/w/a"); }); };
  const auto answers = [this](Nanos wait, bool approve) { at(wait, [this, approve] { answer_a_review(approve); }); };
  switch (shape) {
    case Shape::success:
    case Shape::wait:
    case Shape::program:
    case Shape::call: return breaks(1s);
    case Shape::each:
    case Shape::branch:
    case Shape::ends: return at(1s, [this] { world_.outsider("/w/t"); });
    case Shape::asks:
      at(1s, [this] { world_.outsider("/w/u"); });
      answers(50s, true);
      return answers(20min, true);
    case Shape::log:
      for (int i = 0; i < 8; ++i) {
        at(1s + 7s * i, [this, i] { log_line(i == 5 ? std::string() : fmt::format("192.0.2.{}", i % 2)); });
      }
      return;
    case Shape::held:
      for (int i = 1; i <= 4; ++i) breaks(10s * i);
      answers(2min, true);
      return answers(20min, true);
    case Shape::rollback: world_.forced["/w/q"] = Errc::denied; return breaks(1s);
    case Shape::unknown:
      world_.forced["/w/a"] = Errc::timeout;
      breaks(1s);
      answers(1min, world_.chance.percent(50));
      return answers(10min, true);
    case Shape::undo:
      breaks(1s);
      at(30s, [this] { undo_a_run(1); });
      return at(4min, [this] { undo_a_run(2); });
    case Shape::random: return plan_random();
    case Shape::calm: return plan_calm();
  }
}

void Sim::plan_random() {
  world_.faults.on = true;
  Faults& f = world_.faults;
  const std::uint64_t harsh = 1 + world_.chance.below(3);
  for (std::uint64_t* chance : {&f.fail_before, &f.fail_after, &f.lie, &f.late, &f.outsider, &f.unreadable, &f.hang}) {
    *chance = world_.chance.below(6 * harsh);
  }
  f.hang /= 3;
  f.slow = world_.chance.below(3);
  const std::uint64_t events = 20 + world_.chance.below(60);
  for (std::uint64_t i = 0; i < events; ++i) {
    at(world_.chance.millis(14 * 60 * 1000), [this] { one_random(); });
  }
  at(world_.chance.millis(60'000), [this] { puppet(); });
  // In some worlds people look at what waits for them.
  for (std::uint64_t looks = world_.chance.percent(60) ? world_.chance.below(30) : 0; looks > 0; --looks) {
    at(world_.chance.millis(14 * 60 * 1000), [this] { answer_a_review(world_.chance.percent(75)); });
  }
}

void Sim::step_the_wall_clock() {
  const Nanos by = world_.chance.millis(7'200'000);
  wall_step_ += world_.chance.percent(50) ? by : -by;
  advance_to(time_);
}

void Sim::one_random() {
  static const std::array<std::string, 11> paths{"/w/a", "/w/b", "/w/c",   "/w/q",   "/w/e",  "/w/t",
                                                 "/w/u", "/w/o", "/d/one", "/d/two", "/d/new"};
  Chance& c = world_.chance;
  if (c.percent(20)) {
    const bool bad = c.percent(10);
    for (std::uint64_t count = 1 + c.below(4); count > 0; --count) {
      log_line(bad ? std::string() : fmt::format("192.0.2.{}", c.below(4)));
    }
    return;
  }
  const std::uint64_t what = c.below(100);
  if (what < 55) return world_.outsider(paths.at(c.below(paths.size())));
  if (what < 75) return operator_acts();
  if (what < 87) {
    world_.crash_at = 2 * (world_.writes + c.below(12)) + c.below(2);
    return;
  }
  if (what < 90) return step_the_wall_clock();
  if (what < 94 && shell_ && !stop_at_) return stop_softly();
  if (what < 97) {
    reserve_.full = true;
    return at(1s + c.millis(60'000), [this] { reserve_.full = false; });
  }
  pause_by_file();
}

void Sim::stop_softly() {
  stop_mark_ = store_.entries.size();
  stop_at_ = time_ + 10s;
  shell_->drain();
}

/// The file `pause` comes or goes.
void Sim::pause_by_file() {
  pause_file_ = !pause_file_;
  if (!shell_) return;
  if (pause_file_) {
    gate_->close(engine::Gate::file);
  } else {
    gate_->open(engine::Gate::file);
  }
  shell_->post(engine::PauseSeen{"file", pause_file_});
}

void Sim::waive_or_not() {
  Chance& c = world_.chance;
  if (c.percent(30)) return ask(engine::Unwaive{1 + c.below(12), "no longer"});
  const Control& control = config_.controls.at(c.below(config_.controls.size()));
  std::string subject =
      control.select.ids.empty() ? "/d/one" : control.select.ids.at(c.below(control.select.ids.size()));
  if (control.on_events()) subject = fmt::format("host=192.0.2.{}", c.below(4));
  ask(engine::Waive{control.name, subject, "known", "", Nanos{1s + c.millis(240'000)}});
}

engine::PauseScope Sim::some_scope() {
  static const std::array<std::string, 3> drivers{"file", "exec", "call"};
  Chance& c = world_.chance;
  const std::uint64_t what = c.below(4);
  if (what < 2) return engine::PauseScope::everything();
  if (what == 2) return engine::PauseScope::driver(drivers.at(c.below(drivers.size())));
  return engine::PauseScope::workflow(config_.workflows.at(c.below(config_.workflows.size())).name);
}

void Sim::pause_a_while() {
  ask(engine::Pause{"let me look", some_scope()});
  at(1s + world_.chance.millis(60'000), [this] { resume_one(); });
}

/// Of several, whichever; now and then without a number, as one's only one, which is refused where there are more.
void Sim::resume_one() {
  if (!shell_) return;
  const auto& pauses = shell_->core().projection().pauses();
  if (pauses.empty() || world_.chance.percent(20)) return ask(engine::Resume{"looked"});
  ask(engine::Resume{"looked", pauses.at(world_.chance.below(pauses.size())).id});
}

/// While an effect is on its way.
void Sim::close_the_gate() {
  const std::uint64_t who = world_.chance.below(3);
  if (who == 0) return pause_a_while();
  if (who == 1 && !stop_at_) return stop_softly();
  if (pause_file_) return;
  pause_by_file();
  at(1s + world_.chance.millis(60'000), [this] {
    if (pause_file_) pause_by_file();
  });
}

void Sim::operator_acts() {
  Chance& c = world_.chance;
  const std::uint64_t what = c.below(100);
  if (what < 25) return answer_a_review(true);
  if (what < 38) return answer_a_review(false);
  if (what < 50) return change_a_run();
  if (what < 65) return pause_a_while();
  if (what < 75) return waive_or_not();
  if (what < 90) {
    const Workflow& w = config_.workflows.at(c.below(config_.workflows.size()));
    return ask(engine::SetMode{w.name, static_cast<Mode>(c.below(static_cast<std::uint64_t>(w.mode) + 1)), "try"});
  }
  if (what < 93) return reload();
  if (what < 96) return forget();
  ask(engine::Rescan{});
}

/// An edited folder: what is not taken now, because no process is there or it stops, the next start reads.
void Sim::reload() {
  Chance& c = world_.chance;
  Workflow& flow = config_.workflows.at(c.below(config_.workflows.size()));
  Step& step = flow.steps.at(c.below(flow.steps.size()));
  if (auto* ensure = std::get_if<Step::Ensure>(&step.act)) ensure->verify_within = 1s + c.millis(5000);
  if (c.percent(50)) redraw_numbers(c, flow.guards);
  const auto other = std::ranges::find(config_.controls, "other", &Control::name);
  if (c.percent(40)) {
    if (other == config_.controls.end()) {
      config_.controls.push_back(other_control());
    } else {
      config_.controls.erase(other);
    }
  } else if (other != config_.controls.end() && c.percent(50)) {
    other->desired.fields["content"][1] = fmt::format("good c {}", c.below(3));
  }
  change_who_is_asked();
  ask(engine::Reload{config_, rules_});
}

}  // namespace aright::sim
