#include "cli/event_controls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "detect/sigma/about.h"
#include "engine/event_sight.h"

namespace aright::cli {

namespace {

Control control_of(const detect::sigma::Header& header) {
  Control control;
  control.kind = ControlKind::sigma;
  control.name = control.rule_name = detect::sigma::control_name(header);
  control.title = header.title;
  control.rule_id = header.id;
  control.severity = header.level.value_or(Level::medium);
  control.tags = header.tags;
  control.authors = header.authors;
  control.resolve_after = resolve_after_default;
  control.rule = header.digest;
  return control;
}

/// What others may call a rule.
std::vector<std::string> names_of(const detect::sigma::Header& header) {
  std::vector<std::string> names{header.id, header.name, detect::sigma::control_name(header)};
  std::erase(names, std::string());
  return names;
}

Control malformed() {
  Control control;
  control.kind = ControlKind::builtin;
  control.name = engine::malformed_control;
  control.title = "A source holds records that are no events";
  control.severity = Level::low;
  control.tags = {"aright.malformed"};
  control.resolve_after = resolve_after_default;
  return control;
}

}  // namespace

namespace {

/// It begins with the key, bare or in quotes, and its colon.
bool begins_with_key(std::string_view text, std::string_view key) {
  const bool quoted = text.starts_with('"') || text.starts_with('\'');
  const std::string_view quote = text.substr(0, quoted ? 1 : 0);
  for (const std::string_view part : {quote, key, quote}) {
    if (!text.starts_with(part)) return false;
    text.remove_prefix(part.size());
  }
  const std::size_t next = text.find_first_not_of(" \t");
  return next != std::string_view::npos && text[next] == ':';
}

/// How long the text in quotes is that it begins with, if it does.
std::size_t quoted_size(std::string_view text) {
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return i + 1;
    if (quote == '"' && text[i] == '\\') ++i;
  }
  return text.size();
}

/// The same of the outermost keys of a map in braces, which it begins with.
bool flow_has_key(std::string_view text, std::string_view key) {
  constexpr std::string_view before_a_token = "{[,: \t\r\n";
  int depth = 0;
  char before = ' ';  // what stood last
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool token = before_a_token.contains(before);
    if (token && depth == 1 && begins_with_key(text.substr(i), key)) return true;
    if (token && (c == '"' || c == '\'')) i += quoted_size(text.substr(i)) - 1;
    if (token && c == '#') i = std::min(text.find('\n', i), text.size() - 1);
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return false;
    before = text[i];
  }
  return false;
}

bool document_has_key(std::string_view text, std::string_view key) {
  bool begun = false;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    const std::string_view rest = text.substr(at);
    if (begins_with_key(rest, key)) return true;
    const std::size_t marked = rest.starts_with("---") ? rest.find_first_not_of(" \t", 3) : 0;
    const std::string_view first = rest.substr(marked == 3 ? 0 : std::min(marked, rest.size()));
    if (!begun && first.starts_with('{')) return flow_has_key(first, key);
    begun = begun || !(rest.starts_with("---") || std::string_view("#% \t\r\n").contains(rest.front()));
  }
  return false;
}

/// At the left edge, or in a map in braces that is the document, whatever else is wrong with the file.
bool has_key(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n---"), text.size());
    if (document_has_key(text.substr(0, end), key)) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

bool is_own_control(std::string_view text) { return has_key(text, "control"); }

bool is_sigma(std::string_view text) {
  constexpr std::array keys{"detection", "logsource", "correlation"};
  return !is_own_control(text) && std::ranges::any_of(keys, [&](const char* key) { return has_key(text, key); });
}

void EventControls::add_rules(std::string_view text, const std::string& file, Diagnostics& out) {
  std::ranges::move(detect::sigma::read_rules(text, file, out), std::back_inserter(documents_));
}

std::string why_silent(const std::string& rule, const SilentRules& silent) {
  return fmt::format(
      "rule `{}` is counted by the correlation `{}` and finds nothing by itself; `generate: true` in that "
      "correlation's "
      "document lets it",
      rule, silent.at(rule));
}

std::string way_out(const PlacedControl& placed) {
  const Control& control = placed.control;
  if (placed.rule == nullptr) return {};
  if (control.name != control.rule_name) return "; give this one another name";
  if (control.rule_id.empty()) return "; give one of the two rules a `name` of its own";
  return fmt::format("; to have both, give this rule another name: `control: …` and `sigma: {}` in a file of your own",
                     control.rule_id);
}

std::vector<PlacedControl> EventControls::make(bool sources, Diagnostics& out) {
  std::vector<PlacedControl> made;
  std::map<std::string, std::size_t> by_reference;
  if (!documents_.empty()) {
    rules_ = std::make_shared<const detect::sigma::RuleSet>(detect::sigma::RuleSet::build(std::move(documents_), out));
    const auto take = [&](const detect::sigma::Header& header) {
      for (const std::string& reference : names_of(header)) {
        const auto [known, fresh] = by_reference.try_emplace(reference, made.size());
        if (!fresh && known->second != made.size()) shared_.insert(reference);
      }
      made.push_back({control_of(header), header.at, &header});
    };
    for (std::size_t i = 0; i < rules_->rules().size(); ++i) {
      const detect::sigma::Header& header = rules_->rules()[i].header;
      if (rules_->alerts_alone(i)) {
        take(header);
      } else {
        const auto& by = rules_->correlations()[rules_->uses(i).front().correlation].header;
        for (const std::string& name : names_of(header)) silent_.try_emplace(name, detect::sigma::control_name(by));
      }
    }
    for (const auto& correlation : rules_->correlations()) take(correlation.header);
  }
  take_words(by_reference, made, out);
  for (const PlacedControl& one : made) {
    if (!one.control.name.empty()) continue;
    out.push_back({Severity::error, one.at,
                   "the rule has nothing to name a control by: no letter a-z or digit in its title, and no `id`",
                   "give it an `id`, or a `name` of a-z, 0-9 and -"});
  }
  if (sources) made.push_back({malformed(), {"sources", 0, 0}, nullptr});
  return made;
}

void EventControls::take_words(const std::map<std::string, std::size_t>& by_reference, std::vector<PlacedControl>& made,
                               Diagnostics& out) {
  std::map<std::size_t, Position> taken;
  for (const detect::RuleWords& words : words_) {
    const auto found = by_reference.find(words.rule);
    if (found == by_reference.end() && silent_.contains(words.rule)) {
      out.push_back({Severity::error, words.at, fmt::format("rule `{}` is no control", words.rule),
                     why_silent(words.rule, silent_)});
      continue;
    }
    if (found == by_reference.end()) {
      std::vector<std::string> known;
      known.reserve(made.size());
      for (const PlacedControl& one : made) known.push_back(one.control.rule_name);
      out.push_back({Severity::error, words.at, fmt::format("there is no rule `{}`", words.rule),
                     known.empty() ? "put the published file into controls/, it is used as it is"
                                   : suggest(words.rule, known, "rules")});
      continue;
    }
    if (shared_.contains(words.rule)) {
      out.push_back({Severity::error, words.at, fmt::format("more than one rule is called `{}`", words.rule),
                     "say which one by its `id`, or give it a `name` of its own"});
      continue;
    }
    if (const auto [first, fresh] = taken.try_emplace(found->second, words.at); !fresh) {
      out.push_back(
          {Severity::error, words.at, fmt::format("rule `{}` has two controls", words.rule),
           fmt::format("the other stands in {}:{}; keep one of them", first->second.file, first->second.line)});
      continue;
    }
    PlacedControl& rule = made[found->second];
    rule.at = words.at;
    rule.control.name = words.name;
    rule.control.title = words.title.value_or(rule.control.title);
    rule.control.severity = words.severity.value_or(rule.control.severity);
    rule.control.tags.insert(rule.control.tags.end(), words.tags.begin(), words.tags.end());
    if (words.resolve_after) rule.control.resolve_after = words.resolve_after;
    if (words.hold_time) rule.control.hold_time = words.hold_time;
  }
}

}  // namespace aright::cli
