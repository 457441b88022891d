// What the core remembers beside its projection, and the values its parts hand each other. In memory only: rebuilt at
// start.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/backlog.h"
#include "engine/closed_subjects.h"
#include "engine/deadlines.h"
#include "engine/held_sources.h"
#include "engine/messages.h"
#include "engine/outlived.h"
#include "guard/guard.h"
#include "model/run.h"
#include "model/workflow.h"

namespace aright::engine {

/// It has changed something that is known to be there.
[[nodiscard]] bool made_something(const Run& run);
/// Names of what the steps for which `which` holds are about, as many as a record holds.
[[nodiscard]] std::string resources(const Run& run, bool (*which)(const RunStep&));
/// What a person should do about a run that has not ended and so is not what he asks for.
[[nodiscard]] std::string instead(const Run& run);
/// Whether it has been taken back is not known.
[[nodiscard]] bool undo_in_doubt(const Run& run);
/// It is no member of the control's folders any more.
[[nodiscard]] bool has_gone(const Control& control, const ResourceId& id, const State& state);
/// Of a step that can be planned only when its turn comes.
[[nodiscard]] SealedPlan open_plan(std::size_t step);

/// Names for `Core` alone.
struct CoreParts {
  CoreParts() = default;
  CoreParts(const CoreParts&) = delete;
  CoreParts& operator=(const CoreParts&) = delete;

  /// Whether a source has said something: a change seen counts more than a time that is due.
  enum class Hinted : std::uint8_t { no, due, changed };
  struct Resource {
    ResourceId id;
    std::uint64_t locked_by{0};   ///< run between plan and verify; 0: free
    std::uint64_t generation{0};  ///< raised when a lock is taken: a read from before is stale
    bool reading{false};
    bool again{false};            ///< a hint came while reading or locked: read once more
    std::string source{"start"};  ///< of the newest hint
    std::uint64_t offset{0};
    std::uint64_t asked{0};     ///< the round in which the outstanding read was asked for
    Hinted hinted{Hinted::no};  ///< by a source, since the last reading that counted began
  };
  /// What a run that did not cure its finding left behind. In memory only.
  struct Left {
    std::string state;      ///< of the subject, as `mark`; empty: not known
    bool any_change{true};  ///< nothing to compare with: it failed without a plan, or ended before the start
    bool news{false};       ///< something happened since: the next run does not wait out its time
  };
  struct NextErrand {
    std::size_t step{0};
    bool looks{false};       ///< it is the errand that looks
    bool recovering{false};  ///< as in `ErrandDone`
  };
  /// A yes that is counted only where what it was said to is still so.
  struct AskedYes {
    std::uint64_t token{0};
    Approve command;
    Identity who;
  };
  /// What a run needs beside its row: rebuilt after a restart.
  struct Active {
    std::vector<std::optional<SealedPlan>> replies;  ///< while planning, by step
    std::vector<std::string> errors;
    std::string about;          ///< mark of the subject's state that the plans begin from; empty: none is about it
    std::string refusal;        ///< an error that would come again for ever
    std::string touches;        ///< the protected target that a program of it names; empty: none
    std::vector<Plan> plans;    ///< of the recorded steps
    std::vector<Plan> earlier;  ///< those of before, while it is planned anew behind what it has made
    std::map<std::size_t, Json> lists;  ///< by step over a list: its values, while it is planned
    std::size_t missing{0};
    std::uint64_t asked{0};             ///< entries there were when its plans were asked for
    std::optional<Nanos> verify_until;  ///< boot time
    std::optional<Nanos> try_due;       ///< boot time of the next try of the step that failed last (`retry`)
    std::optional<Error> error;         ///< what the driver said of the effect that is being read back
    bool recovering{false};             ///< that effect may have been begun before a restart
    bool undo_waits{false};             ///< rolling back, but no effect may begin now
    std::uint64_t effect{0};            ///< number of the one that the driver has not answered yet; 0: none
    bool errand{false};                 ///< one of its errands has been asked for and has not answered
    std::optional<NextErrand> next;     ///< what it starts when it has a turn
    std::optional<Outlived> outlived;   ///< its program that may have been at work since before the start
    std::vector<AskedYes> yeses;        ///< it is held, and planned only to be compared with what they were said to

    [[nodiscard]] bool waits_for_outlived() const { return outlived && !outlived->over; }
  };
  /// What answering a finding comes to now, before locks, plans and the guards that need them.
  struct Weighed {
    enum class Outcome : std::uint8_t {
      off,
      has_open_run,
      does_not_apply,  ///< its `when` is false, or in mode plan cannot be told: `trouble`
      observed,
      answered,   ///< for this state: a person's no, an expired review, a failed rollback, a plan in mode plan
      waits,      ///< for `wait`, since a run ended and left the finding open
      kept_back,  ///< by a guard, as `by` says
      undecided,  ///< whether its `when` holds cannot be told: `trouble`; a person decides
      runs,
    };
    Outcome outcome{Outcome::runs};
    Nanos wait{};
    guard::Suppress by;
    std::string trouble;
  };
  /// What a step is about; for as long as its definition is kept.
  struct Aim {
    ResourceId resource;
    const Desired* desired;
  };
  /// A finding that is open, its control and one of its workflows, as they are in force.
  struct AnswerAgain {
    const Finding* finding{nullptr};
    const Control* control{nullptr};
    const Workflow* workflow{nullptr};
  };
  /// What people's answers wait for.
  struct Asking {
    Deadlines climbs_due;                    ///< open reviews: when their ladder is climbed next
    std::optional<Nanos> ages_due;           ///< boot time at which the age of definitions is looked at
    std::set<std::uint64_t> refused_runs;    ///< what they have made is to be taken back
    std::vector<std::uint64_t> opened;       ///< reviews, in this round
    std::map<std::uint64_t, Review> lapsed;  ///< by run: what is about to be asked anew, where its ladder was climbed
    Origin teams;                            ///< of the file that names them
    std::map<std::string, std::string> deciders;  ///< how each of them decides, as last noted
  };
  struct AskedRetry {
    RetryRun command;
    Identity who;
  };
  /// Branches that have been decided → 1 by their second arm, else 0; steps over lists → how many values.
  using Ways = std::map<std::size_t, std::size_t>;
  static constexpr Nanos critical_wait = std::chrono::seconds{5};
  /// A critical finding's run that has not begun by then: people are told.
  struct RunDelayed {
    std::uint64_t run{0};
  };
  /// A critical finding that has no run by then, since another one's keeps it waiting: people are told.
  struct AnswerDelayed {
    std::string finding;
    std::string workflow;
    Nanos since{0};
  };
  struct ListAgain {
    std::string control;
  };
  struct RunAgain {
    std::uint64_t run{0};
  };
  struct OutlivedAgain {
    std::uint64_t run{0};
  };
  struct WaitOver {
    std::uint64_t run{0};
  };
  struct EffectLate {
    std::uint64_t run{0};
    std::uint64_t effect{0};
  };
  using Timer = std::variant<DoVerify, ResourceId, ListAgain, RunAgain, WaitOver, EffectLate, RunDelayed, AnswerDelayed,
                             OutlivedAgain>;
  enum class Begins : std::uint8_t {
    yes,           ///< or it is over
    later,         ///< it waits for something that others in its lane may not need
    none_like_it,  ///< nor does any in its lane
  };
  /// What a read after an effect shows.
  enum class Seen : std::uint8_t { wanted, origin, foreign, unreadable };

  std::map<std::uint64_t, std::vector<ResourceId>> locks_;  ///< by run
  Backlog backlog_;
  std::map<std::string, Nanos> read_again_;     ///< resource → when its timer fires
  std::map<std::uint64_t, std::string> waits_;  ///< pending or waited → what it needs and has not
  ClosedSubjects closed_subjects_;
  std::map<std::string, Trouble> troubles_;      ///< by subject: "file:/etc/motd", or "list of control NAME"
  std::map<std::string, Left> left_;             ///< "WORKFLOW SUBJECT" of findings that a run left open
  std::map<std::uint64_t, AskedRetry> retries_;  ///< by token: their subjects are being read
  std::set<std::string> refused_;                ///< ids already recorded as refused; a bounded number
  std::set<std::string> ended_on_;               ///< subjects: looked at again if a finding about them is open
  std::set<std::string> idle_;                   ///< resources that may be forgotten at the end of this round
  std::uint64_t round_{0};
  std::uint64_t gap_at_{0};  ///< entries there were after the last gap of a source
  bool space_low_{false};
  bool draining_{false};
  std::map<std::uint64_t, Nanos> wait_due_;  ///< waiting run → boot time at which its wait is looked at
  std::map<std::uint64_t, std::map<std::size_t, Json>> outputs_;  ///< by open run and step: what programs wrote
  std::set<std::uint64_t> continued_;                             ///< at work after a wait
  std::map<std::string, std::string> full_lanes_;                 ///< lane of the backlog → why none in it begins
  std::set<std::uint64_t> waited_;                                ///< their wait is over; they go on when there is room
  TestsRule tests_rule_{TestsRule::off};
  std::optional<Nanos> clock_offset_;  ///< wall minus boot when last seen
};

/// What a step that has steered decided.
void note_way(const Step& step, const RunStep& recorded, std::size_t index, CoreParts::Ways& ways);

}  // namespace aright::engine
