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

/// What stands there in every run: all of it, or the path before what is filled in.
std::string_view as_written(std::string_view text) {
  const auto filled = text.find("${");
  if (filled == std::string_view::npos) return text;
  text = text.substr(0, filled);
  return text.substr(0, text.rfind('/') + 1);  // npos + 1 is 0
}

void check_own(const OwnPlaces& own, const std::string& text, OwnPlaces::Given given, const std::string& what,
               const Position& at, Diagnostics& out) {
  const std::string why = own.named_in(as_written(text), given);
  if (why.empty()) return;
  out.push_back({Severity::error, at, fmt::format("{} {}: no workflow may name it to a program", what, why), {}});
}

}  // namespace

void check_program_file(const std::string& path, const Position& at, const char* until, Diagnostics& out) {
  if (auto ok = driver::check_request(asking(path)); !ok) {
    out.push_back({Severity::error, at, ok.error().message, {}});
    return;
  }
  const auto there = driver::check_program(path);
  if (there) return;
  const bool absent = there.error().code == Errc::not_found;
  const bool later = absent || driver::is_safe_program(path);
  const std::string hint = fmt::format("until it {}, {}", absent ? "is there" : "may be run", until);
  out.push_back({later ? Severity::warning : Severity::error, at, there.error().message, later ? hint : ""});
}

ProgramSyntax program_syntax(const std::shared_ptr<const OwnPlaces>& own) {
  ProgramSyntax syntax;
  syntax.file = [](const std::string& path, const Position& at, Diagnostics& out) {
    check_program_file(path, at, "the step fails", out);
  };
  syntax.arguments = [own](std::span<const std::string> arguments, std::span<const Position> at, Diagnostics& out) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto given = i == 0 ? OwnPlaces::Given::program : OwnPlaces::Given::written;
      check_own(*own, arguments[i], given, i == 0 ? "the program of `exec`" : fmt::format("argument {} of `exec`", i),
                at[i], out);
    }
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
  syntax.value = [own](const std::string& name, const std::string& text, const Position& at, Diagnostics& out) {
    check_own(*own, text, OwnPlaces::Given::written, fmt::format("`{}` of `environment`", name), at, out);
  };
  return syntax;
}

}  // namespace aright::cli
