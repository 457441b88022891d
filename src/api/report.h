// What became of everything in a stretch of time, in figures (docs/decisions/0194).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace aright::api {

/// Adds up rows as the store keeps them. Pure; one thread. A run belongs to when it began, a finding to when it opened,
/// a
/// review to when it was opened, a waiver to when it was granted.
class Report {
 public:
  /// Of [since, until); `by_hand`: what a person would have needed for one fix.
  Report(WallTime since, WallTime until, Nanos by_hand) : since_(since), until_(until), by_hand_(by_hand) {}

  // Each says whether the row, of which rows are given the newest first, is not older than `since`. One that cannot be
  // read is counted as such. Findings before the runs that answer them, waivers after the
  // runs that undo.
  bool add_finding(const Json& finding);
  bool add_run(const Json& run);
  bool add_review(const Json& review);
  bool add_waiver(const Json& waiver);

  /// {"since", "until", "workflows": [{"workflow", "runs", "outcomes": {state: number}, …}], "all": {…}, "findings":
  /// {…}, "reviews": {…}, "interventions": {…}, "hours_saved", "by_hand", "unreadable"}. Times to verified in
  /// milliseconds.
  [[nodiscard]] Json to_json() const;

 private:
  struct Figures {
    std::map<std::string, std::uint64_t> outcomes;  ///< by state
    std::uint64_t held{0};                          ///< were held for a person at some time
    std::uint64_t fixed_alone{0};                   ///< succeeded, verified, no person decided, and none has undone it
    std::uint64_t unverified{0};                    ///< succeeded, and nothing confirms what a program or call did
    std::uint64_t changed_nothing{0};               ///< succeeded, and only told, asked or waited
    std::uint64_t undone{0};         ///< of its runs, undone by a run of its own, which is not among `outcomes`
    std::set<std::string> recurred;  ///< findings that had come back, and a run answered
    std::vector<Nanos> alone;        ///< from the finding's opening to verified, where no person decided
    std::vector<Nanos> with_people;  ///< the same, where one did
  };
  struct Opened {
    WallTime at{};
    bool again{false};
  };
  enum class Belongs : std::uint8_t { yes, older, later, unreadable };
  Belongs belongs(const Json& row, const char* key);
  void add_undo(Figures& of, const Json& run);
  void add_times(Figures& of, const Json& run, WallTime created) const;
  [[nodiscard]] Json figures_json(const Figures& of) const;

  WallTime since_;
  WallTime until_;
  Nanos by_hand_;
  std::uint64_t unreadable_{0};
  std::map<std::string, Figures> workflows_;
  std::map<std::string, Opened> opened_;                ///< findings by id
  std::set<std::uint64_t> undone_;                      ///< runs that a later one has taken back
  std::set<std::uint64_t> waivers_of_undos_;            ///< that came with an undo, which is one act
  std::map<std::string, std::uint64_t> findings_;       ///< by state
  std::map<std::string, std::uint64_t> marks_;          ///< findings by what a person said they are
  std::map<std::string, std::uint64_t> reviews_;        ///< by state
  std::map<std::string, std::uint64_t> interventions_;  ///< by kind
  std::map<std::string, std::uint64_t> recurrences_;    ///< by control
};

}  // namespace aright::api
