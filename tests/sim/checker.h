// Holds a simulated history to the invariants (ARCHITECTURE.md, "Premises"). Looks only at what is durable and at what
// the world wrote down itself; knows nothing of the engine's memory. Throws Violation.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/verifier.h"
#include "circles.h"
#include "engine/projection.h"
#include "sim_store.h"
#include "world.h"

namespace aright::sim {

struct Violation {
  std::string what;
};

class Checker {
 public:
  Checker(const World& world, const SimStore& store, const Config& config)
      : world_(world),
        store_(store),
        config_(config),
        first_(config.workflows),
        circles_(world),
        log_(audit::VerifyKey::make(log_origin, log_key().public_key()), log_origin) {}

  /// After each step: every entry that has become durable, and the rows.
  void after_step();
  /// Right before an effect: it must have been announced, and nothing have been decided about it since.
  void before_effect(const Effect& effect);
  /// Right before a program starts: announced, once for each announcement, and again only when it is not there.
  void before_program(const ProgramRequest& request);
  /// After a restart and at the end: the whole tree.
  void whole_tree() const;
  /// At the end, when all faults are over and time has passed: everything is right, or somebody knows why not.
  void settled() const;

  [[nodiscard]] std::uint64_t ended(const std::string& state) const;
  /// Runs held by `guard` with good reason: "loop" or "oscillation".
  [[nodiscard]] std::uint64_t held_for(const std::string& guard) const;
  /// Runs that found as many at work on their subject as there may be when they were created.
  [[nodiscard]] std::uint64_t met_others() const { return met_others_; }
  /// Decisions not to act that are counted and no entries of their own.
  [[nodiscard]] std::uint64_t only_counted() const { return counted_; }
  /// Durably, by number; without those of the file.
  [[nodiscard]] const std::map<std::uint64_t, engine::PauseScope>& asked_pauses() const { return asked_pauses_; }

 private:
  struct StepSeen {
    std::string path;
    std::string driver;
    std::string before;  ///< canonical
    std::string after;
    std::vector<std::string> names;
    std::string state;
    std::string key;  ///< of the last intention
    std::uint64_t intended_order{0};
    std::uint64_t intended_life{0};  ///< of the process
    bool changes{true};
    std::optional<int> exit;  ///< its program's code, when it ended so
    bool program{false};
    bool confirms{false};                ///< the plan names a program that looks
    std::string announced;               ///< key of the program that may start, once; empty: none
    std::vector<std::string> arguments;  ///< of the plan
    std::string request;                 ///< of the plan, whole
    bool unanswered{false};              ///< a program announced in this life whose end is not recorded
  };
  [[nodiscard]] static bool is_made(const StepSeen& step);
  struct RunSeen {
    std::string finding;
    std::string workflow;
    std::string version;  ///< of the workflow
    std::string control_hash;
    std::string subject;
    std::string waived_by;  ///< "control subject"
    std::string state{"pending"};
    std::vector<StepSeen> steps;
    std::optional<Json> wait;  ///< the entry that began it
    std::uint64_t review{0};
    std::string plan_hash;              ///< as recorded last
    std::string approved_hash;          ///< of the plan that people approved last
    std::string approved_under;         ///< as `Asked::under`, of that yes
    std::string approved_by;            ///< the team that it was said by
    std::optional<std::uint64_t> asks;  ///< the step that people are asked by
    std::set<std::uint64_t> allowed;    ///< such steps that somebody has said yes to
    bool approved{false};               ///< its last admission was a person's
    bool let_go{false};                 ///< by a person, at some time
    bool was_admitted{false};           ///< and that counts
    std::uint32_t admitted_more{0};     ///< beside that, once more each
    bool called_off{false};             ///< a person wants its end
    std::uint64_t called_off_life{0};   ///< of the process
    std::uint64_t undoes{0};            ///< the run that it takes back; 0: none
    bool redo{false};                   ///< that one had taken back another
  };
  struct Asked {
    std::uint64_t run{0};
    std::string plan_hash;  ///< that a yes names …
    std::string plan;       ///< … and that it lets go
    std::string under;      ///< definitions and team in force
    std::string team;
    std::set<std::string> yes;
  };
  struct Admitted {
    std::string subject;
    Moment at;
    Nanos time{0};  ///< true time
  };

  struct Age {
    Nanos least;
    Nanos most;
  };
  struct BreakerSeen {
    std::optional<Admitted> open;   ///< since
    std::uint64_t trial{0};         ///< the run let go last while it is open
    std::set<std::uint64_t> tries;  ///< all that were let go while it was open
    bool must_open{false};
    std::vector<std::pair<Admitted, bool>> ends;  ///< badly; since it closed last
  };
  struct VerdictMinute {
    std::uint64_t life{0};
    std::uint64_t over{0};  ///< µs of the boot clock
    std::string minute;
    bool told{false};
  };
  struct Spent {
    Admitted when;
    std::uint64_t run{0};
  };

  void entry(std::size_t index);
  [[nodiscard]] const Workflow& pinned(const RunSeen& run) const;
  [[nodiscard]] static bool window_open(const TimeWindow& window, WallTime at);
  [[nodiscard]] static Age age(const Admitted& then, const Admitted& now);
  void within_limits(std::uint64_t id, const RunSeen& run, const Admitted& now) const;
  void breaker_lets(std::uint64_t id, const RunSeen& run, const Admitted& now) const;
  void count_end(const RunSeen& run, const Json& e);
  void breaker(const std::string& kind, const Json& e);
  [[nodiscard]] std::string budget_name(const RunSeen& run) const;
  [[nodiscard]] const Budget* budget_of(const RunSeen& run) const;
  [[nodiscard]] std::optional<std::uint64_t> subjects_allowed(const Budget& budget) const;
  void budget_lets(const RunSeen& run, const Admitted& now) const;
  void tries_no_more(std::uint64_t id, const RunSeen& run);
  void spend(std::uint64_t id, const RunSeen& run, const Admitted& now);
  [[nodiscard]] bool kept_back(const Control& control, const std::string& subject, const Workflow& w) const;
  [[nodiscard]] std::optional<Nanos> open_for(const std::string& key, const Moment& now) const;
  void waiver(const std::string& kind, const Json& e);
  void forgotten(const Json& e);
  void people(const std::string& kind, const Json& e);
  void defined(const Json& e);
  [[nodiscard]] std::string in_force(const std::string& definition) const;
  [[nodiscard]] std::string under(const RunSeen& run, const std::string& team) const;
  [[nodiscard]] std::optional<Team> deciding(const std::string& team) const;
  void questions() const;
  void begins_as_approved(const RunSeen& run) const;
  void said_yes(const Json& e);
  void decided_by_people(const Json& e);
  void past_questions(const RunSeen& run, std::uint64_t step) const;
  void circles(const std::string& kind, const Json& e);
  void circle(std::uint64_t id, const RunSeen& run, const Json& e);
  void goes_round(std::uint64_t id, const RunSeen& run, const Admitted& now) const;
  void held_round(std::uint64_t id, const RunSeen& run, const Admitted& now, const std::string& guard) const;
  [[nodiscard]] std::vector<Circles::Made> made_for_others(const RunSeen& run, const Json& e) const;
  void finding(const std::string& kind, const Json& e);
  void run(const std::string& kind, const Json& e);
  void admitted(std::uint64_t id, RunSeen& run, const Json& e);
  void withdrawn(std::uint64_t id, RunSeen& run);
  void has_room(const RunSeen& run) const;
  [[nodiscard]] static bool is_at_work(const RunSeen& run);
  void verdict(const std::string& kind, const Json& e);
  void asked_anew(const std::string& workflow);
  void counted_verdicts(const std::string& by, const Json& e);
  [[nodiscard]] std::size_t at_work_on(const std::string& subject) const;
  void alone_enough(std::uint64_t id, const RunSeen& run) const;
  void held(const RunSeen& run, const Json& e) const;
  void would_run(const RunSeen& run, const Json& e);
  void observed(const Json& e);
  [[nodiscard]] bool over_threshold(const RunSeen& run, bool shadow, const Admitted& now, bool surely) const;
  void cooled_down(const RunSeen& run, const Admitted& now) const;
  [[nodiscard]] Admitted admission(const std::string& subject, const Json& e) const;
  [[nodiscard]] const Workflow& workflow(const std::string& name) const;
  void decided(RunSeen& run, const Json& e) const;
  void waits(RunSeen& run, const Json& e) const;
  [[nodiscard]] static Nanos still_to_wait(const Json& began, const Moment& now);
  void left(const RunSeen& run, const std::string& state, const std::string& input) const;
  void planned(RunSeen& run, const Json& e);
  void intended(RunSeen& run, const Json& e);
  void confirming(RunSeen& run, const Json& e);
  void program_announced(StepSeen& step);
  void remember_answer(const RunSeen& run);
  void may_begin(const RunSeen& run, const StepSeen& step, bool undo) const;
  void pause(const std::string& kind, const Json& e);
  void difference(const StepSeen& step, const Json& e) const;
  void masked(const StepSeen& step, const Json& e) const;
  void step_done(StepSeen& step, const Json& e);
  void called_failed(const StepSeen& step);
  [[nodiscard]] bool found_by_a_person(const Json& entry) const;
  void program_done(const StepSeen& step);
  void not_at_work(const std::string& key) const;
  void seen_as(const StepSeen& step, const Json& e, const Json& wanted, const std::vector<std::string>& names) const;
  void succeeded(const RunSeen& run, const Json& e) const;
  void checkpoints();
  void signed_in_time(Nanos at) const;
  void gate_open(const std::string& key) const;
  [[nodiscard]] Nanos made(const Json& e) const;
  [[nodiscard]] bool is_intended(const std::string& key) const;
  [[nodiscard]] static bool goes_as_far_as(Mode mode, const RunSeen& run, bool undo);
  void undone(const RunSeen& undo) const;
  void rows();
  [[nodiscard]] Mode mode_of(const std::string& name) const;
  [[nodiscard]] bool wrong(const Control& control, const std::string& path) const;
  void explained(const Control& control, const std::string& path) const;
  void events_answered() const;
  [[nodiscard]] const Blob& content(const Json& commitment) const;
  void notified(const std::string& kind, const Json& e);
  void all_told() const;
  [[noreturn]] void violation(const std::string& what) const;

  const World& world_;
  const SimStore& store_;
  const Config& config_;
  std::vector<Workflow> first_;                  ///< of the beginning: some may be gone for a while
  std::map<std::string, std::string> in_force_;  ///< "workflow NAME" → hash, as recorded last
  Circles circles_;
  std::map<std::string, std::uint64_t> held_;
  std::uint64_t met_others_{0};
  std::map<std::string, VerdictMinute> verdict_minutes_;  ///< by guard and workflow: the last
  std::map<std::string, bool>
      first_verdicts_;        ///< by finding, guard and workflow; false: another version may say it again
  std::uint64_t counted_{0};  ///< decisions not to act
  std::map<std::uint64_t, std::string> notices_;  ///< what was ever queued → its state
  std::uint64_t folded_{0};                       ///< since the last summary
  Nanos last_notice_{0};                          ///< true time
  audit::LogVerifier log_;                        ///< as `aright audit verify` has it
  std::size_t checkpoints_{0};                    ///< checked
  std::optional<Nanos> unsigned_since_;           ///< true time at which the oldest entry without a signature was made
  Nanos life_began_{0};                           ///< true time
  std::size_t seen_{0};
  std::string boot_id_;
  std::uint64_t life_{0};
  bool space_low_{false};
  bool paused_by_file_{false};
  std::map<std::uint64_t, engine::PauseScope> asked_pauses_;
  std::map<std::string, Mode> modes_;
  std::map<std::string, Mode> highest_modes_;                       ///< of this life of the process
  std::map<std::string, std::string> open_findings_;                ///< "control subject" → id
  std::map<std::string, std::uint64_t> waived_;                     ///< "control subject" → waiver in force
  std::map<std::string, std::uint64_t> waived_at_start_;            ///< of this life of the process
  std::map<std::uint64_t, RunSeen> runs_;                           ///< open
  std::map<std::string, std::uint64_t> open_keys_;                  ///< "workflow subject" → run
  std::map<std::uint64_t, std::vector<StepSeen>> made_;             ///< by ended run that may have made something
  std::set<std::uint64_t> reviews_;                                 ///< open
  std::map<std::uint64_t, Asked> asked_;                            ///< open reviews
  std::map<std::string, std::vector<Admitted>> admissions_;         ///< by workflow
  std::map<std::string, std::vector<Admitted>> shadow_admissions_;  ///< what modes plan and observe would have let go
  mutable std::map<std::string, Workflow> versions_;
  std::map<std::string, std::vector<Admitted>> openings_;  ///< "control subject" → when it was found
  std::map<std::string, BreakerSeen> breakers_;            ///< by workflow
  std::map<std::string, std::vector<Spent>> spent_;        ///< by budget
  std::set<std::uint64_t> ended_verified_;                 ///< runs
  std::map<std::string, std::uint64_t> ended_;
  std::map<std::string, std::string>
      answered_about_;  ///< "workflow control subject" → content its last run was held with
  /// Keys of effects and programs that have failed, and the order of the intention that did.
  std::map<std::string, std::uint64_t> failed_;
  std::set<std::string> strays_;  ///< keys of effects that came true when nobody waited for them any more
  std::map<std::string, std::string> started_as_;       ///< key → the request it was last started with
  std::set<std::string> resolved_keys_;                 ///< of steps of runs that were in doubt, until a person spoke
  std::map<std::string, std::uint64_t> effect_of_key_;  ///< key → order of the last effect
  std::map<std::string, std::uint64_t> prompt_effect_;  ///< key → order of the last that was not late
  engine::Projection replay_;
  std::string context_;  ///< what the entries so far imply
};

}  // namespace aright::sim
