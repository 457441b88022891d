// The measurements. Each adds its lines to the report; an Error means that it could not be measured at all.
#pragma once

#include <string>

#include "report.h"
#include "workplace.h"

namespace aright::bench {

struct Setting {
  std::string binary;  ///< the release daemon
  std::string packs;   ///< the folder of packs
  std::string script;  ///< what wrk posts
  const Workplace& place;
  double floor_mib{0};  ///< the most memory that `aright --version` has
};

/// File write → verified durable fix, one at a time and back to back, beside the bare program that waits for inotify
/// and does the same with two synced appends. Then file fixes per second beside eight bare threads. Then, on the state
/// these left behind (over 10,000 runs), the time from start to ready and the time `audit verify` takes.
[[nodiscard]] Result<Done> measure_fixes(const Setting& setting, Report& report);
/// Appended log line → durable end of the program that it starts, beside a bare program that reads the line, starts the
/// same program and syncs two appends.
[[nodiscard]] Result<Done> measure_logs(const Setting& setting, Report& report);
/// Webhooks: deliveries per second beside the bare server, and from a post to the durable end of the program it
/// started.
[[nodiscard]] Result<Done> measure_webhooks(const Setting& setting, Report& report);
/// Memory and processor time while nothing happens.
[[nodiscard]] Result<Done> measure_idle(const Setting& setting, Report& report);
/// From exec to the line "ready" with an empty state.
[[nodiscard]] Result<Done> measure_start(const Setting& setting, Report& report);
/// From exec to the line "ready" with 10,000 open runs.
[[nodiscard]] Result<Done> measure_open_runs(const Setting& setting, Report& report);
/// 2,000 webhook posts, 16 at a time, each answered by a program: until every one has ended.
[[nodiscard]] Result<Done> measure_burst(const Setting& setting, Report& report);
/// Parts of the engine beside their bare counterparts.
[[nodiscard]] Result<Done> measure_parts(const Setting& setting, Report& report);

}  // namespace aright::bench
