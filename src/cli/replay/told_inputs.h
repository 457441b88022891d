// Entries of a log → what the engine is given when they are played again.
#pragma once

#include <optional>

#include "cli/replay/told_log.h"
#include "engine/core.h"

namespace aright::cli {

/// Who an entry says it was.
[[nodiscard]] engine::Identity told_person(const Json& entry);

/// What a person decided, asked of `core` as it is now: a review of the same workflow and subject, a mode, a waiver, a
/// pause. nullopt: the entry is no decision, or there is nothing to decide here.
[[nodiscard]] std::optional<engine::Input> told_command(const Json& entry, const engine::Core& core,
                                                        const ToldLog& log);

/// A `finding.opened`, `.occurred` or, with `over`, its end, of a control on events.
[[nodiscard]] engine::Input told_sighting(const Json& entry, const std::string& control, const std::string& subject,
                                          bool over, const ToldLog& log);

}  // namespace aright::cli
