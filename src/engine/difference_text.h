// What a run would change, short enough for a message. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "model/run.h"

namespace aright::engine {

/// The plan of a step of `run`, while it is in memory; nullptr: it is not.
using PlanOf = std::function<const Plan*(std::uint64_t run, std::size_t step)>;

/// Each step with what it would change, as its entry has it, and where `plan_of` knows it, with the mode, owner or
/// group that is there now: what is sensitive, and content that goes, is no part of that. At most 700 bytes, and then
/// how much more there is; in words why, where it cannot be said.
[[nodiscard]] std::string difference_text(const Run& run, const PlanOf& plan_of = {});

/// Where the pointer `path` of a change leads, as people count: "content, line 3" for `/content/2`; any other as it is.
[[nodiscard]] std::string place_text(const std::string& path);

}  // namespace aright::engine
