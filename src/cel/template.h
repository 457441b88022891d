// Text with ${ … } in it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cel/program.h"

namespace aright::cel {

/// A compiled text such as `closed SSH on ${ finding.subject.id }; run ${ run.id }`. Immutable and cheap to copy; any
/// number of threads may evaluate it at once.
/// - Only `${ … }`, with nothing around it: the value keeps its type.
/// - Anything else: the values become text (see to_text) where they stand.
/// - `$${` stands for the characters `${`; a `$` before anything else is itself.
/// - The `}` that closes is found by reading the expression, so braces may stand in its texts and maps.
class Template {
 public:
  using Piece = std::variant<std::string, Program>;
  explicit Template(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  /// No `${ … }` in it: evaluation gives the same text always.
  [[nodiscard]] bool is_plain() const;
  /// What the result will be, as far as known: a string unless the text is only `${ … }`.
  [[nodiscard]] Type type() const;
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;  ///< one Program alone keeps its type
};

/// Positions are those in `text`. All mistakes up to the first in syntax. Any thread.
[[nodiscard]] std::expected<Template, Mistakes> compile_template(std::string_view text, const Environment& environment,
                                                                 const Limits& limits = {});

/// Pure, as `evaluate` for programs. Errors as there; also those of to_text, and Errc::denied when the text grows
/// beyond template_bytes_max.
[[nodiscard]] Result<Value> evaluate(const Template& text, const Bindings& bindings);

/// A piece of what comes out.
struct Part {
  std::string text;
  bool written{false};  ///< stands in the template like this; else a value's text
};

/// The same as text, piece by piece. Errors as of `evaluate` and to_text.
[[nodiscard]] Result<std::vector<Part>> evaluate_parts(const Template& text, const Bindings& bindings);

inline constexpr std::size_t template_bytes_max = 1 << 20;

}  // namespace aright::cel
