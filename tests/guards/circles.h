// Loop and oscillation once more, from the text of docs/decisions/0077, and slowly. Shares no code with rooms guard and
// engine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "clock.h"
#include "model/workflow.h"

namespace aright::timelines {

class Circles {
 public:
  explicit Circles(const Config& config) : config_(config) {}

  /// An episode begins in which the subject is in `state`.
  void opened(const std::string& control, const std::string& subject, const std::string& state, const Clock& at);
  /// It is seen in another state, and the episode goes on.
  void seen(const std::string& control, const std::string& subject, const std::string& state);
  /// Somebody changes the control: another attempt.
  void mended(const std::string& control) { ++revisions_[control]; }
  void begun(const Workflow& workflow, const std::string& control, const std::string& subject, std::uint64_t run);
  /// For good. `made`: the resources that it put into a state, when it ended well.
  void ended(std::uint64_t run, const std::string& how, const std::map<std::string, std::string>& made);
  void restarted();
  /// `changes`: what `workflow` would change, and what the finding is about.
  [[nodiscard]] bool loops(const Workflow& workflow, const std::string& control, const std::string& subject,
                           const std::vector<std::string>& changes) const;
  [[nodiscard]] bool oscillates(const Workflow& workflow, const std::string& control, const std::string& subject,
                                const Clock& now) const;

 private:
  /// One run, and what it changed.
  struct Link {
    std::string workflow;
    std::string attempt;  ///< the control as it was then
    std::string changed;
  };
  using Chain = std::vector<Link>;
  /// Of a workflow's last run in an episode.
  struct Answer {
    std::string how;
    std::string state;  ///< the one that the run was about
    std::map<std::string, std::pair<std::string, Chain>> made;
    std::size_t order{0};  ///< of the ends of runs
  };
  struct Episode {
    std::string state;
    Chain chain;
    std::map<std::string, Answer> answers;
    std::map<std::string, std::vector<Clock>> returns;  ///< by workflow
  };
  struct Begun {
    std::string workflow;
    std::string attempt;
    std::string finding;  ///< "CONTROL SUBJECT"
    std::size_t episode{0};
    std::string state;
  };
  [[nodiscard]] std::string attempt(const std::string& control) const;
  [[nodiscard]] Chain led_to(const std::string& resource, const std::string& state) const;

  const Config& config_;
  std::map<std::string, std::vector<Episode>> episodes_;  ///< by "CONTROL SUBJECT"
  std::map<std::string, int> revisions_;
  std::map<std::uint64_t, Begun> runs_;
  std::map<std::string, std::pair<std::string, Chain>>
      made_;  ///< resource → what its last run made, and what led there
  std::size_t ends_{0};
};

}  // namespace aright::timelines
