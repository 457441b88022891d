#include "sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "audit/checkpoint.h"
#include "base/digest.h"

namespace aright::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t steps_max = 20'000;  ///< without time passing: more than that is a spinning engine

}  // namespace

Sim::Sim(std::uint64_t seed, Shape shape, std::optional<std::uint64_t> crash_at)
    : world_(seed), store_(world_, reserve_), driver_(world_), programs_(world_), snapshots_(world_), shape_(shape) {
  world_.crash_at = crash_at;
  configure(shape);
  checker_ = std::make_unique<Checker>(world_, store_, config_);
  world_.changed = [this](const std::string& path) { changed(path); };
  world_.later = [this](std::function<void()> event, Nanos wait) { at(wait, std::move(event)); };
  world_.hang = [this](Nanos span) { wait_within(span, engine_waits_); };
  world_.slow_disk = [this](Nanos span) { wait_within(span, true); };
  world_.before_effect = [this](const Effect& effect) { checker_->before_effect(effect); };
  world_.tells = [this](const std::string& address, const std::string& token, std::uint64_t run) {
    if (rules_) log_line(address, "curl (" + token + ")", run);
  };
  world_.closed = [this](const std::string& workflow, const std::string& driver) { return closed(workflow, driver); };
  world_.before_program = [this](const ProgramRequest& request) {
    if (telling_) fmt::print("{} ms starts {} as {}\n", time_ / 1ms, request.arguments.front(), request.key);
    checker_->before_program(request);
  };
}

void Sim::advance_to(Nanos time) {
  time_ = std::max(time_, time);
  world_.time = time_;
  world_.now.boot = time_ - booted_at_;
  world_.now.wall = WallTime{std::chrono::hours{500'000}} + time_ + wall_step_;
}

void Sim::in_process(Nanos wait, Event event) {
  at(wait, [this, life = life_, event = std::move(event)] {
    if (life == life_ && shell_) event();
  });
}

void Sim::dispatch(engine::Work work) {
  const bool slow = shape_ == Shape::random && world_.faults.on && world_.chance.percent(4);
  const bool even = shape_ == Shape::calm;  // who began first is done first
  const Nanos wait = even ? Nanos{10ms} : 1ms + world_.chance.millis(slow ? 4000 : 30);
  const Nanos back = even ? Nanos{1ms} : 1ms + world_.chance.millis(slow ? 1000 : 5);
  const bool effect = std::holds_alternative<engine::DoApply>(work) || std::holds_alternative<engine::DoErrand>(work);
  if (effect && world_.faults.on && world_.chance.percent(6)) in_process(wait / 2, [this] { close_the_gate(); });
  in_process(wait, [this, back, work = std::move(work)] {
    auto input = std::make_shared<engine::Input>(engine::perform(hands_, work));
    in_process(back, [this, input] { shell_->post(std::move(*input)); });
  });
}

/// As the watch source tells of it: soon, late, twice, or not at all, and then that something was lost.
void Sim::changed(const std::string& path) {
  engine::Hint hint;
  hint.source = "watch";
  hint.offset = ++offset_;
  hint.path = path;
  Chance& c = world_.chance;
  const bool trouble = world_.faults.on;
  if (trouble && c.percent(8)) {
    hint.what = engine::Hint::What::read_all;
    hint.note = "lost some";
    hint.path.clear();
    in_process(c.millis(20'000), [this, hint] { shell_->post(hint); });
    return;
  }
  const Nanos wait = trouble && c.percent(5) ? Nanos{10s} : 1ms + c.millis(20);
  in_process(wait, [this, hint] { shell_->post(hint); });
  if (trouble && c.percent(10)) in_process(wait + c.millis(2000), [this, hint] { shell_->post(hint); });
}

/// Somebody's program writes a line.
void Sim::log_line(const std::string& address, const std::string& agent, std::uint64_t run) {
  log_.push_back({log_clock(), address, agent});
  world_.told.push_back({address, run});
  read_log();
}

/// A piece at a time, while the engine takes events; soon or a little later.
void Sim::read_log() {
  if (!shell_ || !rules_ || reading_ || world_.faults.starting || !reader_->more()) return;
  reading_ = true;
  in_process(1ms + world_.chance.millis(20), [this] {
    reading_ = false;
    if (stop_at_) return;
    if (shell_->takes_events(log_source)) {
      shell_->post(reader_->read(1 + world_.chance.below(4), log_clock(), world_.chance.digest()));
    }
    if (!shell_->takes_events(log_source)) return in_process(50ms, [this] { read_log(); });
    read_log();
  });
}

void Sim::boot() {
  if (shell_) return;
  if (!reserve_.restore()) return at(5s, [this] { boot(); });
  gate_ = std::make_unique<engine::Gate>();
  hands_ = {{{"file", &driver_}},
            gate_.get(),
            [this] { return world_.chance.digest(); },
            world_.key,
            &programs_,
            &snapshots_,
            nullptr,
            &calls_,
            nullptr,
            &receiver_};
  engine::ShellParts parts{store_,
                           reserve_,
                           *gate_,
                           [this] { return world_.now; },
                           [this](engine::Work work) { dispatch(std::move(work)); },
                           [] {},
                           [] {},
                           [](std::uint64_t size, const Digest& root) {
                             return audit::sign_checkpoint({log_origin, size, root, {}}, log_key(), log_origin);
                           },
                           [](const std::string&) {},
                           [](const std::vector<engine::Notice>&) {},
                           world_.key,
                           programs_max};
  shell_ = std::make_unique<engine::Shell>(std::move(parts));
  world_.faults.starting = true;
  if (auto ok = shell_->start(config_, rules_, snapshots_.load()); !ok) {
    throw Violation{"the restart failed: " + ok.error().message};
  }
  const auto logs = shell_->core().read_from().logs;
  const auto from = logs.find(log_source);
  reader_ = std::make_unique<LogReader>(log_, from == logs.end() ? std::vector<ReadFrom>{} : from->second);
  reading_ = false;
  world_.faults.starting = false;
  read_log();
  if (pause_file_) gate_->close(engine::Gate::file);
  shell_->post(engine::PauseSeen{"file", pause_file_});
  checker_->after_step();
  checker_->whole_tree();
  for (const auto& [number, scope] : checker_->asked_pauses()) pauses_.push_back({scope, number, {}});
}

void Sim::crash() {
  if (telling_) fmt::print("{} ms the process dies\n", time_ / 1ms);
  crashed_ = true;
  world_.faults.starting = false;
  shell_.reset();
  ++life_;
  stop_at_.reset();
  resumes_.clear();
  pauses_.clear();
  world_.unreadable_until.clear();
  const bool reboot = shape_ == Shape::random && world_.chance.percent(30);
  if (reboot) {
    booted_at_ = time_ - 5s;
    world_.at_work.clear();
    world_.now.boot_id = fmt::format("boot-{}", ++boots_);
    advance_to(time_);
  }
  at(1ms + world_.chance.millis(3000), [this] { boot(); });
}

void Sim::trace() {
  for (; traced_ < store_.entries.size(); ++traced_) {
    digest_ = hex(sha256({digest_, store_.entries[traced_].bytes}));
    if (telling_) fmt::print("{} ms {}\n", time_ / 1ms, store_.entries[traced_].bytes);
  }
  for (; traced_effects_ < world_.effects.size(); ++traced_effects_) {
    const Effect& e = world_.effects[traced_effects_];
    digest_ = hex(sha256({digest_, e.key, e.resource, e.after.dump()}));
    if (telling_) fmt::print("{} ms effect {} on {}: {}\n", time_ / 1ms, e.key, e.resource, e.after.dump());
  }
}

void Sim::steps() {
  for (std::uint64_t count = 0; shell_; ++count) {
    if (count > steps_max) throw Violation{"the engine spins without time passing"};
    const Now now = world_.now;  // a commit may take its time
    auto worked = shell_->step(now);
    if (!worked) throw Violation{"the engine stopped: " + worked.error().message};
    checker_->after_step();
    trace();
    check_stop();
    if (!*worked) return;
  }
}

/// The stop that was asked for, as Shell::run does it.
void Sim::check_stop() {
  if (!stop_at_ || (!shell_->quiet() && time_ < *stop_at_)) return;
  stop_at_.reset();
  std::size_t intentions = 0;
  for (std::size_t i = stop_mark_; i < store_.entries.size(); ++i) {
    intentions += store_.entries[i].bytes.find("\"kind\":\"step.intended\"") != std::string::npos ? 1U : 0U;
  }
  if (intentions > 8) throw Violation{"goes on beginning effects while it stops"};
  (void)shell_->finish();  // not stored on a full disk: then it is a crash like others
  checker_->after_step();
  throw Crash{};
}

/// Whatever comes first. While the engine waits for its disk it has no timers, and no stop ends it.
std::optional<Nanos> Sim::next_event() const {
  std::optional<Nanos> next;
  if (!queue_.empty()) next = queue_.begin()->first.first;
  if (engine_waits_) return next;
  if (shell_) {
    if (const auto due = shell_->next_due(); due && (!next || *due + booted_at_ < *next)) next = *due + booted_at_;
  }
  if (stop_at_ && (!next || *stop_at_ < *next)) next = stop_at_;
  return next;
}

void Sim::go(Nanos until) {
  std::uint64_t idle = 0;
  for (auto next = next_event(); next && *next <= until; next = next_event()) {
    idle = *next > time_ ? 0 : idle + 1;
    if (idle > steps_max) throw Violation{"nothing moves"};
    advance_to(*next);
    try {
      if (!queue_.empty() && queue_.begin()->first.first <= time_) {
        Event event = std::move(queue_.begin()->second);
        queue_.erase(queue_.begin());
        event();
      }
      if (!engine_waits_) steps();
    } catch (const Crash&) {
      if (waiting_ > 0) throw;  // whoever waits dies with the process
      crash();
    }
  }
  advance_to(until);
}

/// The caller's own time: the world goes on within its call, up to a few calls deep; also while the process starts. Who
/// began to wait later is heard first, so that some wait longer than they meant to.
void Sim::wait_within(Nanos span, bool engine_waits) {
  constexpr std::uint64_t deepest = 3;
  if (!shell_ || waiting_ >= deepest) return;
  struct Within {
    Sim& sim;
    bool before;
    Within(Sim& s, bool engine) : sim(s), before(std::exchange(s.engine_waits_, engine)) { ++sim.waiting_; }
    ~Within() { --sim.waiting_, sim.engine_waits_ = before; }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;
  };
  if (telling_) fmt::print("{} ms {} waits {} ms\n", time_ / 1ms, engine_waits ? "the engine" : "a hand", span / 1ms);
  const Within within(*this, engine_waits);
  go(time_ + span);
}

void Sim::ask(engine::Command command) {
  if (!shell_) return;
  const auto* pauses = std::get_if<engine::Pause>(&command);
  const std::optional<engine::PauseScope> scope = pauses == nullptr ? std::nullopt : std::optional(pauses->scope);
  const bool resumes = std::holds_alternative<engine::Resume>(command);
  engine::Identity who{1000, "operator \xC3", {"wheel"}};
  if (!config_.teams.empty()) who = somebody();
  auto answer = shell_->submit(std::move(command), std::move(who));
  if (scope) pauses_.push_back({*scope, 0, std::move(answer)});
  if (resumes) resumes_.push_back(std::move(answer));
}

void Sim::hear_answers() {
  const auto heard = [](std::future<Result<Json>>& future) -> std::optional<Result<Json>> {
    if (!future.valid() || future.wait_for(0s) != std::future_status::ready) return std::nullopt;
    return future.get();
  };
  for (auto pause = pauses_.begin(); pause != pauses_.end();) {
    const auto answer = heard(pause->answer);
    if (answer && *answer) pause->number = (*answer)->at("pause").get<std::uint64_t>();
    pause = answer && !*answer ? pauses_.erase(pause) : std::next(pause);
  }
  for (auto& resume : resumes_) {
    const auto answer = heard(resume);
    if (!answer || !*answer || !(*answer)->contains("resumed")) continue;
    std::erase_if(pauses_, [&](const AskedPause& p) { return Json(p.number) == (*answer)->at("resumed"); });
  }
  std::erase_if(resumes_, [](const auto& resume) { return !resume.valid(); });
}

/// A pause counts from the moment somebody asks for it, its end from the moment somebody was told of it.
std::string Sim::closed(const std::string& workflow, const std::string& driver) {
  if (pause_file_) return "the file pauses";
  if (stop_at_) return "the process stops";
  hear_answers();
  const bool paused =
      std::ranges::any_of(pauses_, [&](const AskedPause& p) { return p.scope.covers(workflow, driver); });
  return paused ? "somebody has paused" : "";
}

/// A member by name, by group, or nobody's.
engine::Identity Sim::somebody() {
  static const std::array<engine::Identity, 4> people{
      {{1001, "ann", {}}, {1002, "ben", {"ops"}}, {1003, "cat", {"users"}}, {0, "root", {"root"}}}};
  return people.at(world_.chance.below(people.size()));
}

void Sim::answer_a_review(bool approve) {
  if (!shell_) return;
  const auto& reviews = shell_->core().projection().reviews();
  if (reviews.empty()) return;
  auto chosen = world_.chance.percent(50) ? std::prev(reviews.end()) : reviews.begin();
  if (world_.chance.percent(30)) {
    chosen = std::next(reviews.begin(), static_cast<std::ptrdiff_t>(world_.chance.below(reviews.size())));
  }
  const std::uint64_t id = chosen->first;
  if (!config_.teams.empty() && world_.chance.percent(10)) return ask(engine::Acknowledge{id, "seen"});
  if (approve) return ask(engine::Approve{id, "looks right"});
  ask(engine::Deny{id, "no \xFF"});
}

void Sim::faults_end() {
  if (telling_) fmt::print("{} ms the faults end{}\n", time_ / 1ms, shell_ ? "" : "; no process");
  world_.faults.on = false;
  world_.forced.clear();
  world_.crash_at.reset();
  world_.unreadable_until.clear();
  reserve_.full = false;
  pause_file_ = false;
  if (gone_) {
    config_.workflows.push_back(*std::exchange(gone_, std::nullopt));
    ask(engine::Reload{config_, rules_});
  }
  if (!shell_) return;
  gate_->open(engine::Gate::file);
  shell_->post(engine::PauseSeen{"file", false});
  for (const engine::Paused& pause : shell_->core().projection().pauses()) ask(engine::Resume{"over", pause.id});
}

Report Sim::run() {
  Report report;
  try {
    at(0s, [this] { boot(); });
    go(1s);
    script(shape_);
    go(shape_ == Shape::random || shape_ == Shape::calm ? Nanos{15min} : Nanos{40min});
    for (int i = 0; i < 5; ++i) {  // a start may still be on its way
      at(0s, [this] { faults_end(); });
      go(time_ + 20s);
    }
    go(time_ + 100min);
    checker_->whole_tree();
    checker_->settled();
    if (const std::string wrong = log_trouble(log_, store_); rules_ && !wrong.empty()) throw Violation{wrong};
  } catch (const Violation& violation) {
    report.violation = fmt::format("at {} ms: {}", time_ / 1ms, violation.what);
  }
  trace();
  report.digest = digest_;
  report.writes = world_.writes;
  report.lived = time_;
  report.entries = store_.entries.size();
  report.crashed = crashed_;
  report.drawn = {{"decisions that are only counted", checker_->only_counted()},
                  {"met others at work on their subject", checker_->met_others()},
                  {"held for a loop", checker_->held_for("loop")},
                  {"held for oscillation", checker_->held_for("oscillation")},
                  {"slow starts", world_.faults.slow_starts}};
  for (const char* state : {"succeeded", "failed", "rolled_back", "rollback_failed", "denied", "expired", "held",
                            "waiting", "cancelled", "planned", "unknown"}) {
    report.ended[state] = checker_->ended(state);
  }
  return report;
}

}  // namespace aright::sim
