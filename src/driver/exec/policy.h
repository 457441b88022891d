// What may be asked of a program and what its end means. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/program.h"

namespace aright::driver {

/// The name under which a program and all it starts carry their request's key.
inline constexpr std::string_view key_variable = "ARIGHT_KEY";
/// What stands there: the step's key, also for its program that looks, which may look for what was done under it.
[[nodiscard]] std::string_view told_key(std::string_view key);
/// And that under which they can tell where they come from.
inline constexpr std::string_view cause_variable = "ARIGHT_CAUSE";

/// Errc::invalid names the first thing that breaks a rule: a limit of model/program.h, a key of another form, a path
/// that is not absolute, a shell as the program (text would become code), a NUL byte, a name that is none or is ours,
/// an input that is no JSON.
[[nodiscard]] Result<Done> check_request(const ProgramRequest& request);

/// The whole environment of the program, "NAME=value", sorted by name.
[[nodiscard]] std::vector<std::string> environment_of(const ProgramRequest& request);

/// Why `program` could not be started, from the error number of the start; the file itself was found in order.
[[nodiscard]] Error start_error(int err, const ProgramRequest& request);

/// A child process of ours that no request is waiting for.
struct Stray {
  std::optional<std::string> key;  ///< as its environment has it
  std::uint64_t started{0};        ///< ticks since boot
};
enum class Fate : std::uint8_t {
  end,     ///< the request that left it is over
  leave,   ///< a request that runs has made it, or may have
  unclear  ///< may be none of ours
};
/// `running`: keys of the requests that are not over, with the tick in which each began. `all_ours`: the process has
/// no children but those that requests have made. A program may drop its key on purpose; what has none is ended when
/// every request that could have made it is over.
[[nodiscard]] Fate fate_of(const Stray& stray, const std::map<std::string, std::uint64_t>& running, bool all_ours);

}  // namespace aright::driver
