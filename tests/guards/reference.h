// The guards once more, straight from their text in README and docs/decisions 0070 to 0074 and 0077, and slowly:
// everything that ever happened is kept and gone through for each question. Shares no code with room guard.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "circles.h"
#include "clock.h"
#include "model/workflow.h"

namespace aright::timelines {

class Reference {
 public:
  explicit Reference(const Config& config) : config_(config), circles_(config) {}

  void opened(const std::string& control, const std::string& subject, const std::string& state, const Clock& at);
  [[nodiscard]] Circles& circles() { return circles_; }
  /// "admit", "wait GUARD" or "hold GUARD". `plan`: of the shadow counts. `again`: a run that is planned anew.
  [[nodiscard]] std::string asked(const Workflow& workflow, const Control& control, const std::string& subject,
                                  bool plan, const Clock& now, std::uint64_t again = 0) const;
  /// Somebody changed its resource first. `begun`: an effect of it may have begun.
  void conflicted(const Workflow& workflow, std::uint64_t run, bool begun);
  void admitted_again(const Workflow& workflow, const Control& control, const std::string& subject, std::uint64_t run,
                      const Clock& now) {
    count_admission(workflow, control, subject, run, false, now);
    try_breaker(workflow, run);
  }
  void admitted(const Workflow& workflow, const Control& control, const std::string& subject, std::uint64_t run,
                bool plan, const Clock& now);
  /// How an admitted run ended: "succeeded", "failed", "rolled_back", "cancelled", "unknown". `made`: as
  /// `Circles::ended`.
  void ended(const Workflow& workflow, std::uint64_t run, const std::string& how,
             const std::map<std::string, std::string>& made, const Clock& now);
  /// Whether the breaker of `workflow` is open.
  [[nodiscard]] bool open(const std::string& workflow) const { return breakers_.contains(workflow); }

 private:
  struct Admitted {
    std::string subject;
    std::string severity;  ///< of the control: what the expression of the tests comes to
    std::string resource;
    std::uint64_t run{0};
    Clock at;
    std::string how{};
  };
  struct Ended {
    Clock at;
    bool bad{false};
  };
  struct Open {
    Clock since;
    std::uint64_t trial{0};
  };
  [[nodiscard]] std::string budget_list(const Workflow& workflow, bool plan) const;
  [[nodiscard]] std::optional<Budget> budget_of(const Workflow& workflow) const;
  [[nodiscard]] std::string budget_says(const Workflow& workflow, const std::string& subject, bool plan,
                                        const Clock& now) const;
  [[nodiscard]] std::string threshold_says(const Workflow& workflow, const Control& control, const std::string& subject,
                                           bool plan, const Clock& now) const;

  void count_admission(const Workflow& workflow, const Control& control, const std::string& subject, std::uint64_t run,
                       bool plan, const Clock& now);
  void try_breaker(const Workflow& workflow, std::uint64_t run);
  void count_end(const Workflow& workflow, std::uint64_t run, const std::string& how, const Clock& now);

  const Config& config_;
  Circles circles_;
  std::map<std::string, std::vector<Admitted>> admitted_;  ///< by workflow, "~" before it for shadow counts
  std::map<std::string, std::vector<Admitted>> spent_;     ///< by budget
  std::map<std::string, std::vector<Ended>> ended_;
  std::map<std::string, Open> breakers_;
  std::map<std::string, std::vector<Clock>> openings_;  ///< "CONTROL SUBJECT"
  std::map<std::uint64_t, bool> tries_;                 ///< runs admitted while the breaker was open
  std::map<std::uint64_t, bool> counted_;               ///< runs whose end is counted
};

}  // namespace aright::timelines
