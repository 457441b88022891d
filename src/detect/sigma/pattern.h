// Sigma's text values: wildcards, escapes, dashes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aright::detect::sigma {

/// How a written value is meant.
struct PatternForm {
  bool cased{false};       ///< letters must agree in case
  bool windash{false};     ///< a dash or slash that begins a flag stands for `-`, `/`, en dash, em dash, horizontal bar
  bool open_begin{false};  ///< anything may stand before
  bool open_end{false};    ///< anything may stand after
};

/// A text with wildcards, ready for matching: `*` any run of characters, also none; `?` exactly one character (a code
/// point). `\*`, `\?` and `\\` are those characters, any other backslash is itself. Immutable; any thread. Matching
/// takes at most length of the value times length of the pattern.
class Pattern {
 public:
  /// `written` as in the rule file. Cannot fail.
  [[nodiscard]] static Pattern parse(std::string_view written, const PatternForm& form);
  /// `text` without wildcards and escapes.
  [[nodiscard]] static Pattern literal(std::string_view text, const PatternForm& form);

  /// `value` is the value as it is when `cased()`, else its `fold`.
  [[nodiscard]] bool matches(std::string_view value) const;
  [[nodiscard]] bool cased() const { return cased_; }

 private:
  enum class Kind : std::uint8_t { byte, one, many, dash };
  struct Symbol {
    Kind kind;
    char byte;
    bool operator==(const Symbol&) const = default;
  };
  /// Most patterns are a text with a wildcard at one end, both or none: then `text_` is all there is to look for.
  enum class Shape : std::uint8_t { equals, begins, ends, contains, general };

  void add_text(std::string_view text, bool windash);
  void add(Kind kind);
  void finish(const PatternForm& form);
  [[nodiscard]] bool general(std::string_view value) const;
  /// Bytes of `value` at `at` that `symbol` takes; 0: none.
  [[nodiscard]] static std::size_t taken(const Symbol& symbol, std::string_view value, std::size_t at);

  bool cased_{false};
  Shape shape_{Shape::general};
  std::string text_;
  std::vector<Symbol> symbols_;
};

[[nodiscard]] bool has_wildcards(std::string_view written);
/// The text that `written` means, for a value without wildcards.
[[nodiscard]] std::string unescape(std::string_view written);

}  // namespace aright::detect::sigma
