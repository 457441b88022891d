// A program to be run and what came of it, as values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/secret_text.h"

namespace aright {

/// The limits every request keeps; what is beyond is refused before anything is started.
inline constexpr std::size_t program_arguments_max = 1024;
inline constexpr std::size_t program_argument_bytes_max =
    std::size_t{128} * 1024 - 1;  ///< the kernel's own limit of one string
inline constexpr std::size_t program_strings_bytes_max =
    std::size_t{1024} * 1024;  ///< arguments and environment together
/// The largest body of a webhook, and as much again for what stands around it: its headers, the finding, what earlier
/// steps came to.
inline constexpr std::size_t program_input_bytes_max = std::size_t{2048} * 1024;
inline constexpr std::size_t program_output_bytes_max = std::size_t{1024} * 1024;
inline constexpr Nanos program_time_max = std::chrono::hours{1};

struct ProgramRequest {
  /// Names the step of the run, not the attempt ("r12-0"): [a-z0-9-]{1,60}. The program sees it as ARIGHT_KEY, behind
  /// the name of the node, and can tell by it that it is asked a second time; with `confirm_suffix` that of the program
  /// that looks, which sees the step's.
  std::string key;
  /// What an event must hold to be known to come of it: the program sees it as ARIGHT_CAUSE. Empty: nothing.
  std::string cause{};
  /// argv; the first is the program's absolute path, without links. Each arrives as it is here, byte by byte.
  std::vector<std::string> arguments;
  /// Beside PATH, LANG, ARIGHT_KEY and ARIGHT_CAUSE, which are always set and may not be stated; nothing else is passed
  /// on.
  std::map<std::string, std::string> environment;
  SecretTexts secret_environment{};  ///< more of it, of which parts are secrets; no name is in both
  /// Names of secrets that stand in the input under "secrets", each under its name.
  std::vector<std::string> input_secrets{};
  /// One JSON text, written to standard input as it is and followed by a line feed. Empty: standard input is at its
  /// end at once.
  std::string input;
  Nanos time_limit{std::chrono::seconds{60}};      ///< then TERM, after a grace KILL
  std::size_t output_max{std::size_t{64} * 1024};  ///< bytes kept of each stream; the rest is read, counted and dropped
};

/// What counts as success.
struct ProgramExpect {
  std::vector<int> exit_codes{0};
  std::optional<std::string> output_contains;  ///< in what was kept of standard output

  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<ProgramExpect> from_json(const Json& doc);
};

struct ProgramOutput {
  std::string kept;        ///< the first bytes, as written: any bytes
  std::uint64_t total{0};  ///< how many were written
};

/// Why a program was ended by us.
enum class ProgramCut : std::uint8_t { none, time_limit, stopped };

struct ProgramOutcome {
  bool signalled{false};  ///< ended by a signal
  int number{0};          ///< the exit code, or the signal
  ProgramCut cut{ProgramCut::none};
  ProgramOutput output;           ///< standard output
  ProgramOutput errors;           ///< standard error
  std::uint64_t input_taken{0};   ///< bytes of the input that went into the pipe
  Nanos elapsed{};                ///< from before the start until nothing of it was left
  std::uint32_t strays_ended{0};  ///< processes it had left behind, ended by us
  std::uint32_t strays_left{0};   ///< that could not be ended, or may be somebody else's
};

/// What is left of a program that an earlier life of this process has started and not seen end.
struct FormerProgram {
  bool at_work{false};
  std::string who{};  ///< "process 4711"; also of what has been ended
  Nanos left{};       ///< of its time limit
  bool ended{false};  ///< by us: its time was over
};

/// Tells the request of a step's program that looks from that of the one it looks for.
inline constexpr std::string_view confirm_suffix = "-confirm";

/// The driver's name in resource ids of programs: "exec:/usr/bin/true".
inline constexpr const char* program_driver = "exec";

/// What a step will start, word by word; what a person approves and an intention announces.
struct ProgramPlan {
  struct Confirm {
    ProgramRequest request;
    ProgramExpect expect;
    std::vector<int> absent;  ///< exit codes that say: certainly not there
  };
  ProgramRequest request;
  ProgramExpect expect;
  std::optional<Confirm> confirm;

  /// The whole plan but for the keys, which are the run's. `from_json` is its inverse and gives `key` to the program
  /// and "KEY-confirm" to the one that looks. Errc::corrupt on foreign input.
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<ProgramPlan> from_json(const Json& doc, const std::string& key);
};

/// Done when the outcome is what is expected. Errc::invalid says what came instead, with the first words of standard
/// error; Errc::timeout: we ended it. Pure.
[[nodiscard]] Result<Done> judge(const ProgramRequest& request, const ProgramExpect& expect,
                                 const ProgramOutcome& outcome);

/// One line about how a program ended: "exit code 3, 12 bytes of output", "ended by SIGSEGV". Pure.
[[nodiscard]] std::string describe(const ProgramOutcome& outcome);

}  // namespace aright
