// A mistake in what somebody wrote: where, what was seen, what to try. Data first; one renderer for the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aright {

enum class Severity : std::uint8_t { error, warning };

/// Lines and columns count from 1; 0 means the whole file.
struct Position {
  std::string file;  ///< relative to the configuration folder
  std::uint32_t line{0};
  std::uint32_t column{0};
};

struct Diagnostic {
  Severity severity{Severity::error};
  Position at;
  std::string message;  ///< "unknown field `wthin` in guard `threshold`"
  std::string hint;     ///< "did you mean `within`? known fields: runs, within, per"; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

/// Any from the `first`-th on.
[[nodiscard]] bool has_errors(const Diagnostics& diagnostics, std::size_t first = 0);
/// "error: …\n  --> file:line:column\nhint: …\n" (the hint line only when there is one).
[[nodiscard]] std::string render(const Diagnostic& diagnostic);
/// The known word that `seen` may be meant to be: at most two letters are otherwise.
[[nodiscard]] std::optional<std::string> nearest(const std::string& seen, const std::vector<std::string>& known);
/// "did you mean `x`? known WHAT: a, b, c" with the closest known word if one is near, else only the list.
[[nodiscard]] std::string suggest(const std::string& seen, const std::vector<std::string>& known,
                                  const std::string& what);

}  // namespace aright
