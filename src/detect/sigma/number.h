// Numbers of rules and events, compared as what they are: beyond 2^53 doubles no longer tell whole numbers apart.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/json.h"

namespace aright::detect::sigma {

/// One that fits into 64 bits and is written without a fraction or an exponent is whole.
using Number = std::variant<std::int64_t, std::uint64_t, double>;

/// nullopt: no decimal number, or not finite. Pure.
[[nodiscard]] std::optional<Number> parse_number(std::string_view text);
/// nullopt: not a JSON number. Pure.
[[nodiscard]] std::optional<Number> json_number(const Json& value);

[[nodiscard]] double as_double(const Number& number);

/// The order of the numbers themselves: nothing is rounded. Pure.
[[nodiscard]] std::partial_ordering order(const Number& a, const Number& b);

}  // namespace aright::detect::sigma
