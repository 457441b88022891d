// All rules and correlations of a configuration, found by log source.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "detect/sigma/matcher.h"
#include "detect/sigma/read_rules.h"

namespace aright::detect::sigma {

/// Immutable; any thread.
class RuleSet {
 public:
  /// Takes rules and correlations together. Reported to `out`, and left out: an id or name that is used twice (the
  /// second), a correlation that names a rule that is not there or another correlation. The rest
  /// works; whether a set with errors is used is the caller's decision.
  [[nodiscard]] static RuleSet build(std::vector<Document> documents, Diagnostics& out);

  struct Hit {
    std::size_t rule{0};  ///< index into `rules()`
    Match match;
  };
  /// The rules that apply to the event's log sources and match, in the order of `rules()`.
  [[nodiscard]] std::vector<Hit> match(const Event& event) const;

  /// How a correlation takes part in the matches of one rule.
  struct Use {
    std::size_t correlation{0};  ///< index into `correlations()`
    std::string name;            ///< what the correlation calls the rule
  };
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  [[nodiscard]] const std::vector<Correlation>& correlations() const { return correlations_; }
  /// The correlations that count the matches of a rule.
  [[nodiscard]] const std::vector<Use>& uses(std::size_t rule) const { return uses_[rule]; }
  /// Whether a match of the rule is a detection by itself: not when only correlations without `generate` use it.
  [[nodiscard]] bool alerts_alone(std::size_t rule) const { return alone_[rule]; }

 private:
  void index();
  void connect(Correlation correlation, const std::map<std::string, std::size_t>& by_reference, Diagnostics& out);

  void take_along(Correlation& correlation, const std::vector<std::pair<std::size_t, std::string>>& found) const;

  std::vector<Rule> rules_;
  std::vector<Correlation> correlations_;
  std::vector<std::vector<Use>> uses_;
  std::vector<bool> alone_;
  std::map<LogSource, std::vector<std::size_t>> by_source_;
};

}  // namespace aright::detect::sigma
