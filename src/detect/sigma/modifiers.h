// `Field|modifier|modifier`: which modifiers there are and which go together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "detect/sigma/encode.h"

namespace aright::detect::sigma {

/// How a field's value is compared with what the rule wants.
enum class Comparison : std::uint8_t { equals, contains, startswith, endswith, re, cidr, exists, lt, lte, gt, gte };
enum class Base64 : std::uint8_t { none, whole, any_offset };

struct Modifiers {
  Comparison comparison{Comparison::equals};
  bool all{false};
  bool cased{false};
  bool negated{false};
  bool windash{false};
  bool reference{false};  ///< `fieldref`: values name other fields
  std::optional<Utf16> utf16;
  Base64 base64{Base64::none};
  bool ignore_case{false};  ///< of `re`
  bool multiline{false};    ///< of `re`
  bool dotall{false};       ///< of `re`

  /// Plain texts, with or without wildcards at their ends.
  [[nodiscard]] bool text() const { return comparison <= Comparison::endswith; }
};

struct FieldKey {
  std::optional<std::string> field;  ///< nullopt: any value of the event
  Modifiers modifiers;
};

/// Takes a key of a search map apart. nullopt after reporting to `out`: a modifier that does not exist, one that is not
/// built, a chain that means nothing. Pure.
[[nodiscard]] std::optional<FieldKey> parse_field_key(std::string_view key, const Position& at, Diagnostics& out);

}  // namespace aright::detect::sigma
