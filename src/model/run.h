// A run: one durable execution of one workflow version for one finding.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/cause.h"
#include "model/epochs.h"
#include "model/errand.h"
#include "model/errand_run.h"
#include "model/finding.h"
#include "model/resource.h"
#include "model/review.h"
#include "model/run_undo.h"
#include "model/workflow.h"

namespace aright {

enum class RunState : std::uint8_t {
  pending,          ///< waits for a resource, a cool-down or the end of a pause
  planning,         ///< reads what would have to change
  planned,          ///< final in mode plan: the difference is recorded, nothing was done
  held,             ///< a person decides
  running,          ///< effects happen
  waiting,          ///< paused between effects
  verifying,        ///< all steps applied; reads back
  rolling_back,     ///< undoes what it made
  succeeded,        ///< every effect verified
  rolled_back,      ///< a step failed; all that was made is undone and verified
  rollback_failed,  ///< a person must look
  denied,           ///< a person said no
  expired,          ///< nobody answered in time, which denies
  cancelled,        ///< ended between effects (also: nothing left to change)
  unknown,          ///< an effect may have happened and could not be read back; in review
  failed,           ///< ended without success, nothing of ours is left half-done
};
inline constexpr std::size_t run_states = 16;
[[nodiscard]] std::string_view name(RunState state);
[[nodiscard]] std::optional<RunState> parse_run_state(std::string_view text);
[[nodiscard]] std::vector<std::string> run_state_names();
/// No input leads out of it.
[[nodiscard]] bool is_final(RunState state);

enum class StepState : std::uint8_t {
  planned,
  intended,  ///< the intention is recorded; the effect may have happened
  applied,   ///< the driver says it happened (or was so already); of an errand: it ended as expected
  verified,  ///< read back as desired
  failed,    ///< not applied; the resource is as before
  foreign,   ///< the state read is not one we made: left untouched
  undo_intended,
  undone,  ///< read back as before
  undo_failed,
  waiting,  ///< its time is not over
  passed,   ///< of a step that steers: it is over, and the run has gone on
  skipped,  ///< a branch has taken another way
  open,     ///< cannot be planned before its turn: it names what earlier steps came to
};
[[nodiscard]] std::string_view name(StepState state);
[[nodiscard]] std::optional<StepState> parse_step_state(std::string_view text);

/// The driver's name in resource ids of steps that steer a run and change nothing: "flow:wait 30m".
inline constexpr const char* flow_driver = "flow";
/// How the id of a step `approve` begins there.
inline constexpr const char* approve_word = "approve ";

/// Until a step is tried again (`retry`).
struct TryWait {
  Moment since;
  Nanos length{};
  bool operator==(const TryWait&) const = default;
};

struct RunStep {
  ResourceId resource;  ///< of an errand: whom it asks, as ErrandPlan says; `before` is nothing, `after` its plan
  StepState state{StepState::planned};
  Commitment before;
  Commitment after;
  std::vector<std::string> names;  ///< fields that verify compares
  Strength strength{Strength::detected};
  Json difference = Json::array();      ///< RFC 6902; empty with `difference_omitted` when too large for an entry
  std::uint64_t difference_omitted{0};  ///< number of changes left out
  bool changes{true};                   ///< false: was as desired when planned; nothing to do
  std::string outcome;                  ///< "applied", "already", or the error
  std::string epoch;                    ///< in which it was planned: keys stay as others were told them
  std::string mac;                      ///< hex, as SealedPlan has it; only of workflows with steps that steer
  std::uint32_t tries{0};               ///< that failed and were followed by another (`retry`)
  std::optional<TryWait> again;         ///< since its last try failed; none recorded by older versions
  std::optional<ErrandRun> ran;         ///< the last end of the step's errand
  std::optional<ErrandRun> looked;      ///< the last end of the one that confirms

  [[nodiscard]] bool is_errand() const { return aright::is_errand(resource); }
  [[nodiscard]] bool steers() const { return resource.driver == flow_driver; }
  /// Is behind the run, whatever it is planned on later.
  [[nodiscard]] bool is_over() const { return state == StepState::passed || state == StepState::skipped || made(); }
  /// Its run has changed something here that is known to be there: read back, or an errand that ended as expected.
  [[nodiscard]] bool made() const {
    return changes && (state == StepState::verified || (is_errand() && state == StepState::applied));
  }
};

/// Errc::invalid: one of its texts is not UTF-8.
[[nodiscard]] Result<Json> run_step_to_json(const RunStep& step);
[[nodiscard]] Result<RunStep> run_step_from_json(const Json& doc);

/// A step `wait` that has begun.
struct RunWait {
  std::size_t step{0};
  Moment since;
  Nanos length{};
  bool operator==(const RunWait&) const = default;
};

/// What a person's yes was said under: while nothing of its run has begun, no other definition and nobody else stands
/// behind what it does.
struct RunApproval {
  std::string under;                  ///< as `Review::under`
  std::string team;                   ///< as `Review::team`
  std::optional<std::uint64_t> step;  ///< as `Review::step`

  [[nodiscard]] Json to_json() const;
  /// Errc::corrupt.
  [[nodiscard]] static Result<RunApproval> from_json(const Json& doc);
  bool operator==(const RunApproval&) const = default;
};

/// Stands in `Run::approved_plan` where people are to be asked about whatever it is planned as now, and nothing else.
inline constexpr const char* asked_anew_plan = "asked anew";

struct Run {
  std::uint64_t id{0};  ///< counts from 1 per node
  std::string finding;
  std::string control;
  std::string control_hash;
  std::string workflow;
  std::string version;
  std::string subject;
  Level severity{Level::medium};
  Mode mode{Mode::plan};  ///< that was in force when the run was created
  RunState state{RunState::pending};
  std::string reason;         ///< why it is where it is, for a person; names the guard and its numbers when held
  std::uint64_t review{0};    ///< open or last review; 0: none
  std::string about;          ///< keyed hash of the subject's state it was planned on, or created for; empty: not known
  std::string plan_hash;      ///< keyed hash of the whole plan and the version; empty before planning
  std::string approved_plan;  ///< plan_hash a person approved; empty: none; `asked_anew_plan`
  std::optional<RunApproval> approval{};  ///< of that plan; none: from before it was kept
  std::string answered{};                 ///< the row of the review with that yes, until it is seen what comes of it
  std::string decided_by;                 ///< "guards" or "alice (review 3)"
  std::string cancel_asked;               ///< who asked for its end, and why; empty: nobody
  std::uint64_t retries{0};               ///< the ended run that a person wanted tried again by it; 0: none
  std::string asked_by{};                 ///< who wanted that; empty: nobody asked for it
  std::optional<RunWait> wait;            ///< in state waiting: until its time is over; none: until a pause is
  std::string closing;          ///< why its other steps are over, where they did not end well and `finally` has begun
  std::string refused{};        ///< a person's no, or none's yes, to its step `approve`: what it has made is taken back
  bool continues{false};        ///< is planned anew, since its wait is over: it has been admitted already
  std::uint32_t plans{0};       ///< how often it was planned
  std::uint32_t unverified{0};  ///< of a success: errands that ended as expected, and nothing confirmed it
  bool changed_nothing{
      false};  ///< of a success: it told, asked or waited, and no resource, program or server was touched
  WallTime created_at{};
  std::optional<WallTime> admitted_at;
  std::uint32_t admitted_more{0};  ///< admissions that count beside that one: effects of them may have begun
  std::optional<WallTime> finished_at;
  std::vector<RunStep> steps;
  /// Of a success: resource, as `changed_text` → keyed hash of the state it made, where something may follow from it.
  /// Stands in the entry of its end and in what is remembered of its answer, not in its row.
  std::map<std::string, std::string> made{};
  std::vector<Cause>
      causes{};  ///< what had led to its finding, where that is over before it; otherwise the finding has it
  /// As it was when it was over, where the run goes on without it, or when what it says was exchanged for what another
  /// source says: that is what the run tells still.
  std::optional<Finding> finding_was{};
  bool asked{false};  ///< an errand was announced: whatever came of it, somebody may have got the run's token
  std::optional<RunUndo> undo{};  ///< it takes back what an ended run has done; none: it answers its finding
  bool tries_breaker{false};  ///< admitted last while its workflow's breaker was open: it ends well, and that closes

  /// How many admissions of it count.
  [[nodiscard]] std::uint32_t admissions() const { return admitted_at ? admitted_more + 1 : 0; }
  /// RFC 8785. Errc::invalid: one of its texts is not UTF-8.
  [[nodiscard]] Result<std::string> to_text() const;
  [[nodiscard]] static Result<Run> from_json(const Json& doc);
  /// Names a planned step to whoever does it, whatever the attempt.
  [[nodiscard]] std::string step_key(std::size_t step) const;
};

/// "r12-0", or "9f2c01ab-r12-0" in a later epoch.
[[nodiscard]] std::string step_key(std::string_view epoch, std::uint64_t run, std::size_t step);

}  // namespace aright
