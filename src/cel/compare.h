// Equality and order between values.
#pragma once

#include <compare>

#include "cel/meter.h"

namespace aright::cel {

/// Any two values compare; different kinds are unequal, except that numbers compare as numbers. Lists and maps are
/// looked through, which costs a unit each part. Fails only when the meter is empty or the nesting beyond
/// result_depth_max.
[[nodiscard]] Outcome<bool> equal(const Value& a, const Value& b, Meter& meter);

/// Order of two values of one kind that has an order (bool, numbers, string, bytes, timestamp, duration), or of any two
/// numbers. NaN is unordered. Other kinds abort: the function table lets none pass.
[[nodiscard]] std::partial_ordering order(const Value& a, const Value& b);

}  // namespace aright::cel
