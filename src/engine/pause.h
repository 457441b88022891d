// What a pause holds back, who asked for it and why. Values: no clock, no threads.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace aright::engine {

/// Which effects: all, those of one workflow, or those by one driver ("file", "exec", "call").
class PauseScope {
 public:
  enum class Of : std::uint8_t { everything, workflow, driver };

  static PauseScope everything() { return {Of::everything, {}}; }
  static PauseScope workflow(std::string name) { return {Of::workflow, std::move(name)}; }
  static PauseScope driver(std::string name) { return {Of::driver, std::move(name)}; }

  [[nodiscard]] Of of() const { return of_; }
  [[nodiscard]] const std::string& name() const { return name_; }  ///< of everything: empty
  /// Whether it holds back an effect by `driver` for `workflow`; an empty name is none of them.
  [[nodiscard]] bool covers(std::string_view workflow, std::string_view driver) const {
    return of_ == Of::everything || (of_ == Of::workflow ? name_ == workflow : name_ == driver);
  }
  /// "everything", "workflow NAME", "driver NAME".
  [[nodiscard]] std::string text() const;
  auto operator<=>(const PauseScope&) const = default;

 private:
  PauseScope(Of of, std::string name) : of_(of), name_(std::move(name)) {}

  Of of_;
  std::string name_;
};

using PauseScopes = std::set<PauseScope>;

/// A pause in force. Two for the same are two: each ends for itself.
struct Paused {
  std::uint64_t id{0};  ///< counts from 1 per node; 0: from before pauses had numbers
  PauseScope scope{PauseScope::everything()};
  std::string origin;  ///< "operator", "file", "signal"
  std::string reason;
  std::string by;
  WallTime since{};

  /// "pause 3 of workflow fix by alice: maintenance", for a list of them.
  [[nodiscard]] std::string text() const;
};

/// Why an effect by `driver` for `workflow` may not begin now: "workflow fix is paused (pause 3 by alice:
/// maintenance)"; empty: no pause is in its way.
[[nodiscard]] std::string why_paused(const std::vector<Paused>& pauses, std::string_view workflow,
                                     std::string_view driver);

}  // namespace aright::engine
