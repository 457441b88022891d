// What the node is judged by, counted since start: for /metrics. `aright report` counts the same of any stretch of
// time, by the same words (docs/decisions/0194).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/fields.h"
#include "model/run.h"

namespace aright::engine {

/// Upper ends, in seconds, of how long it took from a finding's opening to the verified end of its run; the last one
/// has no end.
inline constexpr std::array fix_seconds{0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0};

/// A run that one of its own has taken back.
struct TakenBack {
  bool by_people{false};  ///< a person had decided it
  bool verified{false};   ///< it was a fix that had been verified
  auto operator<=>(const TakenBack&) const = default;
};

/// From findings' opening to the verified end of the runs that answered them.
struct FixTimes {
  std::uint64_t count{0};
  double seconds{0};                                           ///< added up
  std::array<std::uint64_t, fix_seconds.size() + 1> within{};  ///< each in one
};

struct WorkflowFigures {
  std::map<std::string, std::uint64_t> outcomes;  ///< ended runs, by state; an undo is none of them
  std::uint64_t held{0};                          ///< runs that came to wait for a person
  std::uint64_t unverified{0};                    ///< succeeded, and nothing confirms all it did
  std::uint64_t changed_nothing{0};               ///< succeeded, and only told, asked or waited
  std::map<TakenBack, std::uint64_t> undone;      ///< runs taken back
  FixTimes alone;                                 ///< succeeded, verified, and no person decided
  FixTimes with_people;                           ///< the same, where one did
};

struct KeyFiguresView {
  std::map<std::string, WorkflowFigures> workflows;
  std::map<std::string, std::uint64_t> opened;         ///< findings, by control
  std::map<std::string, std::uint64_t> recurred;       ///< of those, come back; by control
  std::map<std::string, std::uint64_t> reviews;        ///< by how they ended
  std::map<std::string, std::uint64_t> marked;         ///< what people said of findings, by that
  std::map<std::string, std::uint64_t> interventions;  ///< what people decided about runs, by kind
  std::map<std::string, std::uint64_t> acts;           ///< what people asked of the node, by kind
};

/// Any thread. The core counts, whoever asks for metrics reads.
class KeyFigures {
 public:
  /// What has not happened yet is counted too, as 0: of a series that is born at 1 nobody is told that it grew. Of
  /// those in force, which the newest call names, and of what people can do at all.
  void in_force(std::set<std::string> workflows, std::set<std::string> controls);
  void opened(const std::string& control, bool again);
  /// What a success was: `verified` where nothing of what it did is left unconfirmed.
  enum class Success : std::uint8_t { verified, unverified, changed_nothing };
  /// `run` as it was before it came to its final state `to`; `as`: of a success; `began`: when its finding opened,
  /// where it is the first that answers it, else when it was created.
  void ended(const Run& run, RunState to, Success as, WallTime began, WallTime now);
  /// `fix` has been taken back by a run of its own; `redo`: it was an undo, so that a fix stands again.
  void undone(const Run& fix, bool redo);
  void held(const std::string& workflow);
  /// What people decided, as the entries say; an undo is none before it has taken something back.
  void recorded(std::string_view kind, const Fields& entry);
  void reviewed(const std::string& decision);
  void acted(std::string_view kind);
  [[nodiscard]] KeyFiguresView view() const;

 private:
  mutable std::mutex mutex_;
  KeyFiguresView figures_;
  std::set<std::string> workflows_;  ///< in force
  std::set<std::string> controls_;   ///< in force, and answered by one of those
};

}  // namespace aright::engine
