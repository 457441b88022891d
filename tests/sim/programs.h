// The simulated runner of programs: what each did lies in the world, whatever it told the engine.
#pragma once

#include <string>
#include <vector>

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

 private:
  ProgramOutcome look(const ProgramRequest& request);
  void do_work(const ProgramRequest& request);
  World& world_;
};

}  // namespace aright::sim
