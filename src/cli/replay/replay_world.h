// Resources, programs and servers as a log tells of them: nothing is there, nothing is touched.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "cli/replay/known_errand.h"
#include "cli/replay/told_log.h"
#include "cli/replay/told_made.h"
#include "model/port/call.h"
#include "model/port/driver.h"
#include "model/port/program.h"

namespace aright::cli {

/// Key of a state that names the controls that find it wrong.
inline constexpr const char* found_field = "found";

/// A desired state without what is to be filled in, which stands there as one field.
[[nodiscard]] Json unfilled(Json desired);

/// One thread.
class ReplayWorld final : public Driver, public ProgramRunner, public CallRunner {
 public:
  /// `config` says which state puts right what which control finds. `members`: what is there and nobody found wrong.
  ReplayWorld(const Config& config, const std::vector<std::string>& members);

  /// From now on `control` finds it wrong. `state`: what is known of it. `about`: equal for equal states.
  void wrong(const std::string& id, const std::string& control, const Json& state, const std::string& about);
  void right(const std::string& id, const std::string& control);
  /// It finds it wrong as it is, for all anybody knows.
  void found(const std::string& id, const std::string& control);
  /// Nobody says any more that it finds it wrong; it is as it was.
  void unknown(const std::string& id, const std::string& control);
  /// Equal for equal states; empty where nothing was ever found wrong.
  [[nodiscard]] std::string about(const std::string& id) const { return state(id).value("about", ""); }
  /// A run of the replay does what this one of the log did.
  void as(std::uint64_t run, const ToldRun& told) { told_[run] = &told; }
  /// What is asked for next, as far as the log has the answer, which is given then. `output`: declared by its step.
  KnownErrand known(const engine::DoErrand& work, const OutputShape& output);
  /// What controls say of what is planned next.
  void makes(ToldMade made) { made_ = std::move(made); }

  Result<State> read(const ResourceId& resource) override;
  Result<std::vector<std::string>> list(const Select& select) override;
  Result<Plan> plan(const ResourceId& resource, const Desired& desired) override;
  Result<ApplyOutcome> apply(const ApplyRequest& request) override;
  Result<ProgramOutcome> run(const ProgramRequest& request) override;
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<CallOutcome> run(const CallRequest& request, const MaySend& may_send) override;

 private:
  /// Whether the step that its key names did so in the log.
  [[nodiscard]] bool failed_then(const ApplyRequest& request) const;
  [[nodiscard]] Json state(const std::string& id) const;

  std::set<std::string> members_;  ///< and all that was ever found wrong
  std::map<std::string, Json> states_;
  std::map<std::string, Json> made_right_;  ///< by resource: as a run has made it last
  std::map<std::string, Json> desired_;     ///< by control
  ToldMade made_;
  KnownAnswer answer_;
  std::map<std::uint64_t, const ToldRun*> told_;
};

}  // namespace aright::cli
