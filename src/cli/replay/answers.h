// What findings came to, by workflow: read from entries, those of a log or those of its replay.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace aright::cli {

/// What one workflow made of one finding.
struct FoundAnswer {
  std::uint64_t runs{0};
  bool ran{false};         ///< a run was admitted
  bool planned{false};     ///< in mode plan
  bool observed{false};    ///< in mode observe
  std::string held;        ///< the first guard that held a run before it had done anything; empty: none did
  std::string asked;       ///< the first that held one that had; empty: none did
  std::string suppressed;  ///< the last guard that suppressed it; empty: none did
  std::string reason;      ///< of the first hold, else of the suppression
  std::string outcome;     ///< of its last run that is over; empty: none is
  std::string untold{};    ///< why nobody can tell how a run went on; empty: it is told

  /// What decides whether two of them are the same: "ran", "ran, then held by approve", "held by threshold",
  /// "suppressed by cool-down", "planned", "observed", "nothing".
  [[nodiscard]] std::string verdict() const;
  /// The same for people, with what came of it.
  [[nodiscard]] std::string text() const;
};

class FoundAnswers {
 public:
  using Key = std::pair<std::string, std::string>;  ///< finding, workflow
  /// In order. `finding`: as which finding an entry about it counts, when it is not the one it names. What takes a run
  /// back answers no finding, and is left out.
  void take(const Json& entry, const std::map<std::string, std::string>& finding = {});

  /// How this run goes on from here nobody knows: what entries still say of it is passed over.
  void cannot_tell(std::uint64_t run, const std::string& why);

  [[nodiscard]] const std::map<Key, FoundAnswer>& all() const { return answers_; }
  [[nodiscard]] const Key* of_run(std::uint64_t run) const;  ///< nullptr: it is not known

 private:
  void take_run(const std::string& kind, const Json& entry);

  std::map<Key, FoundAnswer> answers_;
  std::map<std::uint64_t, Key> runs_;
  std::set<std::uint64_t> untold_;
  std::set<std::uint64_t> acted_;  ///< runs that have begun to do something
};

}  // namespace aright::cli
