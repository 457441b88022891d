// Definitions that grow old: which do, and what is said of one that nobody has looked at for longer than its
// `review_by` (docs/decisions/0185). Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/ages.h"
#include "model/origin.h"
#include "model/workflow.h"

namespace aright::engine {

/// A definition that people look after.
struct Aging {
  std::string kind;  ///< "control" or "workflow"
  std::string name;
  std::string owner;  ///< a team; may be empty
  Nanos within{};     ///< its `review_by`
  /// As `Ages` has it.
  [[nodiscard]] std::string key() const { return kind + " " + name; }
};

/// Rules that others publish are theirs.
[[nodiscard]] std::vector<Aging> aging(const Config& config);

/// Since when, what comes of it, and what to do; empty: it is not due, or nobody has been told so yet.
[[nodiscard]] std::string due_text(const Aging& one, const Ages& ages);

/// Why one of `kind` ("control" or "workflow") goes no further than propose, and what to do; empty: it is not too old.
[[nodiscard]] std::string overdue_text(const std::string& kind, const std::string& name, const Ages& ages);

/// Of all that are due, by `key`.
[[nodiscard]] std::map<std::string, std::string> due_texts(const Config& config, const Ages& ages);

}  // namespace aright::engine
