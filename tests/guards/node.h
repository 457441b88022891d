// What the engine remembers and asks of guards, without the rest of the engine: entries, the projection over restarts,
// `engine::OwnChanges` and `engine::Guarding`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "clock.h"
#include "engine/guarding.h"
#include "engine/own_changes.h"
#include "engine/projection.h"

namespace aright::timelines {

class Node {
 public:
  Node(const Config& config, const Clock& at);

  /// A new life over what is stored. Fails by an exception: what was stored is not what it must be.
  void restart(const Clock& at);
  [[nodiscard]] bool has_open_finding(const Control& control, const std::string& subject) const;
  /// `state`: the one that the subject is read in.
  void open_finding(const Control& control, const std::string& subject, const std::string& state, const Clock& at);
  void see(const Control& control, const std::string& subject, const std::string& state, const Clock& at);
  /// Somebody changes it; what is open stays open.
  void mend(const Control& control);
  void resolve_finding(const Control& control, const std::string& subject, const Clock& at);
  /// As the reference says it. Of a finding that is open.
  [[nodiscard]] std::string asked(const Workflow& workflow, const Control& control, const std::string& subject,
                                  bool plan, const Clock& now, std::uint64_t again = 0) const;
  /// The run's number. `plan`: it ends as a plan.
  std::uint64_t admit(const Workflow& workflow, const Control& control, const std::string& subject, bool plan,
                      const Clock& at);
  /// Somebody changed its resource first: it is planned anew. `begun`: an effect of it may have begun.
  void conflict(std::uint64_t run, bool begun, const Clock& at);
  void admit_again(std::uint64_t run, const Workflow& workflow, const Control& control, const Clock& at);
  /// It is under way, and about what is open now.
  [[nodiscard]] bool is_current(std::uint64_t run) const;
  /// `made`: resource → state. Its finding ends with a run that made something.
  void end(std::uint64_t run, const std::string& how, const std::map<std::string, std::string>& made, const Clock& at);
  [[nodiscard]] bool open(const std::string& workflow) const { return projection_->breaker(workflow) != nullptr; }
  [[nodiscard]] bool has_open_run(const Workflow& workflow, const std::string& subject) const {
    return projection_->has_open_run(workflow.name, subject);
  }

 private:
  void put(std::string kind, Fields fields, const Clock& at);
  void move(std::uint64_t run, const char* to, const char* input, const Clock& at, Fields more = {});
  void note_definitions(const Clock& at);
  [[nodiscard]] engine::Candidate candidate(const Workflow& workflow, const Control& control,
                                            const std::string& subject, bool plan, std::uint64_t run = 0) const;

  const Config& config_;
  std::map<std::string, std::string> versions_;
  std::map<std::string, std::string> hashes_;  ///< of controls
  std::unique_ptr<engine::Projection> projection_;
  std::unique_ptr<engine::Guarding> guarding_;
  engine::OwnChanges own_changes_;
  std::map<std::pair<std::string, std::string>, Row> rows_;
  std::string context_;
};

}  // namespace aright::timelines
