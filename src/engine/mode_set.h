// A workflow's mode as a person set it, in force until it is set anew.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/time.h"
#include "model/doc.h"
#include "model/mode.h"

namespace aright::engine {

struct ModeSet {
  Mode mode{Mode::off};
  std::string by;              ///< empty: not known (an older version did not keep it)
  std::string reason;          ///< as `by`
  std::optional<WallTime> at;  ///< as `by`
  bool operator==(const ModeSet&) const = default;
};

using ModesSet = std::map<std::string, ModeSet>;  ///< by workflow

/// Of entry "mode.set". One of a version that did not keep who, when and why has no field `set_at`: what is kept of it
/// stays as it was then, or its log would no longer imply its rows.
[[nodiscard]] ModeSet mode_set_of(DocReader& in);
/// Who, when and why; null: none of them is known.
[[nodiscard]] Json modes_by_json(const ModesSet& modes);
/// Adds what `modes_by_json` wrote. Errors: corrupt, one of a workflow without a mode.
[[nodiscard]] Result<Done> load_modes_by(const Json& doc, ModesSet& modes);

}  // namespace aright::engine
