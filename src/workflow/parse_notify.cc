#include "workflow/parse_notify.h"

#include <fmt/format.h>

#include <algorithm>

#include "cel/yaml_condition.h"
#include "workflow/errand_texts.h"

namespace aright::workflow {

namespace {

constexpr std::size_t notice_template_max = 4096;

void check_text(const yaml::Node* node, std::span<const Step> earlier, Diagnostics& out) {
  if (node == nullptr || !node->is_text()) return;  // what is no text is told elsewhere
  if (node->scalar.empty() || node->scalar.size() > notice_template_max) {
    out.push_back({Severity::error,
                   node->at,
                   fmt::format("a text to tell has 1 to {} bytes, not {}", notice_template_max, node->scalar.size()),
                   {}});
    return;
  }
  (void)cel::compile_text(*node, "text", notice_environment(earlier), out);
}

}  // namespace

std::optional<Step> parse_notify(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out,
                                 std::span<const Step> earlier) {
  const std::size_t before = out.size();
  yaml::Fields in(node, "step `notify`", out);
  const auto to = in.required_text("notify");
  const auto text = in.required_text("text");
  const auto title = in.text("title");
  const auto severity = in.word("severity", {"informational", "low", "medium", "high", "critical"}, "severities");
  in.node("when");  // parse_steps reads it
  in.not_yet("for_each");
  in.finish();
  if (to && std::ranges::find(context.notifiers, *to) == context.notifiers.end()) {
    in.error(in.node("notify")->at, fmt::format("there is no notifier `{}`", *to),
             context.notifiers.empty() ? "say in aright.yaml who it is: notify: { NAME: { program: [/usr/bin/…] } }"
                                       : suggest(*to, context.notifiers, "notifiers"));
  }
  check_text(node.find("text"), earlier, out);
  check_text(node.find("title"), earlier, out);
  if (!to || !text || has_errors(out, before)) return std::nullopt;
  const Level level = parse_level(severity.value_or("informational")).value_or(Level::informational);
  return Step{Step::Notify{*to, title.value_or(""), *text, level}};
}

}  // namespace aright::workflow
