// Decisions not to act: which are entries, and which are counted (docs/decisions/0202).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/decision_counts.h"
#include "guard/guard.h"
#include "model/finding.h"
#include "model/waiver.h"
#include "model/workflow.h"

namespace aright::engine {

class Core;
struct Candidate;

/// "; it has kept 3 from being found …"; empty: nothing that is on record.
[[nodiscard]] std::string seen_meanwhile(const Waiver& waiver);

/// A part of the core.
class Abstentions {
 public:
  explicit Abstentions(Core& core) : core_(core) {}
  Abstentions(const Abstentions&) = delete;
  Abstentions& operator=(const Abstentions&) = delete;

  /// What a waiver has kept from being found.
  struct Quieted {
    std::vector<std::string> differs;
    std::string source;
    std::uint64_t offset{0};
    std::uint64_t count{1};
  };

  /// `guard` keeps the answer by `workflow` back. `asked`: a person wanted it now.
  void suppressed(const Finding& finding, const Workflow& workflow, const std::string& guard, const std::string& reason,
                  bool asked);
  /// In mode observe, of what has been observed before.
  void observed_again(const Candidate& candidate, bool asked);
  /// It has just been recorded as observed.
  void observed(const Workflow& workflow);
  void waived(const Waiver& waiver, const Quieted& what);
  /// The minutes that are over; `all`: those that are not, too.
  void tell(bool all);
  /// It is about to end.
  void ends(const Waiver& waiver);
  void forget(const std::string& finding);
  /// What other runs have brought about: a cool-down, a stage of a budget. Hold times and windows are what its author
  /// wanted for it, and `limits.held` is told by itself.
  [[nodiscard]] static bool is_of_others(const guard::Suppress& wait);
  /// A critical finding waits for the runs of others from `boot` on. False: that is known.
  [[nodiscard]] bool begins_to_wait(const std::string& finding, const std::string& workflow, Nanos boot) {
    return wait_[finding].emplace(workflow, boot).second;
  }
  void waits_no_more(const std::string& finding, const std::string& workflow);
  /// What has waited since `boot` has done so long enough: where it still does, people are told. Nothing where it has
  /// ended meanwhile, and another wait has begun.
  void delayed(const std::string& finding, const std::string& workflow, Nanos boot);
  [[nodiscard]] std::optional<Nanos> due() const { return counts_.due(); }

 private:
  [[nodiscard]] bool is_news(const Finding& finding, const std::string& workflow) const;
  void record(const DecisionCounts::Minute& minute);

  Core& core_;
  DecisionCounts counts_;
  /// By finding and workflow: the occurrence up to which it has been decided about in this life, where that is no
  /// entry.
  std::map<std::string, std::map<std::string, std::uint64_t>> decided_;
  /// Critical findings → workflows whose runs they wait for → since when, of the boot clock.
  std::map<std::string, std::map<std::string, Nanos>> wait_;
};

}  // namespace aright::engine
