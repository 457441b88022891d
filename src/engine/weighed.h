// What answering a finding comes to now, before locks, plans and the guards that need them.
#pragma once

#include <cstdint>
#include <string>

#include "guard/guard.h"

namespace aright::engine {

struct Weighed {
  enum class Outcome : std::uint8_t {
    off,
    has_open_run,
    does_not_apply,  ///< its `when` is false
    observed,
    answered,   ///< for this state: a person's no, an expired review, a failed rollback, a plan in mode plan
    waits,      ///< for `wait`, since a run ended and left the finding open
    kept_back,  ///< by a guard, as `by` says
    undecided,  ///< whether its `when` holds cannot be told: `trouble`; a person decides
    runs,
  };
  Outcome outcome{Outcome::runs};
  Nanos wait{};
  guard::Suppress by;
  std::string trouble;
};

}  // namespace aright::engine
