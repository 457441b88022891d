// JSON as we accept and write it. Accepting is strict (RFC 8259 plus: no duplicate keys, depth 64, or 128 for what we
// wrote ourselves); writing is RFC 8785.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aright {

using Json = nlohmann::json;

inline constexpr std::size_t json_depth_max = 64;
/// Of documents that we wrote ourselves: an event of `json_depth_max` levels lies in what a program gets, in an answer
/// of the socket, or in the body of a `call`, which has up to as many levels around it (depth_max of base/yaml.h).
inline constexpr std::size_t own_json_depth_max = 2 * json_depth_max;

/// Parses one JSON text. Refused with Errc::invalid and the byte offset: syntax errors, trailing text, invalid UTF-8, a
/// key written twice in one object, nesting deeper than `json_depth_max`.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

/// As `parse_json`, down to `own_json_depth_max`: for what we wrote ourselves and may hold what an outsider sent us.
[[nodiscard]] Result<Json> parse_own_json(std::string_view text);

/// RFC 8785 bytes for strings, booleans, null, lists, objects and integers within ±2^53. Keys are sorted by bytes
/// (equal to RFC 8785 §3.2.3 for keys outside the surrogate range; ours are ASCII).
/// Errc::invalid: a floating-point number, an integer beyond ±2^53 (write it as a string), invalid UTF-8.
[[nodiscard]] Result<std::string> canonical_json(const Json& value);

/// The text under `key` of an object; empty where there is none, or something else.
[[nodiscard]] std::string text_in(const Json& object, const char* key);

/// The number from 0 on under `key` of an object; 0 where there is none, or something else.
[[nodiscard]] std::uint64_t number_in(const Json& object, const char* key);

}  // namespace aright
