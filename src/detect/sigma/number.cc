#include "detect/sigma/number.h"

#include <charconv>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <utility>

namespace aright::detect::sigma {

namespace {

template <class T>
std::optional<T> whole_text(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, bad] = std::from_chars(text.data(), end, value);
  if (bad != std::errc{} || stop != end) return std::nullopt;
  return value;
}

template <std::integral A, std::integral B>
std::partial_ordering order_of(A a, B b) {
  if (std::cmp_equal(a, b)) return std::partial_ordering::equivalent;
  return std::cmp_less(a, b) ? std::partial_ordering::less : std::partial_ordering::greater;
}

std::partial_ordering order_of(double a, double b) { return a <=> b; }

/// Of the two the fraction decides only where the whole parts are equal, and those both fit into `A`.
template <std::integral A>
std::partial_ordering order_of(A a, double b) {
  constexpr double end = std::is_signed_v<A> ? 0x1p63 : 0x1p64;
  constexpr double begin = std::is_signed_v<A> ? -0x1p63 : 0;
  const double whole = std::trunc(b);
  if (whole >= end) return std::partial_ordering::less;
  if (whole < begin) return std::partial_ordering::greater;
  const auto parts = order_of(a, static_cast<A>(whole));
  return parts == 0 ? 0.0 <=> (b - whole) : parts;
}

template <std::integral B>
std::partial_ordering order_of(double a, B b) {
  return 0 <=> order_of(b, a);
}

}  // namespace

std::optional<Number> parse_number(std::string_view text) {
  if (const auto whole = whole_text<std::int64_t>(text)) return *whole;
  if (const auto whole = whole_text<std::uint64_t>(text)) return *whole;
  const auto number = whole_text<double>(text);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return *number;
}

std::optional<Number> json_number(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  return std::nullopt;
}

double as_double(const Number& number) {
  return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

std::partial_ordering order(const Number& a, const Number& b) {
  return std::visit([](auto x, auto y) { return order_of(x, y); }, a, b);
}

}  // namespace aright::detect::sigma
