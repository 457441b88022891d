// Workflows: the predefined answer to findings.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/call.h"
#include "model/control.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/guards.h"
#include "model/mode.h"
#include "model/notification.h"
#include "model/origin.h"
#include "model/program.h"
#include "model/resource.h"
#include "model/step_output.h"
#include "model/team.h"

namespace aright {

enum class OnFailure : std::uint8_t {
  roll_back,  ///< availability fixes: undo what we made, in reverse
  review,     ///< containing fixes: never re-open by themselves; a person decides
};
[[nodiscard]] std::string_view name(OnFailure on_failure);

struct StepTarget {
  ResourceId resource;
  Desired desired;
};

/// Bring a resource to a desired state. Without an own target: the finding's resource and the control's state.
struct EnsureStep {
  std::optional<StepTarget> own;
  std::chrono::nanoseconds verify_within{std::chrono::seconds{5}};
  /// For the driver's answer to the effect; then nobody knows what has happened. Without one: what the driver allows.
  std::optional<std::chrono::nanoseconds> time_limit{};
};

/// A program as written: what its arguments and environment name is filled in when a run is planned.
struct StepProgram {
  /// The first is the program's absolute path, as it is; the others may hold `${ … }`, each stays one argument.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  ///< values may hold `${ … }`
  SecretTexts secret_environment{};
  std::vector<std::string> input_secrets{};  ///< names of those that standard input has
  std::chrono::nanoseconds time_limit{std::chrono::seconds{60}};
  std::size_t output_max{std::size_t{64} * 1024};  ///< bytes kept of each stream
  ProgramExpect expect;
};

/// A second program, which only looks whether what the first one does is there.
struct StepConfirm {
  StepProgram program;         ///< ends as it expects: it is there
  std::vector<int> absent{1};  ///< exit codes that say: certainly not there; anything else: nobody can tell
};

/// Run a program. Without `confirm` nobody has seen that it did what it should: the run succeeds unverified.
struct ExecStep {
  StepProgram program;
  std::optional<StepConfirm> confirm;
  bool sensitive{false};  ///< arguments, input and output stay out of records, whatever they hold
  OutputShape output{};   ///< empty: what it writes is for people only
};

/// Nothing for so long; then everything is read and planned anew, and the run goes on with the next step.
struct WaitStep {
  std::chrono::nanoseconds length{};  ///< whole milliseconds, 1 s to 30 days
};

/// Tell somebody. Over when that is durable in his queue, whether or not he can be reached.
struct NotifyStep {
  std::string to;     ///< a notifier
  std::string title;  ///< may hold `${ … }`, like `text`; empty: one is made
  std::string text;
  Level severity{Level::informational};
};

/// A person has to say yes to what is left; while nobody has, nothing is the run's own, as in a wait.
struct ApproveStep {
  std::string team;                       ///< whose members decide; empty: the owner's
  std::string text;                       ///< what they are told; may be empty
  std::chrono::nanoseconds expires{};     ///< then the answer is no
  std::optional<std::uint32_t> quorum{};  ///< none: as the team says
};

/// Which of two arms is gone on with. The steps of both follow it in the workflow's list, each with its `StepArm`.
struct BranchStep {
  std::string when;  ///< a condition (CEL), as workflow/step_condition.h has it
};

/// The program or call behind it once for each value of a list. It follows in the workflow's list as often as there may
/// be values, each with its `StepArm`.
struct ForEachStep {
  std::string list;        ///< an expression (CEL) whose value is a list of texts, integers or booleans
  std::size_t at_most{1};  ///< 1 to `for_each_max`; a longer list is a person's question, like an empty one
};
inline constexpr std::size_t for_each_max = 16;
inline constexpr std::size_t for_each_bytes_max = 2048;  ///< of all values as JSON, so that an entry can hold them

/// That a step is done only where a branch before it takes that way, or a list has so many values.
struct StepArm {
  std::size_t of{0};                  ///< index of the branch, or of the step over the list
  bool otherwise{false};              ///< where the branch's condition does not hold
  std::optional<std::size_t> item{};  ///< which value of the list it is for
  bool operator==(const StepArm&) const = default;
};

/// A request as written.
struct CallMessage {
  enum class Body : std::uint8_t {
    none,
    text,  ///< `body`: a fixed text, or one `${ … }`
    form,  ///< names and texts with `${ … }`
    json,  ///< texts in it may hold `${ … }`; null where a secret belongs
    input  ///< what a program gets on standard input
  };
  std::string method{"GET"};
  std::string url;        ///< `${ … }` behind the host only; what is filled in never becomes a part of its structure
  SecretTexts headers{};  ///< their texts may hold `${ … }`
  Body kind{Body::none};
  std::string body{};
  std::map<std::string, std::string> form{};
  Json json{};
  SecretTexts json_secrets{};  ///< by RFC 6901 pointer
  std::chrono::nanoseconds time_limit{std::chrono::seconds{30}};
  std::size_t kept_max{std::size_t{64} * 1024};  ///< bytes kept of the answer
  CallExpect expect{};
};

/// A second request, which only looks whether what the first one does is there.
struct CallConfirm {
  CallMessage message;                                      ///< answered as it expects: it is there
  CallExpect absent{.status = {{404, 404}}, .answer = {}};  ///< certainly not there; anything else: nobody can tell
};

/// Call a server. Without `confirm` the run succeeds unverified, as of `exec`.
struct CallStep {
  CallMessage message;
  std::optional<CallConfirm> confirm;
  bool sensitive{false};  ///< request and answer stay out of records, whatever they hold
  OutputShape output{};   ///< of the answer; empty: it is for people only
};

/// How often a step that failed is tried again within its run, under the same key; never what may have happened.
struct StepRetry {
  std::uint32_t times{0};
  std::chrono::nanoseconds wait{std::chrono::seconds{1}};  ///< before the first of them; then doubled, up to a minute
};

/// What takes back what a program or a call did, when a person asks for that (docs/decisions/0171).
using StepUndo = std::variant<ExecStep, CallStep>;

/// One node of a workflow: exactly one of its kinds.
struct Step {
  using Target = StepTarget;
  using Ensure = EnsureStep;
  using Program = StepProgram;
  using Confirm = StepConfirm;
  using Exec = ExecStep;
  using Message = CallMessage;
  using CallConfirm = aright::CallConfirm;
  using Call = CallStep;
  using Retry = StepRetry;
  using Wait = WaitStep;
  using Branch = BranchStep;
  using ForEach = ForEachStep;
  using Notify = NotifyStep;
  using Approve = ApproveStep;
  using Arm = StepArm;
  std::variant<Ensure, Exec, Call, Wait, Branch, ForEach, Approve, Notify> act;
  Retry retry{};
  std::string name{};              ///< by which later steps name what it came to; empty: they do not
  std::optional<Arm> arm{};        ///< none: whatever any branch decides
  bool at_end{false};              ///< of `finally`: done when all others are over, however they ended; a program
  std::optional<StepUndo> undo{};  ///< of an errand; none: nothing takes it back
  bool nothing_to_undo{false};     ///< of an errand: it changes nothing that would have to be taken back

  [[nodiscard]] const Ensure* ensure() const { return std::get_if<Ensure>(&act); }
  [[nodiscard]] const Exec* exec() const { return std::get_if<Exec>(&act); }
  [[nodiscard]] const Call* call() const { return std::get_if<Call>(&act); }
  [[nodiscard]] const Wait* wait() const { return std::get_if<Wait>(&act); }
  [[nodiscard]] const Branch* branch() const { return std::get_if<Branch>(&act); }
  [[nodiscard]] const ForEach* for_each() const { return std::get_if<ForEach>(&act); }
  [[nodiscard]] const Notify* notify() const { return std::get_if<Notify>(&act); }
  [[nodiscard]] const Approve* approve() const { return std::get_if<Approve>(&act); }
  [[nodiscard]] bool is_errand() const { return exec() != nullptr || call() != nullptr; }
  /// Of an errand: its author says so, or it only looks and says nothing else of it (docs/decisions/0226).
  [[nodiscard]] bool leaves_nothing() const {
    return nothing_to_undo || (!undo && call() != nullptr && is_safe(call()->message.method));
  }
  /// What an errand writes for the steps after it; nullptr: nothing.
  [[nodiscard]] const OutputShape* output() const {
    const OutputShape* shape = exec() != nullptr ? &exec()->output : call() != nullptr ? &call()->output : nullptr;
    return shape == nullptr || shape->empty() ? nullptr : shape;
  }
  /// An `ensure` of the finding's own resource.
  [[nodiscard]] bool cures() const { return ensure() != nullptr && !ensure()->own; }
};

/// What a Sigma finding is about, as the workflow that answers it says instead of the rule.
struct AnswerSubject {
  std::string text;                 ///< begins with `KEY=` and has `${ … }` over `event` in it
  FieldType type{FieldType::text};  ///< what stands behind `KEY=` must have this form

  /// How findings remember that they were made by it: 16 hex digits of SHA-256(text, type).
  [[nodiscard]] std::string id() const;
  bool operator==(const AnswerSubject&) const = default;
};

/// Which findings a workflow answers: one control by name, or all with a tag, of at least a level. With a `subject`:
/// those of Sigma rules that are about it; without: those about what the control says.
struct Answer {
  std::string control;
  std::string tag;
  std::optional<Level> level;
  std::optional<AnswerSubject> subject{};

  /// Whether it can match a finding of `control`, whose alerts may have a severity of their own.
  [[nodiscard]] bool matches(const Control& control) const;
  [[nodiscard]] bool matches(const Control& control, const Finding& finding) const;  ///< one of `control`
  [[nodiscard]] std::string text() const;  ///< for messages: "`motd`", "tag `x` from level `high` on"
  bool operator==(const Answer&) const = default;

 private:
  [[nodiscard]] bool names(const Control& control, Level severity) const;
};

struct Workflow {
  std::string name;  ///< [a-z0-9-]{1,64}
  std::string owner;
  std::vector<Answer> answers;
  std::string when;       ///< a condition (CEL) over `finding`, `control` and `resource`; empty: always
  Mode mode{Mode::plan};  ///< the ceiling; not part of the version
  Guards guards;
  OnFailure on_failure{OnFailure::roll_back};
  std::chrono::nanoseconds review_within{std::chrono::hours{24}};  ///< then the review expires, which denies
  std::vector<Step> steps;  ///< 1 to `steps_max`; those of branches lie in a row, those of `finally` are the last
  std::optional<std::chrono::nanoseconds> review_by{};  ///< none: `review_by_default`
  Origin origin{};                                      ///< not part of the version

  [[nodiscard]] bool answers_to(const Control& control) const;                          ///< may answer a finding of it
  [[nodiscard]] bool answers_to(const Control& control, const Finding& finding) const;  ///< answers this one of it
  [[nodiscard]] Json to_json() const;                                                   ///< without the mode
  [[nodiscard]] static Result<Workflow> from_json(const Json& doc);
  [[nodiscard]] std::string version() const;  ///< hex SHA-256 of the canonical form
  /// It may be planned more than once on its way.
  [[nodiscard]] bool is_staged() const;
  /// The branches that steps `one` and `other` are below of let only one of them be done. Indexes of `steps`.
  [[nodiscard]] bool exclude(std::size_t one, std::size_t other) const;
  /// Those that are not done when the branch at `branch` has taken its arm `otherwise`. In order.
  [[nodiscard]] std::vector<std::size_t> not_taken(std::size_t branch, bool otherwise) const;
};

inline constexpr std::size_t steps_max = 64;

/// A whole, checked configuration. A value: reloading makes a new one.
struct Config {
  std::vector<Control> controls;
  std::vector<Workflow> workflows;
  /// Paths no workflow may name: own state folder, own binary, own configuration. Absolute, no trailing slash.
  std::vector<std::string> protected_paths;
  std::vector<SharedBudget> budgets{};
  RunLimits limits{};
  NotifyRules notify{};
  std::vector<Team> teams{};                   ///< none: whoever may use the socket decides
  std::map<std::string, Mode> source_modes{};  ///< by source: how far workflows go with what it tells
};

}  // namespace aright
