#include "detect/parse_rule_words.h"

#include "detect/control_head.h"
#include "model/hold_time.h"

namespace aright::detect {

std::optional<RuleWords> parse_rule_words(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  RuleWords words;
  words.at = node.at;
  yaml::Fields in(node, "control", out);
  words.name = parse_control_name(in, out);
  words.rule = in.required_text("sigma").value_or(std::string());
  words.title = in.text("title");
  words.tags = in.texts("tags").value_or(std::vector<std::string>());
  if (const auto text = in.word("severity", level_names(), "severities")) words.severity = parse_level(*text);
  words.resolve_after = parse_resolve_after(in);
  words.hold_time = parse_hold_time(in);
  refuse_other_kinds(in, "sigma", {"check", "watch", "desired", "violation"},
                     "it says something about a published rule; write the other control into a file of its own");
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return words;
}

}  // namespace aright::detect
