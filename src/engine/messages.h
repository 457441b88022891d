// What goes into the core and what comes out. Values only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "engine/operators.h"
#include "engine/plan_desired.h"
#include "engine/window_snapshot.h"
#include "model/entry.h"
#include "model/errand.h"
#include "model/intake.h"
#include "model/notification.h"
#include "model/port/driver.h"
#include "model/run.h"
#include "workflow/errand_texts.h"

namespace aright::engine {

// ---- inputs ----

/// Something may have changed: read and compare. Never evidence by itself.
struct Hint {
  enum class What : std::uint8_t { changed, scan, read_all };
  std::string source;       ///< "watch", "schedule"
  std::uint64_t offset{0};  ///< per source
  What what{What::changed};
  std::string control;  ///< scan: which; otherwise empty
  std::string path;     ///< changed: which id of driver `driver`
  std::string driver{"file"};
  std::string note;  ///< read_all: why (a gap)
};
struct ReadDone {
  ResourceId resource;
  std::uint64_t generation{0};
  Result<State> state;
};
struct ListDone {
  std::string control;
  std::string source;
  std::uint64_t offset{0};
  Result<std::vector<std::string>> ids;
};
/// A plan with its content committed to, ready to be recorded.
struct SealedPlan {
  Plan plan;
  Blob before;
  Blob after;
  Json difference;
  Digest mac{};      ///< keyed hash of resource, before and after: equal plans have equal macs
  bool made{false};  ///< it is the plan that the run has carried out already, and what it made is there
  StepState state{StepState::planned};  ///< of a step that steers, or is not done
  std::string outcome;                  ///< of such a step
  bool kept{false};                     ///< nothing is planned: its step is on record as it is
};
struct PlanDone {
  std::uint64_t run{0};
  std::uint32_t step{0};
  std::uint32_t attempt{0};  ///< Run::plans when it was asked for
  Result<SealedPlan> plan;
  bool for_good{false};   ///< asked again, the same plan would be refused in the same way
  std::string touches{};  ///< of a program: which protected target it names; empty: none
};
struct ApplyDone {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool undo{false};
  bool recovering{false};
  Result<ApplyOutcome> outcome;
  Result<State> read_back;  ///< read after `outcome`, whatever it said
};
struct VerifyDone {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool undo{false};
  Result<State> read_back;
};
/// For an answer only: what is read here opens and resolves nothing.
struct LookDone {
  std::uint64_t token{0};
  ResourceId resource;
  Result<State> state;
};
/// What an errand came to, with what was written or answered committed to.
struct ErrandEnd {
  Verdict verdict;
  ErrandRun ran;
  Blob output;
  std::string written;  ///< what was kept of standard output, or of the answer
};
/// Errors of `end`: timeout and conflict: it may have begun; all others: it has not. Errc::paused: the gate was closed.
struct ErrandDone {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool looks{false};       ///< it is the one that looks
  bool recovering{false};  ///< it looks after a restart or a pause: what the step's errand came to is not known
  Result<ErrandEnd> end;
};
/// Errc::timeout: it is to be over, and cannot be ended.
struct FormerDone {
  std::uint64_t run{0};
  std::uint32_t step{0};
  Result<FormerProgram> found;
};
/// What undoing one step of an ended run comes to, as its resource reads now.
struct UndoStep {
  enum class What : std::uint8_t {
    nothing,  ///< it changed nothing that is there
    undo,
    already,  ///< it reads as before; `why`: another undo has taken it back
    stays,    ///< nothing takes it back
    refused,
  };
  What what{What::nothing};
  std::string why{};                 ///< of `stays` and `refused`; of `already` where it is not read
  std::optional<State> now{};        ///< of a resource that could be read
  std::optional<SealedPlan> plan{};  ///< of `undo`
};
struct UndoPlanned {
  std::uint64_t token{0};
  std::uint64_t run{0};
  std::uint32_t attempt{0};
  bool partial{false};
  std::shared_ptr<const UndoSource> source;
  std::vector<UndoStep> steps;
};
/// A window snapshot lies on the disk, or could not be written.
struct SnapshotDone {
  std::uint64_t number{0};
  Result<Done> written;
};
/// What came of telling somebody; errors as of `NotifyHand::deliver`.
struct Notified {
  std::uint64_t id{0};
  Result<std::string> outcome;
};
/// From a person; `token` names the waiting caller.
struct Asked {
  std::uint64_t token{0};
  Command command;
  Identity who;
};
/// The pause file appeared or went, or the signal came.
struct PauseSeen {
  std::string origin;  ///< "file", "signal"
  bool paused{true};
};
/// The state folder has run out of its reserve, or has it back.
struct SpaceSeen {
  bool low{true};
};
/// What a log says of a finding on events, for whoever plays it again: no rule is asked (docs/decisions/0201).
struct Refound {
  std::string control;  ///< one on events; of others nothing comes
  std::string subject;
  bool over{false};                      ///< it is said to be over
  bool typed{true};                      ///< as in `Finding::subject_typed`
  std::vector<std::string> by{};         ///< as in `Finding::subject_by`
  std::optional<Level> severity{};       ///< nullopt: the control's, or as it was
  std::string title{};                   ///< of an alert
  std::vector<std::string> searches{};   ///< as in `Finding::differs`
  std::shared_ptr<const Event> first{};  ///< the evidence; none: it is not kept
  std::string source{};                  ///< and part of it
  std::uint64_t offset{0};
  std::uint64_t count{1};
  std::optional<Mode> mode_max{};  ///< nullopt: as far as with its finding; a new one: as far as any
};
/// These are read from now on, and may have more to say than is read at once (`EventsRead::behind`).
struct SourcesBegin {
  std::vector<std::string> sources;
};
/// The daemon is about to stop: no new run and no new effect begins; what is under way is ended and recorded.
struct Draining {};
using Input = std::variant<Hint, EventsRead, Refound, SourcesBegin, SnapshotDone, ReadDone, ListDone, PlanDone,
                           ApplyDone, VerifyDone, ErrandDone, FormerDone, LookDone, UndoPlanned, Notified, Asked,
                           PauseSeen, SpaceSeen, Draining>;

// ---- effects (and reads) the shell performs after the commit ----

struct DoRead {
  ResourceId resource;
  std::uint64_t generation{0};
};
struct DoList {
  std::string control;
  std::string driver;
  std::string source;
  std::uint64_t offset{0};
  Select select;
};
struct DoPlan {
  std::uint64_t run{0};
  std::uint32_t step{0};
  std::uint32_t attempt{0};
  ResourceId resource;
  Desired desired;
  FillContext context;               ///< where `desired` has something to be filled in
  std::shared_ptr<const Plan> made;  ///< what the run has done here already; nullptr: nothing
};
struct DoApply {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool undo{false};
  bool recovering{false};
  std::string workflow;  ///< of the run: it may be paused
  std::shared_ptr<const ApplyRequest> request;
};
struct DoVerify {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool undo{false};
  ResourceId resource;
};
struct DoLook {
  std::uint64_t token{0};
  ResourceId resource;
};
using ErrandStep = std::variant<Step::Exec, Step::Call>;
/// Plans an errand: answered by a PlanDone that leads from nothing to the plan as JSON.
struct DoErrandPlan {
  std::uint64_t run{0};
  std::uint32_t step{0};
  std::uint32_t attempt{0};
  ErrandStep errand;
  workflow::ErrandContext context;   ///< without the resource: it is read if an expression names it
  std::shared_ptr<const Plan> made;  ///< as in DoPlan
};
struct DoErrand {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool looks{false};
  bool recovering{false};
  bool sensitive{false};
  std::string workflow;  ///< as in DoApply
  std::shared_ptr<const ErrandPlan> plan;
  std::string cause{};  ///< the token by which what comes of it is known
};
/// Looks whether a program that was announced before the start is at work still. No effect: nothing is begun. One whose
/// time is over, or that is `overdue`, is ended.
struct DoFormer {
  std::uint64_t run{0};
  std::uint32_t step{0};
  bool overdue{false};
  std::shared_ptr<const ErrandPlan> plan;
  std::string cause;
};
/// Tells somebody, once. No effect on what is managed: it is announced when it is queued, and no pause holds it up.
struct DoNotify {
  std::shared_ptr<const Notification> notification;
};
/// Reads what an ended run has changed, and plans the way back. Without a run: for an answer only.
struct DoUndoPlan {
  std::uint64_t token{0};
  std::uint64_t run{0};
  std::uint32_t attempt{0};
  bool partial{false};
  std::shared_ptr<const UndoSource> source;
  std::map<std::size_t, workflow::ErrandContext> errands;  ///< by step that a program or a call takes back
};
/// Puts the windows of correlations aside, as they were when everything in them had become durable.
struct DoSnapshot {
  std::shared_ptr<const WindowSnapshot> snapshot;
};
using Work = std::variant<DoRead, DoLook, DoList, DoPlan, DoApply, DoVerify, DoErrandPlan, DoErrand, DoFormer, DoNotify,
                          DoSnapshot, DoUndoPlan>;

/// The answer to an `Asked`; given when the batch is durable.
struct Answered {
  std::uint64_t token{0};
  Result<Json> answer;
};

/// A line for whoever watches the daemon. Holds texts from outside: made safe where it is printed.
struct Notice {
  bool warning{false};
  std::string text;
};

struct Output {
  std::vector<Entry> entries;
  std::vector<Row> rows;
  std::vector<Blob> blobs;
  std::vector<Definition> definitions;
  std::vector<IntakeRow> intakes;
  Outdated gone;
  std::string context;
  std::vector<Work> work;
  std::vector<Answered> answers;
  std::vector<Notice> notices;
  bool resumed{false};        ///< a pause is over: the gate may open for its scope when this is durable
  std::optional<Nanos> wake;  ///< boot-time clock: call again then at the latest
};

}  // namespace aright::engine
