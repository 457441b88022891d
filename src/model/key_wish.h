// Keys wanted in a text file, as `Desired::fields` holds them under "keys":
//   {"format": "sshd", "ignore_case": true, "wins": "first", "set": {"PermitRootLogin": "no", "Banner": null}}
// A state has no such field: its `content` is asked. So reading, planning and recording know of nothing but content.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/key_text.h"

namespace aright {

inline constexpr std::string_view keys_field = "keys";

/// "key value", "key=value", "sshd", "sysctl".
[[nodiscard]] std::string_view name(key_text::Syntax syntax);
[[nodiscard]] std::optional<key_text::Syntax> parse_key_syntax(std::string_view text);
/// "first", "last", "every".
[[nodiscard]] std::string_view name(key_text::Wins wins);
[[nodiscard]] std::optional<key_text::Wins> parse_wins(std::string_view text);

struct KeyWish {
  key_text::Format format;
  key_text::Wanted set;  ///< not empty; every pair passes `key_text::check`; no two keys are the same

  [[nodiscard]] Json to_json() const;
  /// Holds to what is said above. Errc::corrupt or invalid, naming the key.
  [[nodiscard]] static Result<KeyWish> from_json(const Json& doc);
};

/// "keys.NAME" of each key of `wish` (JSON of a KeyWish) that is otherwise in `content` (model/content.h). Only
/// {"keys"}: one of the two is not in its normal form.
[[nodiscard]] std::vector<std::string> differing_keys(const Json& wish, const Json& content);

/// `content` with the keys of `wish` in effect; the same value when they are. Errc::corrupt or invalid as `from_json`
/// and `content_bytes`.
[[nodiscard]] Result<Json> with_keys(const Json& wish, const Json& content);

/// Whether one file can have both: no key is wanted with two values, and both read it in the same way.
[[nodiscard]] bool agree(const Json& wish, const Json& other);

}  // namespace aright
