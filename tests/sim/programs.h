// The simulated runners of programs and calls: what each did lies in the world, whatever it told the engine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/port/call.h"
#include "model/port/program.h"
#include "world.h"

namespace aright::sim {

/// Two programs. `mend_program PATH`: puts the content of PATH right. `look_program KEY`: exit code 0 where the program
/// started under KEY has done its work, 1 where it has not, 2 where it cannot tell.
inline constexpr const char* mend_program = "/sim/mend";
inline constexpr const char* look_program = "/sim/look";
/// Programs that have room at once: so few that they often wait.
inline constexpr std::size_t programs_max = 2;

class SimPrograms final : public ProgramRunner {
 public:
  explicit SimPrograms(World& world) : world_(world) {}
  Result<ProgramOutcome> run(const ProgramRequest& request) override;
  Result<FormerProgram> former(const ProgramRequest& request, bool overdue) override;

  /// `target`: the path that is put right, or the key that is looked for. `outlives`: what it begins goes on when the
  /// process dies.
  Result<ProgramOutcome> act(const ProgramRequest& request, bool looks, const std::string& target, bool outlives);

 private:
  ProgramOutcome look(const std::string& key);
  void begin(const std::string& key, std::function<void()> work);
  void end(const std::string& key, std::uint64_t order, const std::function<void()>& work);
  void leave_a_trace(const ProgramRequest& request);
  void do_work(const std::string& key, const std::string& path);
  World& world_;
};

/// One server, which does the same: a POST to `mend_url` and the path puts it right, a GET of `look_url` and the key
/// says whether it is there. It lies and hangs as the programs do.
inline constexpr const char* mend_url = "https://sim.test/mend?";
inline constexpr const char* look_url = "https://sim.test/look?";

class SimCalls final : public CallRunner {
 public:
  explicit SimCalls(SimPrograms& programs) : programs_(programs) {}
  Result<CallOutcome> run(const CallRequest& request, const MaySend& may_send) override;

 private:
  SimPrograms& programs_;
};

}  // namespace aright::sim
