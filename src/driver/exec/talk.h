// What goes through a program's pipes until it has ended.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "driver/exec/spawn.h"
#include "model/program.h"

namespace aright::driver {

/// For one program, one thread. Writes the input while both outputs are read, so that neither side waits for the other.
class Talk {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Until : std::uint8_t { ended, deadline, stopped };

  /// `child` and `input` outlive it. SIGPIPE is held back in this thread for the object's life.
  Talk(Child& child, std::string_view input, std::size_t output_max);
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  ~Talk();

  /// Until the program has ended, `deadline` has passed, or `stop` (a descriptor, or -1) is readable.
  Until run(Clock::time_point deadline, int stop);
  /// What is in the pipes now, without waiting: after the last writer is gone, the rest.
  void rest();

  ProgramOutput output;
  ProgramOutput errors;
  std::uint64_t input_taken{0};

 private:
  void write_input();
  void read_from(UniqueFd& from, ProgramOutput& into) const;

  Child& child_;
  std::string_view input_;
  std::size_t output_max_;
  bool pipe_signal_was_blocked_{false};
};

}  // namespace aright::driver
