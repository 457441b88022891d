#include "detect/parse_rule_words.h"

#include "model/definition_context.h"

namespace aright::detect {

using namespace std::chrono_literals;

std::optional<RuleWords> parse_rule_words(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  RuleWords words;
  words.at = node.at;
  yaml::Fields in(node, "control", out);
  if (const auto text = in.required_text("control")) {
    words.name = *text;
    check_name(*text, in.node("control")->at, out);
  }
  words.rule = in.required_text("sigma").value_or(std::string());
  words.title = in.text("title");
  words.tags = in.texts("tags").value_or(std::vector<std::string>());
  if (const auto text = in.word("severity", level_names(), "severities")) words.severity = parse_level(*text);
  words.resolve_after = in.duration("resolve_after");
  if (words.resolve_after && (*words.resolve_after < 1s || *words.resolve_after > 24h * 366)) {
    in.error(in.node("resolve_after")->at, "`resolve_after` must be 1s to 366d");
  }
  for (const char* key : {"check", "watch", "desired", "violation"}) {
    if (const yaml::Node* other = in.node(key)) {
      in.error(other->at, std::string("a control with `sigma` finds in events and has no `") + key + "`",
               "it says something about a published rule; write the other control into a file of its own");
    }
  }
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return words;
}

}  // namespace aright::detect
