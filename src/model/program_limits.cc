#include "model/program_limits.h"

#include <fmt/format.h>

#include "base/text.h"

namespace aright {

namespace {

constexpr std::size_t shown_program_max = 200;

std::unexpected<Error> beyond(const std::string& what, std::string_view why) {
  return fail(Errc::invalid, fmt::format("{}: {}", what, why));
}

}  // namespace

Result<Done> within_program_limits(const ProgramRequest& request) {
  const std::string program =
      request.arguments.empty() ? std::string() : clip_text(request.arguments.front(), shown_program_max);
  if (request.arguments.size() > program_arguments_max) {
    return beyond(program,
                  fmt::format("has {} arguments, the limit is {}", request.arguments.size(), program_arguments_max));
  }
  std::size_t bytes = 0;
  const auto check = [&](std::string_view text, std::size_t size, const std::string& what) -> Result<Done> {
    if (text.contains('\0')) return beyond(what, "has a NUL byte, which no argument can have");
    if (size > program_argument_bytes_max) {
      return beyond(what, fmt::format("has {} bytes, the limit is {}; what is found, and its event, is its standard "
                                      "input",
                                      size, program_argument_bytes_max));
    }
    bytes += size + 1;
    return Done{};
  };
  for (std::size_t i = 0; i < request.arguments.size(); ++i) {
    const std::string& text = request.arguments[i];
    if (auto ok = check(text, text.size(), fmt::format("argument {} of {}", i, program)); !ok) return ok;
  }
  for (const auto& [name, value] : request.environment) {
    const std::string what = fmt::format("environment variable {} of {}", clip_text(name, shown_program_max), program);
    if (auto ok = check(value, name.size() + 1 + value.size(), what); !ok) return ok;  // as the kernel counts it
  }
  if (bytes > program_strings_bytes_max) {
    return beyond(program, fmt::format("its arguments and environment have {} bytes, the limit is {}; the program gets "
                                       "all of the event on standard input",
                                       bytes, program_strings_bytes_max));
  }
  if (request.input.size() <= program_input_bytes_max) return Done{};
  return beyond(program,
                fmt::format("its input has {} bytes, the limit is {}", request.input.size(), program_input_bytes_max));
}

}  // namespace aright
