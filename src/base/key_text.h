// Text files of keys (sshd_config, sysctl.d, login.defs, os-release, …): what is set, and how to set it without
// touching anything else. Pure; any thread.
//
// Only what stands before the first section (`begins_section`) is read and changed. Other files that a file includes
// are not followed; lines are not continued by a "\" at their end.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/key_line.h"
#include "base/result.h"

namespace aright::key_text {

inline constexpr std::size_t key_bytes_max = 128;
inline constexpr std::size_t value_bytes_max = 1024;

/// Which line counts when a key is set more than once.
enum class Wins : std::uint8_t {
  first,
  last,
  every,  ///< not known, or each has an effect: all of them must have the wanted value
};

/// How a file is read. sshd and sysctl say themselves what counts, so they have no options.
struct Format {
  Syntax syntax{Syntax::key_value};
  bool ignore_case{false};  ///< of ASCII letters in keys
  Wins wins{Wins::every};
  static constexpr Format sshd() { return {Syntax::sshd, true, Wins::first}; }
  static constexpr Format sysctl() { return {Syntax::sysctl, false, Wins::last}; }
  bool operator==(const Format&) const = default;
};

/// Wanted values by key; nullopt: the key is set nowhere.
using Wanted = std::map<std::string, std::optional<std::string>>;

/// One line that sets a key.
struct Setting {
  std::size_t line{0};  ///< from 1
  std::string key;      ///< as written
  std::string value;    ///< as written, without blanks around it
};

/// All settings before the first section, in the order of the file.
[[nodiscard]] std::vector<Setting> parse(std::string_view text, const Format& format);

/// The keys of `wanted` whose value in effect is not the wanted one, in key order.
[[nodiscard]] std::vector<std::string> differing(std::string_view text, const Format& format, const Wanted& wanted);

/// `text` with `wanted` in effect: `differing` of it is empty, and of a text in which nothing differs it is that text.
/// Every byte that need not change stays, ends of lines and blanks included.
/// - A value is changed in the line that counts; lines without effect stay. Where every line counts, the first with the
///   wanted value (else the first) is kept and those that contradict it are taken out.
/// - A key that is to be absent is taken out, line by line.
/// - A missing key is put behind its own line that is commented out ("#key …"), else at the end of the part before the
///   first section.
/// Every pair in `wanted` must have passed `check`.
[[nodiscard]] std::string edit(std::string_view text, const Format& format, const Wanted& wanted);

/// Whether `key` can be set to `value` in this format: a line made of both is read back as both. Errc::invalid says
/// what is wrong and shows the key, never the value.
[[nodiscard]] Result<Done> check(const Format& format, const std::string& key, const std::optional<std::string>& value);

}  // namespace aright::key_text
