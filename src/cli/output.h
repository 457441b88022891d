// What was printed has arrived, or the command has failed: an empty file with exit code 0 would be taken for an answer.
#pragma once

#include <optional>
#include <system_error>

namespace aright::cli {

/// The last of a command that ends with `code`. Where standard output took not all of it, says why on standard error; 2
/// then in place of 0. A reader who has gone (`| head`) is not told of it.
[[nodiscard]] int end_output(int code);

/// The exit code where `error` was thrown by printing, after saying so; nullopt: by something else.
[[nodiscard]] std::optional<int> unprinted(const std::system_error& error);

}  // namespace aright::cli
