// What a daemon that ends by itself (`scan --fix`) says of each finding.
#pragma once

#include <cstdint>
#include <functional>

#include "cli/scan.h"
#include "engine/core.h"
#include "model/port/store.h"
#include "model/run.h"

namespace aright::daemon {

[[nodiscard]] Result<Run> stored_run(const Row& row);
/// The number of the run that was created last; 0: there is none. Walks thousands of rows for a page's count.
[[nodiscard]] Result<std::uint64_t> newest_run(History& history);

using ReadState = std::function<Result<State>(const ResourceId&)>;

/// By "CONTROL SUBJECT": what the runs after `newest_run` came to, and why findings without one were left alone, as
/// `explain` says it of what `read` gives now. The engine must not be at work. Errors as History::page; corrupt for a
/// row that is no run.
[[nodiscard]] Result<cli::FixOutcomes> outcomes(const engine::Core& core, History& history, std::uint64_t newest_run,
                                                const ReadState& read);

}  // namespace aright::daemon
