// Controls on events: published Sigma files in controls/, our own words about them, and what Aright finds by itself.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "detect/parse_rule_words.h"
#include "detect/sigma/read_rules.h"
#include "detect/sigma/rule_set.h"
#include "model/control.h"

namespace aright::cli {

/// Whether a file of controls/ is a published Sigma file: by its keys, so that one with mistakes is still known as one.
[[nodiscard]] bool is_sigma(std::string_view text);

/// Whether it is a control of ours instead.
[[nodiscard]] bool is_own_control(std::string_view text);

/// A control and where it stands.
struct PlacedControl {
  Control control;
  Position at;
  const detect::sigma::Header* rule{nullptr};  ///< whose it is, in `EventControls::rules`; nullptr: no rule's
};

/// Rules that find nothing by themselves, by all their names → the control of the correlation that counts them.
using SilentRules = std::map<std::string, std::string>;

/// How a rule whose name another control has gets one of its own: "; …", for a hint.
[[nodiscard]] std::string way_out(const PlacedControl& rule);

/// Why `rule` is no control, and what would make it one.
[[nodiscard]] std::string why_silent(const std::string& rule, const SilentRules& silent);

/// Gathers the rules of a folder and makes a control of each that alerts.
class EventControls {
 public:
  /// Reads one Sigma file; mistakes go to `out`.
  void add_rules(std::string_view text, const std::string& file, Diagnostics& out);
  void add_words(detect::RuleWords words) { words_.push_back(std::move(words)); }

  /// All of them, in the order of the files: those of rules, each as its own words say where there are any, and
  /// `malformed-event` when there are `sources`. Reports what does not fit together. Call once.
  [[nodiscard]] std::vector<PlacedControl> make(bool sources, Diagnostics& out);
  /// After `make`; nullptr: there is no rule.
  [[nodiscard]] std::shared_ptr<const detect::sigma::RuleSet> rules() const { return rules_; }
  /// After `make`.
  [[nodiscard]] const SilentRules& silent() const { return silent_; }

 private:
  void take_words(const std::map<std::string, std::size_t>& by_reference, std::vector<PlacedControl>& made,
                  Diagnostics& out);

  std::vector<detect::sigma::Document> documents_;
  std::vector<detect::RuleWords> words_;
  std::shared_ptr<const detect::sigma::RuleSet> rules_;
  SilentRules silent_;
  std::set<std::string> shared_;  ///< names that several rules have by their titles
};

}  // namespace aright::cli
