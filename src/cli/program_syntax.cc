#include "cli/program_syntax.h"

#include <fmt/format.h>

#include "driver/exec/code.h"
#include "driver/exec/policy.h"
#include "driver/exec/program_file.h"

namespace aright::cli {

namespace {

ProgramRequest asking(const std::string& path) {
  ProgramRequest request;
  request.key = "check";
  request.arguments = {path};
  return request;
}

}  // namespace

ProgramSyntax program_syntax() {
  ProgramSyntax syntax;
  syntax.file = [](const std::string& path, const Position& at, Diagnostics& out) {
    if (auto ok = driver::check_request(asking(path)); !ok) {
      out.push_back({Severity::error, at, ok.error().message, {}});
      return;
    }
    const auto there = driver::check_program(path);
    if (there) return;
    if (there.error().code == Errc::not_found) {
      out.push_back({Severity::warning, at, there.error().message, "until it is there, the step fails"});
      return;
    }
    out.push_back({Severity::error, at, there.error().message, {}});
  };
  syntax.arguments = [](std::span<const std::string> arguments, std::span<const Position> at, Diagnostics& out) {
    const auto code = driver::code_in(arguments);
    if (!code || driver::is_shell(arguments.front())) return;  // what a shell is, `file` says
    out.push_back(
        {Severity::error, at[code->argument], fmt::format("argument {} of `exec` {}", code->argument, code->why), {}});
  };
  syntax.variable = [](const std::string& name, const Position& at, Diagnostics& out) {
    ProgramRequest request = asking("/environment");
    request.environment[name] = {};
    if (auto ok = driver::check_request(request); !ok) {
      out.push_back({Severity::error, at, ok.error().message.substr(ok.error().message.find(": ") + 2), {}});
    }
  };
  return syntax;
}

}  // namespace aright::cli
