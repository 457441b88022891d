// The pure core: inputs and `now` in, entries and work out. No clock, no random numbers, no files. Its durable state is
// the projection of its own entries; what else it remembers (locks, reads) is rebuilt at start. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detect/judge.h"
#include "engine/abstentions.h"
#include "engine/core_figures.h"
#include "engine/core_parts.h"
#include "engine/core_undo_run.h"
#include "engine/event_sight.h"
#include "engine/guard_queues.h"
#include "engine/guarding.h"
#include "engine/messages.h"
#include "engine/notices.h"
#include "engine/own_changes.h"
#include "engine/projection.h"
#include "engine/record.h"
#include "engine/remembered.h"
#include "engine/turns.h"
#include "engine/window_lanes.h"
#include "guard/guard.h"
#include "model/workflow.h"
#include "workflow/run_table.h"
#include "workflow/when.h"

namespace aright::engine {

class Core : private CoreParts {
 public:
  /// `rules`: those that the controls of kind sigma stand for; none: there are none. `errands`: how many may be
  /// between their announcement and their end.
  Core(Config config, Projection projection, std::shared_ptr<const detect::sigma::RuleSet> rules = nullptr,
       std::size_t errands = errands_at_once);

  /// First call: records the start, takes up open runs and reads everything.
  Output start(const Now& now, Remembered remembered);
  Output handle(std::vector<Input> inputs, const Now& now);
  /// Last call: records the stop.
  Output stop(const Now& now);

  [[nodiscard]] const Projection& projection() const { return projection_; }
  [[nodiscard]] const CoreFigures& figures() const { return figures_; }
  [[nodiscard]] Mode mode_of(const Workflow& workflow) const;
  [[nodiscard]] std::string capped(const Workflow& workflow) const;  ///< why it only proposes; empty: it does not
  [[nodiscard]] const Config& config() const { return config_; }
  /// By source; also of sources that are not configured any more. Ahead of what is durable.
  [[nodiscard]] const std::map<std::string, Intake>& intakes() const { return intakes_; }
  /// From where each source has to be read so that the windows are whole again; `done` where there is no other place.
  [[nodiscard]] Places read_from() const;
  [[nodiscard]] const EventSight& sight() const { return sight_; }
  [[nodiscard]] const std::map<std::string, Trouble>& troubles() const { return troubles_; }  ///< by subject
  [[nodiscard]] Waits waits() const;  ///< runs that wait for another, not for a person
  [[nodiscard]] std::set<std::string> crowding() const { return backlog_.crowding(config_.limits.waiting); }
  [[nodiscard]] bool paused() const { return projection_.all_paused(); }  ///< everything is
  /// Why no effect of the workflow, whose findings are about `subject`, would begin now; empty: it would.
  [[nodiscard]] std::string blocked(const Workflow& workflow, const std::string& subject) const;
  [[nodiscard]] std::vector<NotifierFigures> notifiers() const { return notices_.figures(); }
  [[nodiscard]] Json explained(const Control& control, const std::string& subject, const Result<State>& state) const;
  [[nodiscard]] bool quiet() const;     ///< no run is between intention and outcome
  [[nodiscard]] bool settled() const;   ///< what needs no person, timer or driver's answer has gone on to its end
  [[nodiscard]] bool planning() const;  ///< plans have been asked for and not all are there
  [[nodiscard]] Mode mode_of(const Run& run) const;  ///< the one it began with, or the lower one that was set since

 private:
  friend class Abstentions;
  friend class EventFindings;
  friend class Reviewing;  // core_reviews.cc, core_ladder.cc, core_ages.cc
  friend class UndoRuns;
  // core.cc
  void begin(const Now& now);
  Output finish();
  void record(std::string kind, Fields fields);
  void tell(bool warning, std::string text);
  void wake_at(Nanos boot);
  void run_timers();
  void read_in(const ResourceId& id, Nanos wait);
  void look_again();
  void forget_idle();
  [[nodiscard]] bool under_way(const Run& run) const;
  // core_config.cc
  void index_config();
  std::vector<std::string> note_definitions(const Identity* editor = nullptr);
  [[nodiscard]] std::vector<std::string> rules_changed(const Reload& to) const;
  void dismiss_orphans();
  void forget_unwatched();
  void forget_definitions();
  [[nodiscard]] std::string config_hash() const;
  // core_versions.cc
  [[nodiscard]] Mode mode_asked(const Workflow& workflow) const;
  [[nodiscard]] std::string untested(const Workflow& workflow) const;
  VersionLines take_tests(const VersionTests& tests);
  bool acts_unplanned(const Workflow& workflow);
  // core_findings.cc
  void on(Hint& hint);
  void on(ReadDone& done);
  void on(ListDone& done);
  void scan(const Control& control, const std::string& source, std::uint64_t offset);
  void read_all(const std::string& source, std::uint64_t offset);
  void read_findings(const std::string& source, std::uint64_t offset);
  void read(const ResourceId& id, const std::string& source, std::uint64_t offset);
  void start_read(Resource& resource);
  [[nodiscard]] std::optional<Error> compare(const Control& control, Resource& resource, const State& state,
                                             Hinted hinted);  ///< the reason when nobody knows
  [[nodiscard]] std::string mark(const std::string& subject, const State& state) const;
  [[nodiscard]] Json made_for_others(const Run& run) const;
  [[nodiscard]] std::string who_sets(const Run& run) const;
  void occurred(const Finding& finding, const Resource& resource, const std::string& about,
                std::vector<std::string> differs);
  void violated(const Control& control, Resource& resource, const State& state, Hinted hinted,
                std::vector<std::string> differs);
  void inconclusive(Resource& resource, const std::string& error);
  void inconclusive_list(const Control& control, const std::string& error, const std::string& source);
  Trouble& trouble(const std::string& subject, const std::string& error, bool read_again);
  void conclusive(const std::string& subject, Fields fields);
  [[nodiscard]] bool accept(const ResourceId& id);
  void resolve(const std::string& finding, const std::string& by, Fields more = {});
  void close_finding(const std::string& finding, FindingState state, const std::string& by, Fields more = {});
  [[nodiscard]] std::vector<const Control*> controls_about(const ResourceId& id) const;
  // core_answer.cc
  void answer(const Finding& finding, const Control& control, const Resource& resource, const State& state,
              Hinted hinted);
  void consider(const Finding& finding, const Control& control, const Workflow& workflow, const State& state,
                bool asked_for);
  [[nodiscard]] std::string about_now(const Finding& finding, const Control& control, const State& state) const;
  void take_news(const std::string& key, const std::string& about, Hinted hinted);
  void remember_left(const Run& run, bool without_plan);
  [[nodiscard]] Nanos wait_left(const LastAnswer* last, bool news) const;
  [[nodiscard]] bool lets_pass(const Finding& finding, const Workflow& workflow, bool asked_for);
  void suppressed(const Finding& finding, const Workflow& workflow, const guard::Suppress& verdict, bool asked_for);
  void observe(const Candidate& candidate, bool known);
  std::uint64_t begin_run(const Finding& finding, const Control& control, const Workflow& workflow, const State& state,
                          const Weighed& weighed);
  std::uint64_t create_run(const Finding& finding, const Control& control, const Workflow& workflow,
                           const std::string& about);
  // core_events.cc
  void on(EventsRead& read);
  void on(const Refound& again);
  void on(SnapshotDone& done);
  void on(const SourcesBegin& begin);
  void take_quarantined(const EventsRead& read, const Intake& intake, Sightings& seen);
  void answer_event(const Finding& finding, const Control& control, bool asked_for);
  void answer_events(bool asked_for);
  void finding_due(const std::string& id);
  void end_oldest_findings();
  void finding_due_in(const std::string& id, Nanos wait);
  void answer_again_in(const Finding& finding, Nanos wait);
  void take_up_events(Remembered& remembered);
  void change_rules(std::shared_ptr<const detect::sigma::RuleSet> rules);
  void flush_intakes();
  void flush_snapshot();
  [[nodiscard]] const Event* evidence_of(const Finding& finding) const;
  [[nodiscard]] Mode goes_to(const Finding& finding) const;
  [[nodiscard]] Mode goes_to(const Run& run) const;
  [[nodiscard]] Mode mode_for(const Finding& finding, const Workflow& workflow) const;
  // core_plan.cc
  void start_pending();
  Begins try_start(const Run& run);
  void ask_plans(const Run& run);
  [[nodiscard]] FillContext fill_context(const Run& run, std::size_t step, const Desired& desired) const;
  void on(PlanDone& done);
  void decide(std::uint64_t run);
  void decide_by_guards(const Run& run, const Workflow& workflow);
  void record_plan(const Run& run, Active& active);
  [[nodiscard]] Fields planned_on(const Run& run) const;
  [[nodiscard]] std::string plan_hash(const Run& run, const Active& active) const;
  void hold_with_plan(const Run& run, const Workflow& workflow, const std::string& guard, const std::string& reason);
  void hold(const Run& r, workflow::RunInput input, const std::string& guard, const std::string& why, Fields more = {});
  void suppress_run(const Run& run, const Workflow& workflow, const guard::Suppress& verdict);
  [[nodiscard]] std::string plan_trouble(const Run& run, const Active& active) const;
  [[nodiscard]] bool member_gone(const Run& run, const Active& active) const;
  [[nodiscard]] std::string found_still(const Run& run, const Active& active) const;
  [[nodiscard]] bool nothing_to_do(const Run& run, const Active& active) const;
  void ends_moot(const Run& run, Active& active);
  [[nodiscard]] std::string protected_target(const Run& run) const;
  void tell_move(const Run& run, RunState to, const std::string& reason);
  bool move(const Run& run, workflow::RunInput input, const std::string& reason, Fields more = {});
  void rests(std::uint64_t run);
  void ended(std::uint64_t run);
  // core_steps.cc
  [[nodiscard]] bool cures(const Run& run, const Active* planned = nullptr) const;
  void advance(std::uint64_t run);
  void succeed(const Run& run, std::string reason, const std::string& beside = {});
  void apply_step(const Run& run, std::size_t step, bool undo, bool recovering);
  void on(ApplyDone& done);
  void on(VerifyDone& done);
  void judge(const Run& run, std::uint32_t step, bool undo, const Result<State>& read_back);
  bool still_time(const Run& run, std::uint32_t step, bool undo);
  void happened(const Run& run, std::uint32_t step);
  void unverified(const Run& run, std::uint32_t step, Seen seen, const std::string& trouble);
  void not_applied(const Run& run, std::uint32_t step, Seen seen, const std::string& trouble);
  void not_begun(const Run& run, std::uint32_t step, const std::string& why);
  void conflicted(const Run& run, std::uint32_t step, const std::string& outcome, bool may_have_begun);
  void foreign(const Run& run, std::uint32_t step, const std::string& seen);
  void not_undone(const Run& run, std::uint32_t step, Seen seen, const std::string& trouble);
  void undo_waits(const Run& run, const std::string& why);
  void forbidden(const Run& run, const std::string& why);
  [[nodiscard]] std::string why_not_act(const Run& run) const;
  void step_failed(const Run& run, const std::string& reason);
  void roll_back_next(std::uint64_t run);
  [[nodiscard]] std::string not_taken_back(const Run& run) const;
  void rolled_back(const Run& run);
  void doubt(const Run& run, const std::string& reason);
  void step_state(const Run& run, std::size_t step, StepState state, const std::string& outcome, Fields more = {});
  void recover(const Run& run);
  void go_on(std::uint64_t run);
  void recover_step(const Run& run, std::size_t step, bool undo);
  // core_retry.cc
  [[nodiscard]] bool tries_again(const Run& run, std::uint32_t step, const std::string& why, Fields more = {});
  [[nodiscard]] bool waits_for_try(const Run& run);
  void again_in(const Run& run, Nanos wait);
  void limit_time(const Run& run, std::size_t step);
  void late(const EffectLate& effect);
  // core_errands.cc
  void ask_errand_plan(const Run& run, std::uint32_t step, ErrandStep errand, std::shared_ptr<const Plan> made);
  void start_errand(const Run& run, std::size_t step, bool looks, bool recovering);
  void on(ErrandDone& done);
  void errand_answered(const ErrandDone& done);
  void errand_ended(const Run& run, const ErrandDone& done);
  void errand_failed(const Run& run, std::uint32_t step, const Error& error);
  void look(const Run& run, std::size_t step, bool recovering);
  void looked(const Run& run, const ErrandDone& done);
  [[nodiscard]] bool errand_open(const Run& run, std::size_t step) const;
  void recover_errand(const Run& run, std::size_t step);
  [[nodiscard]] std::optional<ErrandPlan> errand_plan(const Run& run, std::size_t step) const;
  // core_outlived.cc
  [[nodiscard]] bool waits_for_outlived(const Run& run);
  void on(FormerDone& done);
  // core_flow.cc
  void steer(const Run& run, std::size_t step);
  void begin_wait(const Run& run, std::size_t step, Nanos length);
  void time_wait(const Run& run);
  void time_waits();
  void wait_over(std::uint64_t run);
  void start_waited();
  bool try_continue(const Run& run);
  void decide_continued(const Run& run, const Workflow& workflow);
  [[nodiscard]] std::optional<SealedPlan> plan_without_asking(const Run& run, std::size_t step, Ways& ways);
  // core_finally.cc
  [[nodiscard]] bool is_at_end(const Run& run, std::size_t step) const;
  [[nodiscard]] bool at_end_begun(const Run& run) const;
  [[nodiscard]] bool at_end_left(const Run& run) const;
  [[nodiscard]] bool begin_finally(const Run& run, const std::string& reason);
  [[nodiscard]] std::string finally_told(const Run& run) const;
  void closed(const Run& run);
  // core_for_each.cc
  [[nodiscard]] bool is_its_turn(const Run& run, std::size_t step) const;
  [[nodiscard]] bool is_open(const Run& run, std::size_t step, const Ways& ways) const;
  [[nodiscard]] Json value_for(const Run& run, std::size_t step) const;
  [[nodiscard]] std::optional<SealedPlan> plan_for_each(const Run& run, std::size_t step, Ways& ways);
  void plan_more(const Run& run, std::size_t step);
  [[nodiscard]] workflow::ErrandContext errand_context(const Run& run, std::size_t step, bool with_steps) const;
  // core_branch.cc
  [[nodiscard]] bool is_left_out(const Workflow& workflow, std::size_t step, const Ways& ways) const;
  [[nodiscard]] Result<bool> condition_holds(const Run& run, std::size_t step) const;
  [[nodiscard]] Json steps_so_far(const Run& run, std::size_t before, bool trusted) const;
  [[nodiscard]] std::optional<SealedPlan> plan_branch(const Run& run, std::size_t step, Ways& ways);
  void decide_branch(const Run& run, std::size_t step);
  [[nodiscard]] Result<Done> take_output(const Run& run, std::size_t step, std::string_view written);
  // core_turns.cc
  [[nodiscard]] guard::Share share_of(const Run& run, bool whole) const;
  [[nodiscard]] std::string finds_no_room(const Run& run) const;
  [[nodiscard]] std::string lane_of(const Run& run) const;
  void queue(const Run& run);
  void delayed(std::uint64_t run);
  void weighs_anew(const Finding& finding);
  [[nodiscard]] std::optional<Contested> taken_by_others(const Run& run, const std::vector<ResourceId>& wanted) const;
  [[nodiscard]] std::string who_has(const Contested& thing) const;
  [[nodiscard]] std::string waits_for(const Run& run) const;
  [[nodiscard]] bool takes_locks(const Run& run);
  bool take_turn(const Run& run, const NextErrand& next);
  void next_turns();
  // core_commands.cc
  void on(Asked& asked);
  void on(Notified& done);
  Result<Json> carry_out(const RetryNotifications& command, const Identity& who);
  Result<Json> carry_out(const TestNotifier& command, const Identity& who);
  void notify_step(const Run& run, std::size_t step);
  void on(SpaceSeen& seen);
  void on(Draining& seen);
  Result<Json> carry_out(const SetMode& command, const Identity& who);
  Result<Json> carry_out(const Rescan& command, const Identity& who);
  Result<Json> carry_out(const Reload& command, const Identity& who);
  Result<Json> carry_out(const ReloadRefused& command, const Identity& who);
  // core_pause.cc
  void on(PauseSeen& seen);
  Result<Json> carry_out(const Pause& command, const Identity& who);
  Result<Json> carry_out(const Resume& command, const Identity& who);
  [[nodiscard]] Result<Done> may_pause(const PauseScope& scope) const;
  [[nodiscard]] Result<Paused> pause_meant(const Resume& command, const std::string& user) const;
  void lift(const Paused& pause, const std::string& reason, const std::string& by, const Identity* who);
  void resumed();
  [[nodiscard]] std::string blocked() const;
  [[nodiscard]] std::string blocked(const Run& run) const;
  [[nodiscard]] std::string blocked(const Run& run, std::string_view driver) const;
  [[nodiscard]] bool is_blocked(const Run& run) const;
  [[nodiscard]] std::string next_driver(const Run& run) const;
  void add_pauses(Waits& waits) const;
  // core_people.cc
  Result<Json> carry_out(const CancelRun& command, const Identity& who);
  Result<Json> carry_out(const ResolveRun& command, const Identity& who);
  [[nodiscard]] Result<const Run*> run_to_change(std::uint64_t run, std::string_view verb) const;
  void call_off(const Run& run);
  void retry(std::uint64_t token, const RetryRun& command, const Identity& who);
  [[nodiscard]] Result<AnswerAgain> may_retry(const RetryRun& command) const;
  Result<Json> retry_now(const AskedRetry& asked, const Result<State>& state);
  // core_waivers.cc
  Result<Json> carry_out(const Waive& command, const Identity& who, const WaivedWith& with = {});
  Result<Json> carry_out(const Unwaive& command, const Identity& who);
  [[nodiscard]] Result<Waiver> waiver_of(const Waive& command, const Identity& who) const;
  [[nodiscard]] const Waiver* waiver_of(const Run& run) const;
  void waive(const Finding& finding, const Waiver& waiver);
  void end_waiver(std::uint64_t waiver, const std::string& how, const std::string& by, const std::string& reason,
                  const std::vector<std::string>& groups = {}, Fields more = {});
  void expire_waivers();
  // core_weigh.cc
  [[nodiscard]] bool still_answered(const LastAnswer& last, const Finding& finding, const Control& control,
                                    const Workflow& workflow, const State& state, bool asked_for) const;
  [[nodiscard]] Weighed weigh(const Finding& finding, const Control& control, const Workflow& workflow,
                              const State& state, bool asked_for, bool anew = false) const;
  // core_guards.cc
  [[nodiscard]] Candidate candidate(const Finding& finding, const Control& control, const Workflow& workflow) const;
  [[nodiscard]] Candidate candidate(const Run& run, const Workflow& workflow, const Finding& finding) const;
  [[nodiscard]] Finding finding_of(const Run& run) const;
  [[nodiscard]] std::optional<guard::Hold> holds_run(const Run& run, const Candidate& candidate) const;
  void claim(const Run& run);
  void call_next(const std::string& queue);
  void proved(const Proof& proof, RunState ended);
  // core_explain.cc
  [[nodiscard]] Json guards_of(const Workflow& workflow, const Control& control, const SubjectState& subject) const;
  void look(std::uint64_t token, const Explain& question);
  [[nodiscard]] std::vector<std::string> what_waits(const std::string& subject) const;
  void on(LookDone& done);
  void on(UndoPlanned& done) { undo_runs_.planned(done); }
  [[nodiscard]] Json explained(const std::string& subject, const Result<State>& state) const;
  [[nodiscard]] Json explained_events(const std::string& subject) const;
  [[nodiscard]] Json explained_events(const Control& control, const SubjectState& subject) const;
  Result<Json> carry_out(const ExplainEvent& question, const Identity& who);
  [[nodiscard]] Json explained(const Workflow& workflow, const Control& control, const SubjectState& subject,
                               const Result<State>& state) const;
  [[nodiscard]] std::string why(const Weighed& weighed, const Workflow& workflow, const Control& control,
                                const SubjectState& subject) const;
  void close_review(std::uint64_t review, const std::string& decision, const std::string& by, const std::string& reason,
                    const std::vector<std::string>& groups = {}, Fields more = {});
  void answer_held_back();
  void tell_held_sources();
  [[nodiscard]] const Run* run(std::uint64_t id) const;
  [[nodiscard]] const Workflow* workflow_of(const Run& run) const;
  [[nodiscard]] const Control* control_of(const Run& run) const;
  [[nodiscard]] std::vector<Aim> targets(const Run& run) const;  ///< by step; an errand stands for itself
  Resource& resource(const ResourceId& id);
  /// What is this run's alone while it is at work: resources, of an errand the subject where it is one. May be empty.
  [[nodiscard]] std::vector<ResourceId> locks_of(const Run& run) const;
  void lock(std::uint64_t run, const std::vector<ResourceId>& wanted);
  void unlock(std::uint64_t run);

  Config config_;
  Projection projection_;
  Guarding guarding_;
  Notices notices_;
  EventSight sight_;
  std::map<std::string, Intake> intakes_;  ///< by source
  std::set<std::string> intakes_moved_;    ///< since the last flush
  WindowLanes window_lanes_;
  std::optional<Nanos> intakes_due_;                              ///< boot time of the next flush without entries
  std::map<std::string, std::shared_ptr<const Event>> evidence_;  ///< by id of the commitment
  Deadlines findings_due_;  ///< open findings on events: when to look at them next
  Asking asking_;
  WindowsAside aside_;
  std::string key_;                                      ///< of `mark`
  std::map<std::string, Workflow> workflows_;            ///< by version
  std::map<std::string, Control> controls_;              ///< by hash
  std::map<std::string, std::string> hashes_;            ///< "control NAME" → hash in force
  std::map<std::string, ActingVersion> acting_;          ///< by name of workflow, in force
  std::map<std::string, Result<detect::Judge>> judges_;  ///< by name of control
  std::map<std::string, Result<workflow::When>> whens_;  ///< by name of workflow
  std::map<std::string, std::vector<const Control*>> by_id_;
  std::map<std::string, std::vector<const Control*>> by_folder_;
  std::map<std::string, Resource> resources_;
  std::map<std::uint64_t, Active> active_;
  OwnChanges own_changes_;
  guard::AtWork at_work_;
  Turns turns_;
  std::multimap<Nanos, Timer> timers_;  ///< by boot time
  HeldSources held_sources_;            ///< by `limits.waiting`
  UndoRuns undo_runs_{*this};
  Abstentions abstentions_{*this};
  GuardQueues queues_;  ///< findings that wait for a cool-down, or a stage of a budget
  CoreFigures figures_;
  Output out_;
  Now now_;
};

}  // namespace aright::engine
