// Which subjects are forgotten when there are too many: whoever can name subjects must not fill the memory with them.
// Pure (docs/decisions/0198).
#pragma once

#include <string>
#include <vector>

#include "engine/deadlines.h"
#include "engine/projection.h"
#include "model/fields.h"

namespace aright::engine {

class ClosedSubjects {
 public:
  /// Its episode is over, or a run about it is; `id` as `SubjectState::id`.
  void closed(const std::string& id, Nanos boot);
  /// The fields of `subjects.forgotten` entries, which are then to be recorded: none while there are at most `most`.
  /// Beyond, the subjects whose episodes are over for longest go, a sixteenth at a time; not those that a run is at
  /// work about, and not those whose state has come back before it could be told for how long it stays.
  [[nodiscard]] std::vector<Fields> forget(const Projection& projection, std::size_t most);

 private:
  Deadlines order_;  ///< by when they closed
};

}  // namespace aright::engine
