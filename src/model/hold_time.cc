#include "model/hold_time.h"

namespace aright {

std::optional<std::chrono::nanoseconds> parse_hold_time(yaml::Fields& in) {
  using namespace std::chrono_literals;
  const auto span = in.duration("for");
  if (!span || (*span >= 1s && *span <= 24h * 7)) return span;
  in.error(in.node("for")->at, "`for` must be from 1s to 7d");
  return std::nullopt;
}

}  // namespace aright
