#include "workflow/parse_retention.h"

#include <fmt/format.h>

#include <utility>

#include "base/time.h"

namespace aright::workflow {

namespace {
constexpr std::int64_t mib_max = 1 << 24;  // 16 TiB
constexpr unsigned mib_bits = 20;
}  // namespace

Retention parse_retention(const yaml::Node& node, Diagnostics& out) {
  Retention retention;
  yaml::Fields in(node, "`retention`", out);
  if (const auto span = in.duration("records")) retention.rows = *span;
  if (const auto span = in.duration("contents")) retention.contents = *span;
  if (const auto span = in.duration("sensitive")) retention.sensitive = *span;
  if (const auto mib = in.integer("size_mib", 1, mib_max)) {
    retention.bytes = static_cast<std::uint64_t>(*mib) << mib_bits;
  }
  in.finish();
  // What nothing tells of any more could not be erased either.
  for (const auto& [key, span] :
       {std::pair("contents", retention.contents), std::pair("sensitive", retention.sensitive)}) {
    if (span <= retention.rows) continue;
    in.error(node.at,
             fmt::format("`{}` ({}) would outlast `records` ({})", key, format_duration(span),
                         format_duration(retention.rows)),
             fmt::format("say a shorter `{}`, or a longer `records`", key));
  }
  return retention;
}

}  // namespace aright::workflow
