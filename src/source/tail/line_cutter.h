// Cuts a file's bytes into lines. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aright::source {

struct Line {
  std::uint64_t begin{0};  ///< offset of its first byte
  std::uint64_t size{0};   ///< without the line feed
  std::string text;        ///< all of it, or its first `line_max` bytes
  [[nodiscard]] bool whole() const { return text.size() == size; }
};

/// Nothing, or only blanks: a line that says nothing, and is passed over.
[[nodiscard]] bool is_blank(std::string_view text);

/// However the bytes are split, the lines are the same. Holds at most `line_max` bytes of a line.
class LineCutter {
 public:
  /// `begin`: offset of the first byte that will be fed, where a line begins.
  LineCutter(std::size_t line_max, std::uint64_t begin) : line_max_(line_max), rest_{begin, 0, {}} {}

  /// Appends the lines that end in `bytes`.
  void feed(std::string_view bytes, std::vector<Line>& lines);
  /// The line that has not ended, empty maybe.
  [[nodiscard]] const Line& rest() const { return rest_; }

 private:
  std::size_t line_max_;
  Line rest_;
};

}  // namespace aright::source
