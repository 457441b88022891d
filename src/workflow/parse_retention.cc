#include "workflow/parse_retention.h"

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
  return retention;
}

}  // namespace aright::workflow
