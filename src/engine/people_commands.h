// What people ask of reviews, findings and definitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/mark.h"

namespace aright::engine {

struct Approve {
  std::uint64_t review{0};
  std::string reason;
  std::string hash{};  ///< of the plan that was seen: another one is refused; empty: whatever it is now
};
struct Deny {
  std::uint64_t review{0};
  std::string reason;
  std::optional<Judgement> as{};  ///< of the finding
  std::optional<Nanos> waive{};   ///< for how long its control leaves the subject alone; none: it does not
};
/// Somebody has seen it: nobody else is told.
struct Acknowledge {
  std::uint64_t review{0};
  std::string reason;
};
/// Open or closed; the last word counts.
struct MarkFinding {
  std::string finding;
  std::string control;  ///< of that finding
  std::string subject;  ///< of that finding
  Judgement as{Judgement::right};
  std::string reason;
};
/// A person has looked at a definition, and it stays as it is. Of one who did not change it last, it ends that the
/// editors say yes to nothing.
struct Reviewed {
  std::string definition;  ///< "workflow", "control" or "team"
  std::string name;
  std::string reason;
};

}  // namespace aright::engine
