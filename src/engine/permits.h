// Who may do what is no answer to a review and weighs as much: undo, retry, waive, raise, erase. By the logic of
// docs/decisions/0180. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/operators.h"
#include "engine/projection.h"

namespace aright::engine {

/// A waiver that comes with a denial or an undo belongs to that, up to so long; a longer one is a waiver like any.
inline constexpr Nanos waiver_along_max = std::chrono::hours{24};

/// By what right it is done.
struct Permit {
  bool break_glass{false};                 ///< root alone, who is no member
  std::vector<std::string> passed_over{};  ///< then: the teams whose it was

  void add(const Permit& other) {
    break_glass = break_glass || other.break_glass;
    passed_over.insert(passed_over.end(), other.passed_over.begin(), other.passed_over.end());
  }
};

class Permits {
 public:
  Permits(const Config& config, const Projection& projection) : config_(config), projection_(projection) {}

  /// Errc::denied says who may. What asks no team, or about nothing that is there, is permitted.
  [[nodiscard]] Result<Permit> of(const Command& command, const Identity& who) const;
  /// To let it do what it may: whoever decides its reviews.
  [[nodiscard]] Result<Permit> to_raise(const Workflow& workflow, const Identity& who) const;

  /// Whose members may waive a control; none: there are no teams.
  [[nodiscard]] std::vector<std::string> teams_to_waive(const std::string& control) const;

 private:
  [[nodiscard]] Result<Permit> to(const UndoRun& asked, const Identity& who) const;
  [[nodiscard]] Result<Permit> to(const RetryRun& asked, const Identity& who) const;
  [[nodiscard]] Result<Permit> to(const Waive& asked, const Identity& who) const;
  [[nodiscard]] Result<Permit> to(const Unwaive& asked, const Identity& who) const;
  [[nodiscard]] Result<Permit> to(const Deny& asked, const Identity& who) const;
  [[nodiscard]] Result<Permit> to(const Erase& asked, const Identity& who) const;
  [[nodiscard]] Result<Permit> to(const Reviewed& asked, const Identity& who) const;

  [[nodiscard]] Result<Permit> to_waive(const std::string& control, const Identity& who) const;
  [[nodiscard]] std::vector<std::string> owners_to_waive(const std::string& control) const;
  [[nodiscard]] std::vector<std::string> in_force(std::vector<std::string> teams) const;
  [[nodiscard]] Result<Permit> as_one_of(std::vector<std::string> teams, const Identity& who) const;
  [[nodiscard]] const Workflow* workflow(const std::string& name) const;
  [[nodiscard]] const Control* control(const std::string& name) const;

  const Config& config_;
  const Projection& projection_;
};

}  // namespace aright::engine
