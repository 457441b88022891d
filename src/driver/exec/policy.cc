#include "driver/exec/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "driver/exec/code.h"
#include "model/program_limits.h"

namespace aright::driver {

namespace {

constexpr std::size_t key_max = 80;
constexpr std::size_t shown_max = 200;
constexpr std::string_view fixed_path = "/usr/sbin:/usr/bin:/sbin:/bin";

std::unexpected<Error> bad(std::string_view program, std::string_view why) {
  return fail(Errc::invalid, fmt::format("program {}: {}", clip_text(program, shown_max), why));
}

bool is_key(std::string_view key) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !key.empty() && key.size() <= key_max && key.find_first_not_of(letters) == std::string_view::npos;
}

bool is_name(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view more = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && letters.contains(name.front()) && name.find_first_not_of(more) == std::string_view::npos;
}

/// Names that decide which code runs, or that are ours to set.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"PATH", "LANG", "BASH_ENV", "ENV", "SHELLOPTS", "GCONV_PATH"};
  return std::ranges::find(names, name) != names.end() || name.starts_with("LD_") || name.starts_with("ARIGHT_");
}

Result<Done> check_names(const ProgramRequest& request) {
  const std::string& program = request.arguments.front();
  for (const auto& [name, value] : request.environment) {
    const std::string what = "environment variable \"" + clip_text(name, shown_max) + "\"";
    if (!is_name(name)) return bad(program, what + " has a name other than letters, digits and _");
    if (is_reserved(name)) return bad(program, what + " may not be set: it is fixed or decides which code runs");
  }
  return Done{};
}

}  // namespace

Result<Done> check_request(const ProgramRequest& request) {
  if (request.arguments.empty()) return fail(Errc::invalid, "program: the list of arguments is empty");
  const std::string& program = request.arguments.front();
  if (!is_key(request.key)) {
    return bad(program, "key \"" + clip_text(request.key, shown_max) + "\" is not 1 to 80 of a-z, 0-9 and -");
  }
  if (!program.starts_with('/')) return bad(program, "is not an absolute path; no search path is used");
  if (is_shell(program)) {
    return bad(program, "is a shell, which makes text into code; name a script file with a #! line instead");
  }
  if (const auto code = shell_code_in(request.arguments)) {
    return bad(program, fmt::format("argument {} {}", code->argument, code->why));
  }
  if (request.time_limit <= Nanos::zero() || request.time_limit > program_time_max) {
    return bad(program, fmt::format("time limit {} is not between 1ms and {}", format_duration(request.time_limit),
                                    format_duration(program_time_max)));
  }
  if (request.output_max > program_output_bytes_max) {
    return bad(program, fmt::format("{} bytes of output are to be kept, the limit is {}", request.output_max,
                                    program_output_bytes_max));
  }
  if (auto ok = check_names(request); !ok) return ok;
  if (auto ok = within_program_limits(request); !ok) return ok;
  if (request.input.empty()) return Done{};
  if (const auto json = parse_own_json(request.input); !json) return bad(program, "input: " + json.error().message);
  return Done{};
}

std::string_view told_key(std::string_view key) {
  if (key.ends_with(confirm_suffix)) key.remove_suffix(confirm_suffix.size());
  return key;
}

std::vector<std::string> environment_of(const ProgramRequest& request) {
  std::vector<std::string> all{fmt::format("{}={}", key_variable, told_key(request.key)), "LANG=C.UTF-8",
                               fmt::format("PATH={}", fixed_path)};
  if (!request.cause.empty()) all.push_back(fmt::format("{}={}", cause_variable, request.cause));
  for (const auto& [name, value] : request.environment) all.push_back(name + "=" + value);
  std::ranges::sort(all);
  return all;
}

Error start_error(int err, const ProgramRequest& request) {
  const std::string program = "program " + clip_text(request.arguments.front(), shown_max);
  switch (err) {
    case ENOENT: return {Errc::not_found, Retry::no, program + ": the interpreter it asks for does not exist"};
    case ENOEXEC:
      return {Errc::invalid, Retry::no, program + ": is neither a program of this machine nor has a #! line"};
    case ETXTBSY: return {Errc::unavailable, Retry::yes, program + ": is being written and cannot be run meanwhile"};
    case E2BIG:
      return {Errc::invalid, Retry::no,
              program + ": arguments and environment are more than the system takes; pass more on standard input"};
    case EACCES:
      return {Errc::denied, Retry::no,
              program + ": may not be run: its file system is mounted noexec, or its interpreter may not be run"};
    default: return errno_error(err, program + ": cannot be started");
  }
}

Fate fate_of(const Stray& stray, const std::map<std::string, std::uint64_t>& running, bool all_ours) {
  if (stray.key) return running.contains(*stray.key) ? Fate::leave : Fate::end;
  if (!all_ours) return Fate::unclear;
  const bool made_by_one = std::ranges::any_of(running, [&](const auto& r) { return r.second <= stray.started; });
  return made_by_one ? Fate::leave : Fate::end;
}

}  // namespace aright::driver
