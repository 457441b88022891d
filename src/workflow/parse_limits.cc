#include "workflow/parse_limits.h"

#include "model/call.h"
#include "model/program.h"

namespace aright::workflow {

namespace {
constexpr std::int64_t runs_max = 1024;          ///< each holds what it read and what it wants
constexpr std::int64_t held_max = 100'000;       ///< each takes about 8 KiB of memory
constexpr std::int64_t backlog_max = 1'000'000;  ///< each takes about 4 KiB of memory
}  // namespace

RunLimits parse_limits(const yaml::Node& node, Diagnostics& out) {
  RunLimits limits;
  yaml::Fields in(node, "`limits`", out);
  if (const auto runs = in.integer("runs", 1, runs_max)) limits.runs = static_cast<std::size_t>(*runs);
  if (const auto waiting = in.integer("waiting", 1, backlog_max)) limits.waiting = static_cast<std::size_t>(*waiting);
  if (const auto open = in.integer("findings", 1, backlog_max)) limits.findings = static_cast<std::size_t>(*open);
  if (const auto known = in.integer("subjects", 1, backlog_max)) limits.subjects = static_cast<std::size_t>(*known);
  if (const auto on_one = in.integer("subject", 1, runs_max)) limits.subject = static_cast<std::size_t>(*on_one);
  if (const auto held = in.integer("held", 1, held_max)) limits.held = static_cast<std::size_t>(*held);
  if (const yaml::Node* map = in.node("drivers")) {
    yaml::Fields drivers(*map, "`drivers`", out);
    for (const char* driver : {"file", program_driver, call_driver}) {
      if (const auto runs = drivers.integer(driver, 1, runs_max)) {
        limits.drivers[driver] = static_cast<std::size_t>(*runs);
      }
    }
    drivers.finish();
  }
  in.finish();
  return limits;
}

}  // namespace aright::workflow
