// One line of a text file of keys, in each of the known syntaxes: where its key and its value stand. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aright::key_text {

enum class Syntax : std::uint8_t {
  key_value,   ///< "key value": the first word is the key, the rest of the line its value; "#" begins a comment line
  key_equals,  ///< "key=value": blanks around "=" mean nothing; "#" or ";" begins a comment line, "[name]" a section
  sshd,        ///< sshd_config(5): quotes, "=", comments behind a value, aliases of keys; "Match" begins a section
  sysctl,      ///< sysctl.d(5): as "key=value" with "-" before a key, and "/" and "." in keys as that page says
};

/// A setting as it stands in its line. Offsets count bytes from the line's first.
struct LineParts {
  std::string key;            ///< as written, without quotes and without sysctl's "-"
  std::size_t key_end{0};     ///< behind the key and its quotes
  std::size_t value_at{0};    ///< where the value begins, or where one belongs
  std::size_t value_size{0};  ///< 0: no value
};

/// The setting in `line` (without its end of line); nullopt: blank, a comment, or nothing that sets a key.
[[nodiscard]] std::optional<LineParts> read_line(std::string_view line, Syntax syntax);

/// From here on other rules hold: a "Match" block of sshd, a "[section]" of "key=value".
[[nodiscard]] bool begins_section(std::string_view line, Syntax syntax);

/// What of a value counts: equal lists mean the same. sshd: words without quotes; sysctl: words; otherwise the text.
[[nodiscard]] std::vector<std::string> value_words(std::string_view value, Syntax syntax);

/// Whether both mean the same for `key`, as of `same_key`: a choice of sshd ("yes", "prohibit-password") in letters of
/// either case.
[[nodiscard]] bool same_value(std::string_view one, std::string_view other, std::string_view key, Syntax syntax);

/// The one form of all ways to write the same key.
[[nodiscard]] std::string same_key(std::string_view key, Syntax syntax, bool ignore_case);

/// Not only the first line of this key of sshd has an effect: each adds to the others, or a later one takes over. `key`
/// as of `same_key`.
[[nodiscard]] bool every_line_counts(std::string_view key, Syntax syntax);

}  // namespace aright::key_text
