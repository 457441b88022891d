// What our own runs have changed, to tell what follows from it. Values; one thread at a time.
// Decision: docs/decisions/0077.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/projection.h"
#include "model/cause.h"
#include "model/epochs.h"
#include "model/event.h"

namespace aright::engine {

class OwnChanges {
 public:
  /// What the answers to the last episode on a subject changed: at the start, of all subjects.
  void learn(const SubjectState& subject);
  /// Then of each run that ends, whether or not its episode is the last.
  void learn(const Ended& ended);
  /// The runs that led to this state of a resource: it is what the last of ours that made one made. Empty: it is not.
  [[nodiscard]] std::vector<Cause> of_state(const std::string& resource, const std::string& mark) const;
  /// The runs that led to what `run` had a program or server do. Empty: nothing is known of it (any more).
  [[nodiscard]] std::vector<Cause> of_run(std::uint64_t run) const;

 private:
  struct Made {
    std::string mark;
    std::uint64_t order{0};  ///< as `LastAnswer::order`
    std::vector<Cause> chain;
  };
  std::map<std::string, Made> made_;  ///< by resource, as `changed_text`
  std::map<std::uint64_t, std::vector<Cause>> runs_;
};

/// What a run gives to its programs and servers, so that an event that holds it is known to come of it. Nobody makes
/// one without the key. Pure.
[[nodiscard]] std::string cause_token(std::string_view key, std::uint64_t run, const Epochs& epochs);
/// The run whose token stands in one of the event's texts; nullopt: none does. Pure.
[[nodiscard]] std::optional<std::uint64_t> caused_by(std::string_view key, const Event& event, const Epochs& epochs);

}  // namespace aright::engine
