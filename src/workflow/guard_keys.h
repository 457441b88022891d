// What admissions are counted by where a threshold says `per: ${ … }` or `per: resource`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cel/template.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/guards.h"

namespace aright::workflow {

/// What such a text may name: `finding`, `control`, and `event`, the data of the event that opened the finding, where
/// it came from one.
[[nodiscard]] cel::Environment key_environment();

/// Made ready. Immutable; any thread.
class GuardKeys {
 public:
  /// Errc::invalid: a text does not compile (those of a loaded workflow do).
  static Result<GuardKeys> make(const Guards& guards);

  struct Made {
    std::vector<std::string> keys;  ///< as guard::resource_key and guard::expression_key make them
    std::string trouble;            ///< why one of them could not be made; empty: all were
  };
  /// Pure. `resources`: what the run would change.
  [[nodiscard]] Made of(const Finding& finding, const Control& control, const Event* event,
                        std::span<const ResourceId> resources) const;
  [[nodiscard]] bool empty() const { return !by_resource_ && texts_.empty(); }

 private:
  struct Text {
    std::string written;
    cel::Template text;
  };
  bool by_resource_{false};
  std::vector<Text> texts_;
};

}  // namespace aright::workflow
