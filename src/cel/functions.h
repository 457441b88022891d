// The table of everything that can be called: operators, functions, methods, conversions.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/limits.h"
#include "cel/meter.h"
#include "cel/zone.h"

namespace re2 {
class RE2;
}

namespace aright::cel {

/// What is made of a literal argument once, when an expression is compiled.
struct Prepared {
  std::shared_ptr<const re2::RE2> pattern;
  std::optional<Zone> zone;
};

struct Context {
  Meter& meter;
  const Limits& limits;
  const Prepared* prepared;  ///< nullptr: the argument is no literal
};

struct Preparation {
  const Limits& limits;
  const std::string& zones;  ///< folder of zoneinfo files; empty: the system's
};

enum class Style : std::uint8_t {
  sign,      ///< an operator
  function,  ///< f(x)
  method,    ///< x.f()
  message,   ///< f{value: x}
};

/// The kinds of the parameters, at most three; dyn takes any.
struct Parameters {
  std::array<Kind, 3> kinds{};
  std::uint8_t count{0};
  constexpr Parameters(std::initializer_list<Kind> list) {
    for (const Kind kind : list) kinds[count++] = kind;
  }
  [[nodiscard]] std::span<const Kind> list() const { return {kinds.data(), count}; }
};

using Arguments = std::span<const Value>;
using Function = Outcome<Value> (*)(Arguments, Context&);
using Preparer = Result<Prepared> (*)(const std::string& literal, const Preparation&);

struct Overload {
  std::string_view name;  ///< of a negation "-_", of a function in a namespace "ip.isCanonical"
  Style style;
  Parameters takes;           ///< the target of a method first
  Kind gives;                 ///< dyn: depends
  std::uint32_t cost;         ///< units beside the one of the node and an eighth of the bytes of all text arguments
  Function call;              ///< the arguments have the kinds it takes
  Preparer prepare{nullptr};  ///< of the last argument when that is a text literal
};

/// All overloads of one name, empty if there are none. They live as long as the program.
[[nodiscard]] std::span<const Overload> overloads(std::string_view name, Style style);
/// Names of one style, sorted, for suggestions.
[[nodiscard]] std::vector<std::string> known_names(Style style);
/// "string.startsWith(string)".
[[nodiscard]] std::string describe(const Overload& overload);

/// The parts of the table, one a file.
[[nodiscard]] std::span<const Overload> arithmetic_overloads();
[[nodiscard]] std::span<const Overload> order_overloads();
[[nodiscard]] std::span<const Overload> text_overloads();
[[nodiscard]] std::span<const Overload> conversion_overloads();
[[nodiscard]] std::span<const Overload> time_overloads();
[[nodiscard]] std::span<const Overload> net_overloads();
[[nodiscard]] std::span<const Overload> wrapper_overloads();

}  // namespace aright::cel
