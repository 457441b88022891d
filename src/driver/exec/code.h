// Arguments that a program takes for code, or for the program to start.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aright::driver {

struct CodeMistake {
  std::size_t argument{0};  ///< which, from 0 for the program
  std::string why;
};

/// Of arguments as they are handed over: a shell that is told code by `-c`, behind whatever starts it. Pure.
[[nodiscard]] std::optional<CodeMistake> shell_code_in(std::span<const std::string> arguments);

/// Of a command as it is written, with its `${ … }`: the same, and text from outside where an interpreter takes code
/// (`-c`, `-e`, `--eval`, …, the script of sed and awk, what ssh hands to a shell elsewhere), or where a launcher takes
/// the program to start. What it knows are the interpreters and launchers of a Debian system; a program that takes code
/// in another way is for the author of the workflow to see. Pure.
[[nodiscard]] std::optional<CodeMistake> code_in(std::span<const std::string> arguments);

/// The last part of a path is the name of a shell. Pure.
[[nodiscard]] bool is_shell(std::string_view path);

}  // namespace aright::driver
