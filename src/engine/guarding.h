// What the guards say of one run that may begin, from what the projection remembers. The counting is room guard's; here
// each guard gets what it counts. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/projection.h"
#include "guard/breaker.h"
#include "guard/budget.h"
#include "guard/guard.h"
#include "guard/open_times.h"
#include "model/control.h"
#include "model/event.h"
#include "model/fields.h"
#include "model/workflow.h"
#include "workflow/guard_keys.h"

namespace aright::engine {

/// A run that may begin.
struct Candidate {
  const Workflow& workflow;
  const std::string& version;  ///< of the workflow
  const Finding& finding;
  const Control& control;
  const std::string& control_hash;  ///< of `control`; the finding may be older
  const Event* event{nullptr};      ///< that opened the finding, where it came from one
  Mode mode{Mode::auto_};           ///< how far it may go: up to plan the shadow counts are asked
  std::uint64_t run{0};             ///< that is there already; 0: none yet
  std::uint32_t admitted{0};        ///< so often, and that counts: effects of it may have begun
  std::size_t claimed{0};           ///< places in its staged budget that runs are about to take
  std::string trouble{};            ///< why nobody can tell whether it answers at all; empty: it does
};

/// What the end of a run may prove to its workflow's breaker.
struct Proof {
  std::uint64_t run{0};
  std::string workflow;
  bool admitted{false};
  bool tries{false};  ///< it was admitted while the breaker was open
};
struct BreakerTurn {
  bool opens{false};  ///< otherwise it closes
  std::string why;
};

/// One thread at a time.
class Guarding {
 public:
  /// Both must outlive it; another configuration is taken with `reconfigured`.
  Guarding(const Config& config, const Projection& projection) : config_(config), projection_(projection) {}
  void reconfigured() { ready_.clear(); }

  /// Those that keep it back for a while. nullopt: none does.
  [[nodiscard]] std::optional<guard::Suppress> waits(const Candidate& candidate, const Now& now) const;
  /// Those that let a person decide. nullopt: none does.
  [[nodiscard]] std::optional<guard::Hold> holds(const Candidate& candidate, const Now& now) const;
  /// What would keep it back for a while in mode auto. nullopt: nothing.
  [[nodiscard]] std::optional<guard::Suppress> would_wait(const Candidate& candidate, const Now& now) const;
  /// "would run", or what would become of it in mode auto.
  [[nodiscard]] std::string foresees(const Candidate& candidate, const Now& now) const;
  /// Where it waits when its cool-down keeps it back; empty: it has none.
  [[nodiscard]] static std::string cool_down_queue(const Workflow& workflow, const std::string& subject);
  /// Where it waits for the next stage of its budget; empty: it has none with stages.
  [[nodiscard]] std::string stage_queue(const Workflow& workflow) const;
  /// How many need not wait for a stage any more. Of a workflow with a `stage_queue`.
  [[nodiscard]] std::size_t stage_room(const Workflow& workflow, const Now& now) const;
  /// Puts into the entry that admits it what it will be counted by.
  void note(const Candidate& candidate, Fields& entry) const;
  /// How many a control looks at has just been seen: `listed` in its folders.
  void seen_listed(const std::string& control, std::uint64_t listed) { listed_[control] = listed; }
  /// A finding has been kept back by `limits.held`; until half of the reviews are decided others are too. False: people
  /// know that already.
  bool keep_back(const Workflow& workflow, bool critical) {
    return held_back_.insert(workflow.name + (critical ? " critical" : "")).second;
  }
  /// The workflows of which few enough wait now that what was kept back may be answered again. They are told once.
  [[nodiscard]] std::set<std::string> let_go();
  /// Of a run that is about to end: taken before its end is recorded.
  [[nodiscard]] Proof proof_of(const Run& run) const;
  /// What becomes of the breaker of its workflow now that the end is recorded. nullopt: it stays as it is.
  [[nodiscard]] std::optional<BreakerTurn> turn(const Proof& proof, RunState ended, const Now& now) const;
  /// Each guard with the numbers it sees now.
  [[nodiscard]] Json seen(const Candidate& candidate, const Now& now) const;

 private:
  /// What of a workflow is made ready once.
  struct Ready {
    std::optional<Result<guard::OpenTimes>> window;
    Result<workflow::GuardKeys> keys;
  };
  struct Keys {
    std::vector<std::string> list;
    std::string trouble;
    bool again{false};
    std::string last_end;
  };
  const Ready& ready(const Candidate& candidate) const;
  [[nodiscard]] Keys keys_of(const Candidate& candidate) const;
  [[nodiscard]] guard::Question question(const Candidate& candidate, const Keys& keys, const Now& now) const;
  [[nodiscard]] guard::Verdict window(const Candidate& candidate, const Now& now) const;
  [[nodiscard]] guard::Verdict hold_time(const Candidate& candidate, const Now& now) const;
  [[nodiscard]] guard::Verdict flapping(const Candidate& candidate, const Now& now) const;
  [[nodiscard]] guard::Verdict loop(const Candidate& candidate) const;
  [[nodiscard]] const std::vector<Moment>& returns(const Candidate& candidate) const;
  [[nodiscard]] guard::Verdict breaker(const Candidate& candidate, const Now& now) const;
  [[nodiscard]] guard::Verdict budget(const Candidate& candidate, const Now& now) const;
  /// Nothing: it has no budget, or a shared one that is not configured any more.
  [[nodiscard]] const Budget* budget_of(const Workflow& workflow) const;
  [[nodiscard]] std::optional<std::uint64_t> population(const Budget& budget) const;
  [[nodiscard]] const guard::Spendings& spent(const Candidate& candidate) const;
  /// Too many of its runs wait for a person already, and this one would be one more.
  [[nodiscard]] std::optional<guard::Suppress> beyond(const Candidate& candidate, const Now& now) const;
  void add_budget(const Candidate& candidate, const Now& now, Json& list) const;

  const Config& config_;
  const Projection& projection_;
  mutable std::map<std::string, Ready> ready_;   ///< by version
  std::set<std::string> held_back_;              ///< by `limits.held`: names of workflows; with " critical": those too
  std::map<std::string, std::uint64_t> listed_;  ///< in the folders of a control, by its name; as last seen
};

/// What the steps of `workflow` would change for a finding on `subject`; programs are started, not changed.
[[nodiscard]] std::vector<ResourceId> changes_of(const Workflow& workflow, const std::string& subject);

}  // namespace aright::engine
