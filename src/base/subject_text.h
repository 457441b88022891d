// What a finding is about, as one text made of what outsiders wrote: "user=joe", "address=203.0.113.7 port=22".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aright {

/// Builds such a text so that two that differ stay different and no value looks like another field
/// (docs/decisions/0032):
/// - A control character (C0, DEL, C1, U+2028, U+2029) becomes its number, "\u{a}". A backslash stays as it is, but for
///   one before "u{": that becomes "\u{5c}".
/// - An `=` behind a blank in the same value becomes "\u{3d}": unmarked, it would end the name of another field.
/// - What is no UTF-8 becomes U+FFFD; no source lets it come so far.
/// Texts without any of these are as they were written. One thread; cannot fail.
class SubjectText {
 public:
  static constexpr std::size_t no_limit = std::string::npos;

  /// Whoever configures wrote it: an `=` in it ends the name of a field.
  void add_written(std::string_view text);
  /// A value, or a part of one. One that takes more than `bytes_max` bytes is cut, and "\u{2026}" with 32 digits of its
  /// hash put behind: no other value reads like that. `bytes_max` is at least 64.
  void add_value(std::string_view value, std::size_t bytes_max = no_limit);
  [[nodiscard]] const std::string& text() const { return text_; }
  /// The same, cut like a value where it takes more than `bytes_max` bytes, which is at least 64.
  [[nodiscard]] std::string within(std::size_t bytes_max) const;

 private:
  void add(std::string_view character, char32_t code, bool written);
  std::string text_;
  bool blank_{false};  ///< in the value that is being written
};

struct SubjectField {
  std::string name;
  std::string value;  ///< as it was, but that control characters and backslashes before "u{" are still numbers
};

/// The one field that `subject` has. nullopt: it has several, or no name of any. Texts that were made before there
/// was `SubjectText` are read too. Pure.
[[nodiscard]] std::optional<SubjectField> only_field(std::string_view subject);

}  // namespace aright
