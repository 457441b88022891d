#include "detect/control_head.h"

#include <fmt/format.h>

#include "model/definition_context.h"
#include "model/hold_time.h"

namespace aright::detect {

using namespace std::chrono_literals;

std::string parse_control_name(yaml::Fields& in, Diagnostics& out) {
  const auto text = in.required_text("control");
  if (!text) return {};
  check_name(*text, in.node("control")->at, out);
  return *text;
}

void parse_control_head(yaml::Fields& in, Control& control, Diagnostics& out) {
  control.name = parse_control_name(in, out);
  control.title = in.text("title").value_or(control.name);
  control.hold_time = parse_hold_time(in);
  control.owner = in.text("owner").value_or("");
  control.review_by = in.duration("review_by");
  if (control.review_by && *control.review_by < 24h) {
    in.error(in.node("review_by")->at, "`review_by` must be at least 1d", "180d, if you leave it out");
  }
  control.tags = in.texts("tags").value_or(std::vector<std::string>());
  if (const auto text = in.word("severity", level_names(), "severities")) {
    control.severity = parse_level(*text).value_or(Level::medium);
  }
}

std::optional<std::chrono::nanoseconds> parse_resolve_after(yaml::Fields& in) {
  const auto after = in.duration("resolve_after");
  if (!after || (*after >= 1s && *after <= 24h * 366)) return after;
  in.error(in.node("resolve_after")->at, "`resolve_after` must be 1s to 366d");
  return std::nullopt;
}

void refuse_other_kinds(yaml::Fields& in, const std::string& kind, std::initializer_list<const char*> keys,
                        const std::string& hint) {
  for (const char* key : keys) {
    const yaml::Node* other = in.node(key);
    if (other == nullptr) continue;
    in.error(other->at, fmt::format("a control with `{}` finds in events and has no `{}`", kind, key), hint);
  }
}

}  // namespace aright::detect
