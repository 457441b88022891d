// Entries of a log → what the engine is given when they are played again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "cli/replay/told_log.h"
#include "engine/core.h"

namespace aright::cli {

/// Review of the log → the review here that its answers are for. The log may hold several of one question (each yes of
/// a quorum, and what they come to): none of them answers the next question of the same workflow and subject.
using AnsweredReviews = std::map<std::uint64_t, std::uint64_t>;

/// Who an entry says it was.
[[nodiscard]] engine::Identity told_person(const Json& entry);
/// The same person, whom no team refuses.
[[nodiscard]] engine::Identity may_all(engine::Identity who);

/// What a person decided, asked of `core` as it is now: a review of the same workflow and subject, a mode, a waiver, a
/// pause, a definition that was reviewed. nullopt: the entry is no decision, or there is nothing to decide here.
/// `answered` is kept from call to call.
[[nodiscard]] std::optional<engine::Input> told_command(const Json& entry, const engine::Core& core, const ToldLog& log,
                                                        AnsweredReviews& answered);

/// A `finding.opened`, `.occurred` or, with `over`, its end, of a control on events.
[[nodiscard]] engine::Input told_sighting(const Json& entry, const std::string& control, const std::string& subject,
                                          bool over, const ToldLog& log);

}  // namespace aright::cli
