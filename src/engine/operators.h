// What people may ask of the engine, and what it tells about itself. The API talks to this; the shell implements it.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "engine/key_figures.h"
#include "engine/pause.h"
#include "engine/people_commands.h"
#include "engine/undo_source.h"
#include "engine/version_tests.h"
#include "model/event.h"
#include "model/retention.h"
#include "model/run.h"
#include "model/workflow.h"

namespace aright::detect::sigma {
class RuleSet;
}

namespace aright::engine {

/// Who asks: taken from the socket's peer credentials, never from the request.
struct Identity {
  std::uint32_t uid{0};
  std::string user;                        ///< name, or the number when it has none
  std::vector<std::string> groups;         ///< names
  bool break_glass{false};                 ///< wants to decide alone, if it is root
  bool alone{false};                       ///< does so: the core says it, see `Permits`
  std::vector<std::string> passed_over{};  ///< then: the teams whose it was; from there, too
};

/// No effect of that scope begins from the moment it is asked for, whether or not it can be recorded.
struct Pause {
  std::string reason;
  PauseScope scope{PauseScope::everything()};
};
/// Ends one pause: that with this number; without one the only one of who asks, of this scope if one is given.
/// Another's is ended by its number only.
struct Resume {
  std::string reason;
  std::variant<std::monostate, std::uint64_t, PauseScope> which{};
};
struct SetMode {
  std::string workflow;
  Mode mode{Mode::plan};
  std::string reason;
  bool untested{false};  ///< this version may act although its tests have not passed; mode auto only
};
/// An exception for one control on one subject; a path stands for the subject of its file.
struct Waive {
  std::string control;
  std::string subject;
  std::string reason;
  std::string owner;                    ///< empty: who asks
  std::variant<WallTime, Nanos> lasts;  ///< until then, or for so long from now on
};
/// The decision that a waiver comes with: 0: none.
struct WaivedWith {
  std::uint64_t undo{0};    ///< the run
  std::uint64_t denied{0};  ///< the review
};
struct Unwaive {
  std::uint64_t waiver{0};
  std::string reason;
};
/// What is known of a subject and why what happens to it happens, or why nothing does. Reads it, changes nothing.
struct Explain {
  std::string subject;  ///< a path stands for the subject of its file
};
/// What every control says of one event that was read before, by the configuration in force. Changes nothing.
struct ExplainEvent {
  std::string source;             ///< its name in the configuration
  Event event;                    ///< as it was read once more
  std::set<std::string> named{};  ///< "CONTROL SUBJECT" of findings that name it: these are told elsewhere
};
/// Ends a run between two effects; while one is under way, right after it. What it made stays as it is.
struct CancelRun {
  std::uint64_t run{0};
  std::string reason;
};
/// Answers what an ended run was about once more, through the guards, whatever was answered before.
struct RetryRun {
  std::uint64_t run{0};
  std::string finding;   ///< of that run
  std::string workflow;  ///< of that run
  std::string reason;
};
/// A person has looked at what nobody knew of an unknown run.
struct ResolveRun {
  std::uint64_t run{0};
  bool done{false};  ///< what may have happened has happened
  std::string reason;
};
/// Tries dead notifications again, and waiting ones at once: one, those of a notifier, or all.
struct RetryNotifications {
  std::uint64_t id{0};     ///< 0: not one
  std::string notifier{};  ///< empty: of any
  std::string to{};        ///< the notifier that takes them, of dead ones only; empty: each its own
};
/// Queues a test message, before all others and tried once. The answer names it.
struct TestNotifier {
  std::string notifier;
};
/// Takes back what an ended run has done, by a run of its own.
struct UndoRun {
  std::uint64_t run{0};
  std::string reason;
  std::optional<Nanos> waive{};  ///< as in Deny
  bool partial{false};           ///< what has no inverse stays
  bool plan_only{false};         ///< what it would do is read and told, and nothing else happens
  /// What is stored of the run: the shell adds it.
  Result<std::shared_ptr<const UndoSource>> source{nullptr};
};
/// Reads every watched resource again, now.
struct Rescan {};

/// Takes away what is kept long enough, but for what something open needs. Asked by the node itself.
struct Forget {
  Outdated what;
};
/// Takes away the contents of one subject for good: what was before and after, what programs wrote, events.
struct Erase {
  std::string subject;
  std::string reason;
  std::vector<std::string> contents;  ///< of it, as the history has them
  bool more{false};                   ///< it has more than may go at once
  /// Whose runs and findings are about it, by name: their owners decide.
  std::vector<std::string> workflows{};
  std::vector<std::string> controls{};
  std::uint64_t told{0};           ///< entries that tell of it in public
  std::set<std::uint64_t> runs{};  ///< about it, or with a step on it: what is still to be told of them is emptied
  bool folded{false};              ///< messages about it were told as one with others
};

/// A whole, checked configuration takes the place of the one in force. Open runs keep the version they began with.
struct Reload {
  Config config;
  std::shared_ptr<const detect::sigma::RuleSet> rules;  ///< none: there are none
  VersionTests tests{};
  Origin teams{};                     ///< of the file that names them
  std::vector<std::string> beside{};  ///< what else has changed: "source shop changed"
};
/// A reload that was asked for and is not done: the configuration in force stays. To be recorded.
struct ReloadRefused {
  std::uint64_t mistakes{0};
  std::string first;  ///< where and what
};

using Command = std::variant<Approve, Deny, Pause, Resume, SetMode, Rescan, Waive, Unwaive, Explain, ExplainEvent,
                             Reload, ReloadRefused, CancelRun, RetryRun, ResolveRun, UndoRun, RetryNotifications,
                             TestNotifier, Acknowledge, MarkFinding, Reviewed, Forget, Erase>;

/// Why runs that wait for no person do not go on, in words.
struct Waits {
  std::map<std::uint64_t, std::string> runs;
  std::string pending;  ///< of pending ones that are not in `runs`; empty: they are about to go on
  std::map<std::string, std::string> workflows{};  ///< the same, of those of one workflow

  /// Empty: it does not wait.
  [[nodiscard]] std::string of(std::uint64_t run, bool is_pending) const {
    const auto known = runs.find(run);
    if (known != runs.end()) return known->second;
    return is_pending ? pending : std::string();
  }
  /// Why a run is where it is: as `recorded`, where what it waits for now does not say more.
  [[nodiscard]] std::string reason(std::uint64_t run, const std::string& workflow, RunState state,
                                   const std::string& recorded) const {
    const bool begins = recorded.empty() && (state == RunState::pending || state == RunState::running);
    if (!begins && state != RunState::waiting) return recorded;
    const auto paused = workflows.find(workflow);
    std::string now = of(run, state == RunState::pending && paused == workflows.end());
    if (now.empty() && state == RunState::pending && paused != workflows.end()) now = paused->second;
    return now.empty() ? recorded : now;
  }
};

/// What is told of one notifier.
struct NotifierFigures {
  std::string notifier;
  std::uint64_t queued{0};
  std::uint64_t dead{0};
  std::uint64_t folding{0};       ///< not told yet, will be told as one
  std::uint64_t sent_total{0};    ///< since start, like the following
  std::uint64_t failed_total{0};  ///< tries
  std::uint64_t dead_total{0};
  std::uint64_t folded_total{0};
  std::string trouble{};  ///< why the last try failed; empty: it did not, or there was none
};

/// Figures since start, and the present. Plain numbers for /metrics and `status`.
struct Status {
  bool ready{false};
  bool paused{false};          ///< everything is
  std::vector<Paused> pauses;  ///< on record
  PauseScopes held_back;       ///< at this moment, on record or not yet
  bool no_space{false};
  std::string store_trouble;  ///< empty when the last commit worked and there is room for more
  std::uint64_t entries{0};   ///< size of the audit log
  std::uint64_t checkpoint_size{0};
  /// "workflow fix" that nobody has looked at for long, and what to do.
  std::vector<std::pair<std::string, std::string>> due{};
  std::vector<std::pair<std::string, std::string>> capped;  ///< workflows that stay in mode propose, each with why
  std::uint64_t findings_open{0};
  std::uint64_t runs_open{0};
  std::uint64_t reviews_open{0};
  Waits waits;
  std::set<std::string> crowding;  ///< sources that are not read on: too many of their runs have not begun
  std::uint64_t waivers{0};        ///< in force
  std::uint64_t inconclusive{0};   ///< resources and lists that cannot be read now: whether they are right is unknown
  std::vector<std::pair<std::string, std::string>> unreadable;  ///< the first of them, each with its error
  std::uint64_t events_total{0};
  std::uint64_t reads_total{0};
  std::uint64_t effects_total{0};
  std::uint64_t unverified_total{0};  ///< programs that ended as expected, and nothing confirmed it
  std::uint64_t commits_total{0};
  std::uint64_t inbox{0};                  ///< inputs waiting
  std::uint64_t hints_lost_total{0};       ///< the inbox was full; everything is read again instead
  std::uint64_t late_messages_total{0};    ///< results that had no meaning any more
  std::uint64_t refused_ids_total{0};      ///< resources whose name cannot enter a record
  std::chrono::nanoseconds last_commit{};  ///< how long the newest durable commit took
  std::uint64_t source_gaps_total{0};
  std::uint64_t log_events_total{0};  ///< records of logs and deliveries
  std::uint64_t malformed_total{0};   ///< of those, quarantined
  std::uint64_t waived_events_total{0};
  std::uint64_t delayed_total{0};
  std::uint64_t snapshots_total{0};  ///< of the windows of correlations
  std::string snapshot_trouble;      ///< why the last one could not be written
  std::uint64_t reloads_total{0};
  std::uint64_t reloads_refused_total{0};
  std::string reload_refusal;  ///< why the last reload was refused; empty: it was taken, or there was none
  std::vector<NotifierFigures> notifiers{};
  std::vector<std::pair<std::string, std::uint64_t>> runs_total;  ///< by final state
  std::vector<std::pair<std::string, bool>> breakers;             ///< of workflows that have one: whether it is open
  std::vector<std::pair<std::string, std::uint64_t>> verdicts_total;  ///< by guard and verdict: "threshold hold"
  std::shared_ptr<const KeyFigures> keys;                             ///< none: nothing has been counted yet
};

class Operators {
 public:
  virtual ~Operators() = default;
  /// Ready when the decision is durable. Errors: not_found (no such review, workflow, open run), conflict (not in this
  /// state), invalid (already decided, mode
  /// above the ceiling), unavailable (stopping). Any thread. The Json says what now is ({"run": 12, "state":
  /// "planning"}).
  virtual std::future<Result<Json>> submit(Command command, Identity who) = 0;
  /// Any thread; never blocks on the database.
  virtual Status status() const = 0;
  /// How far each source has been handled, durably: a list of `Intake::to_json`. Any thread.
  virtual Json intakes() const { return Json::array(); }
  /// The configuration in force: {"controls": […], "workflows": [{…, "mode": "auto", "ceiling": "auto"}]}. Any thread.
  virtual Json definitions() const = 0;
};

}  // namespace aright::engine
