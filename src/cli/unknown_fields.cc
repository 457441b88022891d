#include "cli/unknown_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "base/text.h"
#include "cli/unfed_rules.h"
#include "detect/sigma/about.h"
#include "workflow/named_fields.h"

namespace aright::cli {

namespace {

namespace sigma = detect::sigma;

/// What brings the events of one log source, and what those may have.
struct Feed {
  std::set<std::string> sources;
  std::set<std::string> fields;
  bool known{true};      ///< these are all
  bool by_groups{true};  ///< of patterns of one's own

  void add(const Feed& other) {
    sources.insert(other.sources.begin(), other.sources.end());
    fields.insert(other.fields.begin(), other.fields.end());
    known = known && other.known;
    by_groups = by_groups && other.by_groups;
  }
  [[nodiscard]] bool lacks(const std::string& field) const {
    return known && !sources.empty() && !fields.contains(field);
  }
  [[nodiscard]] std::string words(const std::string& field) const {
    if (!by_groups) {
      return fmt::format("no event of source `{}` has a field `{}`", fmt::join(sources, "`, `"), field);
    }
    return fmt::format("no pattern of source `{}` has a group `{}`", fmt::join(sources, "`, `"), field);
  }
  [[nodiscard]] std::string hint(const std::string& field) const {
    return suggest(field, {fields.begin(), fields.end()}, by_groups ? "groups" : "fields");
  }
};

void add_fields(const source::TailDefinition& tail, Feed& feed) {
  std::vector<std::string> fields;
  if (const auto* text = std::get_if<source::TextLines>(&tail.format)) {
    fields = source::fields_of(*text);
  } else if (std::holds_alternative<source::SshdLines>(tail.format)) {
    fields = source::sshd_fields();
    feed.by_groups = false;
  } else {
    feed.known = false;
  }
  feed.fields.insert(fields.begin(), fields.end());
  // A record of Windows has other names for its fields, too.
  if (feed.fields.contains("Channel") && feed.fields.contains("EventID")) feed.known = false;
}

Feed feed_of(const sigma::LogSource& wanted, const std::vector<source::TailDefinition>& tails,
             const std::vector<source::WebhookDefinition>& webhooks) {
  Feed feed;
  for (const source::TailDefinition& tail : tails) {
    if (!is_brought(wanted, tail.name, tails, webhooks)) continue;
    feed.sources.insert(tail.name);
    add_fields(tail, feed);
  }
  for (const source::WebhookDefinition& hook : webhooks) {
    if (!is_brought(wanted, hook.name, tails, webhooks)) continue;
    feed.sources.insert(hook.name);
    feed.known = false;
  }
  return feed;
}

/// What `correlation` groups by, as the events of the rule have it that it calls `rule`.
std::vector<sigma::NamedField> grouped_by(const sigma::Correlation& correlation, const std::string& rule) {
  std::vector<sigma::NamedField> fields;
  for (std::size_t i = 0; i < correlation.group_by.size(); ++i) {
    std::string name = correlation.group_by[i];
    if (const auto alias = correlation.aliases.find(name); alias != correlation.aliases.end()) {
      const auto field = alias->second.find(rule);
      if (field == alias->second.end()) continue;
      name = field->second;
    }
    const bool placed = i < correlation.group_by_at.size();
    fields.push_back({std::move(name), placed ? correlation.group_by_at[i] : correlation.header.at});
  }
  return fields;
}

class Told {
 public:
  explicit Told(Diagnostics& out) : out_(out) {}

  void look(const std::vector<sigma::NamedField>& fields, const Feed& feed) {
    for (const sigma::NamedField& field : fields) {
      if (!feed.lacks(field.name)) continue;
      // Several places of one document are one mistake, most likely; and a correlation is looked at for each rule.
      if (!told_.emplace(field.at.file, field.at.line, field.at.column, field.name).second) continue;
      if (told_.size() > unknown_fields_told_max) continue;
      out_.push_back({Severity::warning, field.at, feed.words(field.name), feed.hint(field.name)});
    }
  }
  void finish() {
    if (told_.size() <= unknown_fields_told_max) return;
    out_.push_back({Severity::warning,
                    {"controls", 0, 0},
                    fmt::format("rules name {} more that no event can have",
                                counted(told_.size() - unknown_fields_told_max, "field")),
                    {}});
  }

 private:
  Diagnostics& out_;
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t, std::string>> told_;
};

/// What brings the events that the workflow answers.
Feed feed_of_answered(const Workflow& workflow, const LoadedConfig& loaded) {
  Feed feed;
  const sigma::RuleSet& rules = *loaded.rules;
  for (const Control& control : loaded.config.controls) {
    if (!control.on_events() || !workflow.answers_to(control)) continue;
    // An alert's event is a webhook's, and a malformed line has none of these fields.
    if (control.kind != ControlKind::sigma) feed.known = false;
    for (std::size_t i = 0; i < rules.rules().size(); ++i) {
      const auto& uses = rules.uses(i);
      const bool heard = sigma::is_rule_of(control, rules.rules()[i].header) ||
                         std::ranges::any_of(uses, [&](const sigma::RuleSet::Use& use) {
                           return sigma::is_rule_of(control, rules.correlations()[use.correlation].header);
                         });
      if (heard) feed.add(feed_of(rules.rules()[i].logsource, loaded.tails, loaded.webhooks));
    }
  }
  return feed;
}

void look_at_texts(const yaml::Node& node, const Workflow& workflow, const Feed& feed, std::set<std::string>& told,
                   Diagnostics& out) {
  for (const yaml::Node& item : node.items) look_at_texts(item, workflow, feed, told, out);
  for (const yaml::Pair& pair : node.pairs) look_at_texts(pair.value, workflow, feed, told, out);
  if (node.kind != yaml::Node::Kind::scalar) return;
  for (const std::string& expression : workflow::expressions_in(node.scalar)) {
    if (expression.contains("has(") || expression.contains(".?")) continue;  // it says what to do without
    for (const std::string& field : workflow::fields_named(expression, "event")) {
      if (!feed.lacks(field) || !told.insert(field).second) continue;
      out.push_back({Severity::warning, node.at,
                     fmt::format("workflow `{}` takes `event.{}`, and {}", workflow.name, field, feed.words(field)),
                     feed.hint(field)});
    }
  }
}

}  // namespace

void warn_of_unknown_fields(const sigma::RuleSet& rules, const std::vector<source::TailDefinition>& tails,
                            const std::vector<source::WebhookDefinition>& webhooks, Diagnostics& out) {
  Told told(out);
  for (std::size_t i = 0; i < rules.rules().size(); ++i) {
    const sigma::Rule& rule = rules.rules()[i];
    const Feed feed = feed_of(rule.logsource, tails, webhooks);
    told.look(rule.fields, feed);
    for (const sigma::RuleSet::Use& use : rules.uses(i)) {
      told.look(grouped_by(rules.correlations()[use.correlation], use.name), feed);
    }
  }
  told.finish();
}

void warn_of_unknown_event_fields(const Workflow& workflow, const yaml::Node& node, const LoadedConfig& loaded,
                                  Diagnostics& out) {
  if (!loaded.rules) return;
  std::set<std::string> told;
  look_at_texts(node, workflow, feed_of_answered(workflow, loaded), told, out);
}

}  // namespace aright::cli
