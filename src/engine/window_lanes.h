// How far the windows of correlations are in what each source says: what is done may be ahead of it. A value: no clock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/intake.h"

namespace aright::engine {

class WindowLanes {
 public:
  /// Who says nothing for so long cannot be read, or is held back: what it says then may come late.
  static constexpr Nanos patience = std::chrono::seconds{60};

  /// As a snapshot has them.
  void restore(std::map<std::string, std::vector<Lane>> lanes) { lanes_ = std::move(lanes); }
  /// What was put aside could not be used: nothing is read again.
  void lose() { lost_ = true; }
  /// How far the windows are by this batch, which may be read for them alone.
  void note(const EventsRead& read);
  /// Where to begin to read again before `done`; nullopt: there is nothing to read again. Only from the same strand,
  /// and never behind what is done: so nothing is numbered or taken in a second time.
  [[nodiscard]] std::optional<Lane> before(const std::string& source, const Lane& done) const;

  /// Whether a source has more to say than has been read, at `boot` on the boot clock.
  void heard(const std::string& source, bool behind, Nanos boot);
  /// Whether one does: then others are ahead of it in time, and windows forget nothing for its age.
  [[nodiscard]] bool catching_up(Nanos boot);

 private:
  std::map<std::string, std::vector<Lane>> lanes_;  ///< by source
  std::map<std::string, Nanos> behind_;             ///< by source: when it was heard of last
  bool lost_{false};
};

}  // namespace aright::engine
