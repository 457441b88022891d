// An errand: an effect that cannot be read back. Somebody is asked to do it (a program that is run, a server that is
// called), says what it came to, and where a second errand is given, that one looks whether it is there.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "model/call.h"
#include "model/program.h"
#include "model/resource.h"

namespace aright {

/// What an errand came to.
enum class Came : std::uint8_t {
  done,       ///< as is expected; of one that looks: it is there
  absent,     ///< only of one that looks: certainly not there
  otherwise,  ///< it ended, not as is expected; of one that looks: nobody can tell
  unclear     ///< it has begun, and nobody knows how it ended
};
struct Verdict {
  Came came{Came::unclear};
  std::string told;  ///< one line for a person
};

[[nodiscard]] inline bool is_errand(const ResourceId& resource) {
  return resource.driver == program_driver || resource.driver == call_driver;
}

/// What a step will ask for, word by word.
struct ErrandPlan {
  std::variant<ProgramPlan, CallPlan> of;

  [[nodiscard]] bool is_confirmed() const;  ///< another one looks whether it is there
  [[nodiscard]] bool is_request() const;    ///< a call, not a program
  /// A request by GET or HEAD: it may be sent twice, nothing is left behind (docs/decisions/0226).
  [[nodiscard]] bool only_asks() const;
  /// `looks`: of the one that looks, which there must be.
  [[nodiscard]] ResourceId resource(bool looks) const;
  [[nodiscard]] const std::string& key(bool looks) const;
  [[nodiscard]] Nanos time_limit(bool looks) const;
  /// As an intention announces it: {"arguments"}, or {"method", "url"}.
  [[nodiscard]] Json announced(bool looks) const;
  /// As a plan shows it to whoever decides: secrets and values of the environment by their names, no input of programs.
  [[nodiscard]] Json shown() const;
  /// As ProgramPlan's and CallPlan's.
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<ErrandPlan> from_json(const std::string& driver, const Json& doc, const std::string& key);
};

/// What the program's end means, where `looks` of the one that looks. Without the words of its standard error where
/// they are kept back. Pure.
[[nodiscard]] Verdict judge_program(const ProgramPlan& plan, bool looks, bool sensitive, const ProgramOutcome& outcome);

}  // namespace aright
