#include "workflow/parse_wait.h"

namespace aright::workflow {

namespace {
using namespace std::chrono_literals;
constexpr auto wait_max = 24h * 30;
}  // namespace

std::optional<Step> parse_wait(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  yaml::Fields in(node, "step `wait`", out);
  in.required("wait");
  const auto length = in.duration("wait");
  if (length && (*length < 1s || *length > wait_max)) {
    in.error(in.node("wait")->at, "`wait` must be from 1s to 30d", "what is left is planned anew when it is over");
  }
  in.node("when");  // parse_steps reads it
  in.not_yet("for_each");
  in.finish();
  if (!length || has_errors(out, before)) return std::nullopt;
  return Step{Step::Wait{*length}};
}

}  // namespace aright::workflow
