// What may go of what is asked to go, and how that is recorded (docs/decisions/0195). Pure.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "engine/operators.h"
#include "engine/projection.h"
#include "model/fields.h"

namespace aright::engine {

struct Going {
  Outdated what;
  const char* kind;  ///< of the entry; none is needed when nothing goes
  Fields entry;
  Json answer;
  std::vector<std::uint64_t> notices{};  ///< that wait or are dead, and tell of what goes: theirs goes too
  [[nodiscard]] bool empty() const { return what.empty() && notices.empty(); }
};

/// Without what an open finding or run needs, and rows that are open.
[[nodiscard]] Result<Going> to_go(const Projection& projection, const Forget& command, const Identity& who);
/// Errc::conflict: a run about the subject is open. Errc::not_found: it has no contents, and nobody is to be told of
/// it.
[[nodiscard]] Result<Going> to_go(const Projection& projection, const Erase& command, const Identity& who);

}  // namespace aright::engine
