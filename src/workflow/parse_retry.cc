#include "workflow/parse_retry.h"

namespace aright::workflow {

namespace {
using namespace std::chrono_literals;
constexpr std::int64_t times_max = 10;
}  // namespace

Step::Retry parse_retry(yaml::Fields& step, Diagnostics& out) {
  Step::Retry retry;
  const yaml::Node* node = step.node("retry");
  if (node == nullptr) return retry;
  yaml::Fields in(*node, "`retry`", out);
  in.required("times");
  if (const auto times = in.integer("times", 1, times_max)) retry.times = static_cast<std::uint32_t>(*times);
  if (const auto wait = in.duration("wait")) {
    retry.wait = *wait;
    if (*wait < 1ms || *wait > 1min) in.error(in.node("wait")->at, "`wait` must be from 1ms to 1m");
  }
  in.finish();
  return retry;
}

std::optional<std::chrono::nanoseconds> parse_time_limit(yaml::Fields& step) {
  const auto limit = step.duration("time_limit");
  if (limit && (*limit < 1ms || *limit > program_time_max)) {
    step.error(step.node("time_limit")->at, "`time_limit` must be from 1ms to 1h");
  }
  return limit;
}

}  // namespace aright::workflow
