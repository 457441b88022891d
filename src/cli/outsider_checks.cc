#include "cli/outsider_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/unfed_rules.h"
#include "detect/sigma/about.h"
#include "workflow/named_fields.h"

namespace aright::cli {

namespace {

namespace sigma = detect::sigma;
using Names = std::set<std::string>;

/// A source, and the fields of its events that may name a target.
struct Sender {
  std::string name;
  Names vouched;
  bool says_itself{false};                  ///< states no `log_source`, so that its events may say to which they belong
  std::optional<Names> all = std::nullopt;  ///< the fields that its events may have; nullopt: nobody knows
};

/// What is known of one control's findings from one source.
struct Heard {
  const Sender* sender{nullptr};
  bool own_event{true};             ///< `event` is what the source sent; else `event_field` decides
  std::string event_field;          ///< the one that `each` takes alerts from
  std::optional<Names> of_subject;  ///< fields that the subject is made of; nullopt: nobody knows here
  bool by_rule{false};              ///< of Sigma
};

Names named_in(const std::string& text, std::string_view noun) {
  Names names;
  for (const std::string& expression : workflow::expressions_in(text)) {
    names.merge(workflow::fields_named(expression, noun));
  }
  return names;
}

/// nullopt: its events are read by a decoder that says itself what has a form.
std::optional<Sender> sender_of(const source::TailDefinition& tail) {
  Sender made{tail.name, {}, false};
  if (const auto* json = std::get_if<source::JsonLines>(&tail.format)) {
    made.vouched.insert(json->trusted.begin(), json->trusted.end());
    made.says_itself = json->log_sources.empty();
    return made;
  }
  const auto* text = std::get_if<source::TextLines>(&tail.format);
  if (text == nullptr) return std::nullopt;
  const std::vector<std::string> groups = source::fields_of(*text);
  made.all = Names{groups.begin(), groups.end()};
  for (const source::TextPattern& pattern : text->patterns) {
    made.vouched.insert(pattern.trusted.begin(), pattern.trusted.end());
    for (const auto& [group, type] : pattern.types) {
      if (type != FieldType::text) made.vouched.insert(group);
    }
  }
  return made;
}

class Check {
 public:
  Check(const Workflow& workflow, const LoadedConfig& loaded, Diagnostics& out)
      : workflow_(workflow), loaded_(loaded), out_(out) {
    for (const source::TailDefinition& tail : loaded.tails) {
      if (auto sender = sender_of(tail)) senders_.push_back(std::move(*sender));
    }
    for (const source::WebhookDefinition& hook : loaded.webhooks) {
      senders_.push_back(
          {hook.name, {hook.json.trusted.begin(), hook.json.trusted.end()}, hook.json.log_sources.empty()});
    }
    for (const Control& control : loaded.config.controls) {
      for (const Answer& answer : workflow.answers) {
        if (answer.matches(control)) hear(control, answer);
      }
    }
  }

  void look(const yaml::Node& node) {
    for (const yaml::Node& item : node.items) look(item);
    for (const yaml::Pair& pair : node.pairs) {
      if (pair.key == "exec") {
        texts(pair.value, "exec");
      } else if (pair.key == "call") {
        for (const char* part : {"url", "headers", "json", "form", "body"}) {
          if (const yaml::Node* there = pair.value.find(part)) texts(*there, fmt::format("`{}` of call", part));
        }
      } else if (pair.key != "answers") {
        look(pair.value);
      }
    }
  }

 private:
  void hear(const Control& control, const Answer& answer) {
    for (const Sender& sender : senders_) {
      if (control.alert) {
        hear_alert(*control.alert, sender);
      } else if (control.kind == ControlKind::sigma && loaded_.rules) {
        hear_rule(control, answer, sender);
      }
    }
  }

  void hear_alert(const AlertMapping& alert, const Sender& sender) {
    if (std::ranges::find(alert.sources, sender.name) == alert.sources.end()) return;
    Heard heard{&sender, alert.each.empty(), {}, {}, false};
    const Names lists = workflow::fields_named(alert.each, "event");
    if (!heard.own_event && lists.size() != 1) return;
    if (!heard.own_event) heard.event_field = *lists.begin();
    Names subject = named_in(alert.subject, "event");
    const Names of_alert = named_in(alert.subject, "alert");
    if (heard.own_event) subject.insert(of_alert.begin(), of_alert.end());
    if (!heard.own_event && !of_alert.empty()) subject.insert(heard.event_field);
    heard.of_subject = std::move(subject);
    heard_.push_back(std::move(heard));
  }

  void hear_rule(const Control& control, const Answer& answer, const Sender& sender) {
    const sigma::RuleSet& rules = *loaded_.rules;
    std::optional<Names> subject;
    if (answer.subject) {
      const bool formed = answer.subject->type != FieldType::text;
      subject = formed ? Names{} : named_in(answer.subject->text, "event");
    }
    for (std::size_t i = 0; i < rules.rules().size(); ++i) {
      if (!is_brought(rules.rules()[i].logsource, sender.name, loaded_.tails, loaded_.webhooks)) continue;
      if (sigma::is_rule_of(control, rules.rules()[i].header)) {
        heard_.push_back({&sender, true, {}, subject, true});
      }
      for (const sigma::RuleSet::Use& use : rules.uses(i)) {
        const sigma::Correlation& correlation = rules.correlations()[use.correlation];
        if (!sigma::is_rule_of(control, correlation.header)) continue;
        std::optional<Names> grouped = subject;
        if (!grouped && !correlation.group_by.empty()) {
          grouped.emplace();
          for (const std::string& field : correlation.group_by) grouped->insert(field.substr(0, field.find('.')));
        }
        heard_.push_back({&sender, true, {}, std::move(grouped), true});
      }
    }
  }

  void texts(const yaml::Node& node, const std::string& where) {
    if (node.kind == yaml::Node::Kind::scalar) text(node, where);
    for (const yaml::Node& item : node.items) texts(item, where);
    for (const yaml::Pair& pair : node.pairs) texts(pair.value, where);
  }

  void text(const yaml::Node& node, const std::string& where) {
    for (const std::string& expression : workflow::expressions_in(node.scalar)) {
      if (expression.contains("has(") || expression.contains(".?")) continue;  // it says what to do without
      const Names of_event = workflow::fields_named(expression, "event");
      const bool subject = workflow::fields_named(expression, "finding").contains("subject");
      for (const Heard& heard : heard_) {
        if (tell(node, where, expression, written(heard, of_event, subject), *heard.sender, heard.by_rule)) return;
      }
    }
  }

  /// The fields that nobody vouches for. One that the source never gives is written by nobody: see unknown_fields.h.
  static Names written(const Heard& heard, const Names& of_event, bool subject) {
    Names fields;
    if (heard.own_event) fields = of_event;
    if (!heard.own_event && !of_event.empty()) fields.insert(heard.event_field);
    if (subject && heard.of_subject) fields.insert(heard.of_subject->begin(), heard.of_subject->end());
    std::erase_if(fields, [&](const std::string& field) {
      const auto& all = heard.sender->all;
      return heard.sender->vouched.contains(field) || (all && !all->contains(field));
    });
    return fields;
  }

  bool tell(const yaml::Node& node, const std::string& where, const std::string& expression, const Names& fields,
            const Sender& sender, bool by_rule) {
    if (fields.empty()) return false;
    out_.push_back(
        {Severity::warning, node.at,
         fmt::format(
             "workflow `{}`: {} takes `{}`, and anybody may write `{}` of source `{}`: its runs are held, and no "
             "approval lets them go",
             workflow_.name, where, expression, fmt::join(fields, "`, `"), sender.name),
         fmt::format("list it in `trusted` of source `{}` if its sender vouches for it; what is typed (an address, an "
                     "integer) needs none; standard input has it in any case{}",
                     sender.name,
                     by_rule && sender.says_itself
                         ? "; if no rule of this workflow is for that source, give it the `log_source` it has: now its "
                           "events may say themselves that they are what a rule is for"
                         : "")});
    return true;
  }

  const Workflow& workflow_;
  const LoadedConfig& loaded_;
  Diagnostics& out_;
  std::vector<Sender> senders_;
  std::vector<Heard> heard_;
};

}  // namespace

void warn_of_outsiders_texts(const Workflow& workflow, const yaml::Node& node, const LoadedConfig& loaded,
                             Diagnostics& out) {
  Check(workflow, loaded, out).look(node);
}

}  // namespace aright::cli
