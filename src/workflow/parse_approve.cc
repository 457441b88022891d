#include "workflow/parse_approve.h"

#include "cel/yaml_condition.h"
#include "workflow/errand_texts.h"

namespace aright::workflow {

namespace {
using namespace std::chrono_literals;
constexpr auto expires_max = 24h * 30;
constexpr auto review_by_max = 24h * 3660;
constexpr std::size_t text_max = 500;
}  // namespace

std::optional<Step> parse_approve(const yaml::Node& node, Diagnostics& out, std::span<const Step> earlier) {
  const std::size_t before = out.size();
  yaml::Fields step(node, "step `approve`", out);
  const yaml::Node* map = step.required("approve");
  step.node("when");  // parse_steps reads it
  step.not_yet("for_each");
  step.finish();
  if (map == nullptr) return std::nullopt;
  yaml::Fields in(*map, "`approve`", out);
  Step::Approve asked;
  asked.team = in.text("team").value_or("");
  asked.text = in.text("text").value_or("");
  asked.expires = in.duration("expires").value_or(24h);
  if (const auto quorum = in.integer("quorum", 1, quorum_max)) asked.quorum = static_cast<std::uint32_t>(*quorum);
  if (asked.expires < 1s || asked.expires > expires_max) {
    in.error(in.node("expires")->at, "`expires` must be from 1s to 30d", "then the answer is no");
  }
  if (asked.text.size() > text_max) {
    in.error(in.node("text")->at, "`text` is longer than 500 bytes");
  } else if (!asked.text.empty()) {
    (void)cel::compile_text(*in.node("text"), "text", notice_environment(earlier), out);
  }
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return Step{std::move(asked)};
}

std::optional<std::chrono::nanoseconds> parse_review_by(yaml::Fields& in) {
  const auto within = in.duration("review_by");
  if (!within || (*within >= 24h && *within <= review_by_max)) return within;
  in.error(in.node("review_by")->at, "`review_by` must be from 1d to 3660d", "180d, if you leave it out");
  return std::nullopt;
}

}  // namespace aright::workflow
