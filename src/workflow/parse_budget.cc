#include "workflow/parse_budget.h"

#include <fmt/format.h>

#include <charconv>

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;
constexpr std::int64_t subjects_max = 1'000'000;
constexpr std::uint64_t population_max = 1'000'000'000;

/// `population: 400`, or { control: NAME }: as many as it looks at.
void take_population(const yaml::Node& node, Budget& budget, Diagnostics& out) {
  if (node.kind != yaml::Node::Kind::map) {
    std::uint64_t number = 0;
    const std::string& text = node.scalar;
    const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = !node.quoted && bad == std::errc{} && stop == text.data() + text.size() && !text.empty();
    if (whole && number <= population_max) {
      budget.population = number;
      return;
    }
    out.push_back(
        {Severity::error, node.at,
         fmt::format("`population` must be a whole number from 0 to {}, not {}", population_max, node.describe()),
         "or { control: NAME }: as many as that control looks at"});
    return;
  }
  yaml::Fields control(node, "`population`", out);
  if (auto name = control.required_text("control")) budget.population = std::move(*name);
  control.finish();
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_within(yaml::Fields& in) {
  in.required("within");
  const auto within = in.duration("within");
  if (!within || (*within >= 1s && *within <= 24h * 7)) return within;
  in.error(in.node("within")->at, "`within` must be from 1s to 7d");
  return std::nullopt;
}

std::optional<std::uint32_t> parse_percent(yaml::Fields& in, const char* key) {
  const yaml::Node* node = in.node(key);
  if (node == nullptr) return std::nullopt;
  std::uint32_t percent = 0;
  const std::string& text = node->scalar;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const bool whole = bad == std::errc{} && std::string_view(stop, text.data() + text.size()) == "%";
  if (whole && percent >= 1 && percent <= 100) return percent;
  in.error(node->at, fmt::format("`{}` must be from 1% to 100%, not {}", key, node->describe()),
           "a whole number and %: 5%");
  return std::nullopt;
}

std::optional<Budget> parse_budget(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  yaml::Fields in(node, "guard `budget`", out);
  Budget budget;
  if (const auto subjects = in.integer("subjects", 1, subjects_max)) {
    budget.subjects = static_cast<std::uint64_t>(*subjects);
  }
  budget.percent = parse_percent(in, "percent");
  if (const yaml::Node* population = in.node("population")) take_population(*population, budget, out);
  if (const auto within = parse_within(in)) budget.within = *within;
  budget.staged = in.boolean("staged").value_or(false);
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  if (!budget.subjects && !budget.percent) {
    in.error(node.at, "`budget` says neither `subjects` nor `percent`", "such as { subjects: 20, within: 10m }");
  } else if (budget.percent && !budget.population) {
    in.error(in.node("percent")->at, "`percent` of what? `population` is missing",
             "a number, or { control: NAME }: as many as that control looks at");
  }
  if (has_errors(out, before)) return std::nullopt;
  return budget;
}

}  // namespace aright::workflow
