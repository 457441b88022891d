#include "detect/sigma/read_correlation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/yaml_texts.h"
#include "detect/sigma/fold.h"
#include "detect/sigma/read_header.h"

namespace aright::detect::sigma {

namespace {

using Kind = yaml::Node::Kind;

constexpr std::size_t rules_max = 1000;
constexpr std::size_t group_by_max = 16;

void read_type(yaml::Fields& in) {
  const auto type = in.required_text("type");
  if (!type || *type == "event_count") return;
  constexpr auto later =
      std::to_array<std::string_view>({"value_count", "temporal", "temporal_ordered", "value_sum", "value_avg",
                                       "value_percentile", "value_median", "temporal_extended"});
  const Position& at = in.node("type")->at;
  if (std::ranges::find(later, *type) != later.end()) {
    return in.error(at, fmt::format("correlation type `{}` is known, but not in this version", *type),
                    "event_count is there");
  }
  in.error(at, fmt::format("unknown correlation type `{}`", *type), suggest(*type, {"event_count"}, "types"));
}

void read_rule_names(yaml::Fields& in, Correlation& correlation) {
  const yaml::Node* node = in.required("rules");
  const auto names = in.texts("rules");
  if (node == nullptr || !names) return;
  if (names->empty() || names->size() > rules_max) {
    return in.error(node->at, fmt::format("`rules` names 1 to {} rules, not {}", rules_max, names->size()));
  }
  correlation.rules = *names;
  for (const yaml::Node& item : node->items) correlation.rules_at.push_back(item.at);
  if (node->kind != Kind::list) correlation.rules_at.push_back(node->at);
}

/// Sigma's own form: a number and s, m, h or d.
void read_timespan(yaml::Fields& in, Correlation& correlation) {
  const auto text = in.required_text("timespan", "30s, 5m, 1h or 7d");
  if (!text) return;
  std::int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, bad] = std::from_chars(text->data(), end, number);
  constexpr auto units = std::to_array<std::pair<char, std::chrono::seconds>>({{'s', std::chrono::seconds(1)},
                                                                               {'m', std::chrono::minutes(1)},
                                                                               {'h', std::chrono::hours(1)},
                                                                               {'d', std::chrono::hours(24)}});
  for (const auto& [letter, unit] : units) {
    if (bad != std::errc{} || stop + 1 != end || *stop != letter || number < 1) continue;
    if (number > correlation_timespan_max / unit) break;
    correlation.timespan = number * unit;
    return;
  }
  in.error(in.node("timespan")->at, fmt::format("`timespan` must be 1s to 366d, not `{}`", *text),
           "a whole number and a unit: 30s, 5m, 1h or 7d");
}

void read_group_by(yaml::Fields& in, const Position& at, Correlation& correlation, Diagnostics& out) {
  const yaml::Node* node = in.node("group-by");
  const auto names = in.texts("group-by");
  if (node == nullptr) {
    out.push_back({Severity::warning, at, "the correlation has no `group-by`", "all events count together"});
  } else if (names) {
    correlation.group_by = *names;
    for (const std::string& name : *names) correlation.group_by_at.push_back(yaml::place_in_list(node, name, node->at));
    const bool empty = std::ranges::any_of(*names, [](const std::string& name) { return name.empty(); });
    if (names->size() > group_by_max || names->empty() || empty) {
      in.error(node->at, fmt::format("`group-by` names 1 to {} fields", group_by_max));
    }
  }
}

void read_aliases(yaml::Fields& in, Correlation& correlation, Diagnostics& out) {
  const yaml::Node* node = in.node("aliases");
  if (node == nullptr) return;
  if (node->kind != Kind::map) return in.error(node->at, "`aliases` must be a map, not " + node->describe());
  for (const yaml::Pair& alias : node->pairs) {
    if (std::ranges::find(correlation.group_by, alias.key) == correlation.group_by.end()) {
      in.error(alias.key_at, fmt::format("alias `{}` is not used in `group-by`", alias.key));
    }
    yaml::Fields fields(alias.value, fmt::format("alias `{}`", alias.key), out);
    for (const std::string& rule : correlation.rules) {
      if (const auto field = fields.required_text(rule)) correlation.aliases[alias.key][rule] = *field;
    }
    fields.finish();
  }
}

void read_count(yaml::Fields& in, Correlation& correlation, Diagnostics& out) {
  const yaml::Node* node = in.required("condition");
  if (node == nullptr) return;
  yaml::Fields fields(*node, "the correlation's `condition`", out);
  const auto number = [&](std::string_view key) { return fields.integer(key, 0, correlation_count_max); };
  const auto gt = number("gt");
  const auto gte = number("gte");
  const auto lt = number("lt");
  const auto lte = number("lte");
  const auto eq = number("eq");
  fields.not_yet("neq");
  fields.not_yet("field");
  fields.finish();
  if (node->kind != Kind::map || std::ranges::any_of(node->pairs, [](const yaml::Pair& p) { return p.key == "neq"; })) {
    return;
  }
  const int lower = (gt ? 1 : 0) + (gte ? 1 : 0) + (eq ? 1 : 0);
  const int upper = (lt ? 1 : 0) + (lte ? 1 : 0) + (eq ? 1 : 0);
  if (lower > 1 || upper > 1) return fields.error(node->at, "`condition` has two bounds on the same side");
  if (lower == 0) {
    return fields.error(node->at, "`condition` needs a lower bound: gt, gte or eq",
                        "that only few events come is known when the time is over; this version fires at an event");
  }
  const std::int64_t least = gt ? *gt + 1 : gte ? *gte : *eq;
  correlation.count.least = static_cast<std::uint64_t>(std::max<std::int64_t>(least, 0));
  if (lt || lte || eq) {
    const std::int64_t most = lt ? *lt - 1 : lte ? *lte : *eq;
    if (most < std::max<std::int64_t>(least, 1)) return fields.error(node->at, "`condition` can never hold");
    correlation.count.most = static_cast<std::uint64_t>(most);
  }
}

}  // namespace

std::optional<Correlation> read_correlation(const yaml::Node& document, Diagnostics& out) {
  yaml::Fields top(document, "correlation", out);
  Correlation correlation;
  correlation.header = read_header(top);
  const yaml::Node& node = *document.find("correlation");
  yaml::Fields in(node, "`correlation`", out);
  if (node.kind != Kind::map) return std::nullopt;
  read_type(in);
  read_rule_names(in, correlation);
  read_group_by(in, node.at, correlation, out);
  read_timespan(in, correlation);
  read_aliases(in, correlation, out);
  read_count(in, correlation, out);
  correlation.generate = in.boolean("generate").value_or(false);
  in.finish();
  if (correlation.header.id.empty() && correlation.header.name.empty()) {
    top.error(document.at, "a correlation needs an `id` or a `name`", "windows are kept under it across restarts");
  }
  return correlation;
}

}  // namespace aright::detect::sigma
