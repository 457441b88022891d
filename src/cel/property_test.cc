// What must hold for all values and all expressions.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cel/compare.h"
#include "cel/parser.h"
#include "cel/program.h"
#include "cel/syntax.h"

namespace aright::cel {
namespace {

__extension__ using Wide = __int128;

Result<Value> run(const std::string& text, const std::vector<Value>& values) {
  Environment environment;
  Bindings bindings;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    environment.variables.push_back({name, {}});
    bindings.set(name, values[i]);
  }
  const auto program = compile(text, environment);
  RC_ASSERT(program.has_value());
  return evaluate(*program, bindings);
}

/// Near the ends, near zero, and anywhere.
rc::Gen<std::int64_t> whole() {
  return rc::gen::weightedOneOf<std::int64_t>(
      {{2, rc::gen::arbitrary<std::int64_t>()},
       {2, rc::gen::inRange<std::int64_t>(-3, 4)},
       {1, rc::gen::map(rc::gen::inRange<std::int64_t>(0, 4), [](std::int64_t n) { return INT64_MAX - n; })},
       {1, rc::gen::map(rc::gen::inRange<std::int64_t>(0, 4), [](std::int64_t n) { return INT64_MIN + n; })},
       {1, rc::gen::map(rc::gen::arbitrary<std::int32_t>(), [](std::int32_t n) { return std::int64_t{n} << 31; })}});
}

/// nullopt: there is none, or it is far beyond 64 bits.
std::optional<Wide> exact(char sign, Wide a, Wide b) {
  Wide product = 0;
  switch (sign) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
    case '/': return b == 0 ? std::nullopt : std::optional(a / b);
    default: return b == 0 ? std::nullopt : std::optional(a % b);
  }
}

RC_GTEST_PROP(Arithmetic, IntIsExactOrAnError, ()) {
  const auto a = *whole();
  const auto b = *whole();
  const char sign = *rc::gen::elementOf(std::string("+-*/%"));
  const auto seen = run(std::string("a ") + sign + " b", {Value::integer(a), Value::integer(b)});
  const auto wanted = exact(sign, a, b);
  const bool fits = wanted && *wanted >= INT64_MIN && *wanted <= INT64_MAX;
  RC_ASSERT(seen.has_value() == fits);
  if (fits) RC_ASSERT(seen->as_int() == static_cast<std::int64_t>(*wanted));
}

RC_GTEST_PROP(Arithmetic, UintIsExactOrAnError, ()) {
  const auto a = static_cast<std::uint64_t>(*whole());
  const auto b = static_cast<std::uint64_t>(*whole());
  const char sign = *rc::gen::elementOf(std::string("+-*/%"));
  const auto seen = run(std::string("a ") + sign + " b", {Value::unsigned_integer(a), Value::unsigned_integer(b)});
  const auto wanted = exact(sign, Wide{a}, Wide{b});
  const bool fits = wanted && *wanted >= 0 && *wanted <= Wide{UINT64_MAX};
  RC_ASSERT(seen.has_value() == fits);
  if (fits) RC_ASSERT(seen->as_uint() == static_cast<std::uint64_t>(*wanted));
}

Value number(int kind, std::int64_t n) {
  if (kind == 0) return Value::integer(n);
  if (kind == 1) return Value::unsigned_integer(static_cast<std::uint64_t>(n));
  return Value::floating(std::ldexp(static_cast<double>(n), -3));
}

RC_GTEST_PROP(Comparison, NumbersOfAnyTypeHaveOneOrder, ()) {
  const Value a = number(*rc::gen::inRange(0, 3), *whole());
  const Value b = number(*rc::gen::inRange(0, 3), *whole());
  const auto is = [&](const char* text) { return run(text, {a, b})->as_bool(); };
  RC_ASSERT(is("a < b") + is("a == b") + is("a > b") == 1);
  RC_ASSERT(is("a <= b") == !is("a > b"));
  RC_ASSERT(is("a >= b") == is("b <= a"));
  RC_ASSERT(is("a != b") == !is("a == b"));
}

/// true, false, or an error.
Value three(int which) { return which == 2 ? Value::integer(0) : Value::boolean(which == 1); }

RC_GTEST_PROP(Logic, AndOrCommuteAndNeverLoseADecision, ()) {
  std::vector<int> values;
  for (int i = 0; i < 3; ++i) values.push_back(*rc::gen::inRange(0, 3));
  const std::vector<Value> bound{three(values[0]), three(values[1]), three(values[2])};
  for (const auto& [sign, decides] : {std::pair("&&", 0), std::pair("||", 1)}) {
    // 0, 1, or 2 for an error.
    const auto outcome = [&](const char* x, const char* y, const char* z) {
      const auto seen = run(std::string(x) + sign + y + sign + z, bound);
      return seen ? static_cast<int>(seen->as_bool()) : 2;
    };
    const int seen = outcome("a", "b", "c");
    const bool decided = std::ranges::find(values, decides) != values.end();
    const bool error = std::ranges::find(values, 2) != values.end();
    RC_ASSERT(seen == (decided ? decides : error ? 2 : 1 - decides));
    RC_ASSERT(outcome("b", "a", "c") == seen);
    RC_ASSERT(outcome("c", "b", "a") == seen);
    RC_ASSERT(outcome("(a", "b)", "c") == seen);
    RC_ASSERT(outcome("a", "(b", "c)") == seen);
    const auto list = Value::list(bound);
    const auto macro = run(decides == 0 ? "a.all(x, x)" : "a.exists(x, x)", {list});
    RC_ASSERT((macro ? static_cast<int>(macro->as_bool()) : 2) == seen);
  }
}

class Trees {
 public:
  Syntax any(int levels) {
    const int choice = levels == 0 ? *rc::gen::inRange(0, 2) : *rc::gen::inRange(0, 15);
    switch (choice) {
      case 0: return literal();
      case 1: return named(SyntaxKind::name, {});
      case 2: return named(SyntaxKind::select, {any(levels - 1)});
      case 3: return named(SyntaxKind::call, some(levels, 0));
      case 4: return named(SyntaxKind::method, some(levels, 1));
      case 5: return made(SyntaxKind::index, {any(levels - 1), any(levels - 1)});
      case 6: return made(SyntaxKind::list, some(levels, 0));
      case 7: return made(SyntaxKind::map, pairs(levels));
      case 8: return made(SyntaxKind::negate, {any(levels - 1)});
      case 9: return made(SyntaxKind::invert, {any(levels - 1)});
      case 10: return made(SyntaxKind::all_of, some(levels, 2));
      case 11: return made(SyntaxKind::any_of, some(levels, 2));
      case 12: return made(SyntaxKind::conditional, {any(levels - 1), any(levels - 1), any(levels - 1)});
      default: {
        Syntax out = made(SyntaxKind::binary, {any(levels - 1), any(levels - 1)});
        out.text = *rc::gen::elementOf(
            std::vector<std::string>{"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in"});
        return out;
      }
    }
  }

 private:
  static Syntax made(SyntaxKind kind, std::vector<Syntax> children) {
    Syntax out;
    out.kind = kind;
    out.children = std::move(children);
    return out;
  }
  static Syntax named(SyntaxKind kind, std::vector<Syntax> children) {
    Syntax out = made(kind, std::move(children));
    out.text = *rc::gen::elementOf(std::vector<std::string>{"x", "y_1", "Zz", "size", "r", "b"});
    return out;
  }
  std::vector<Syntax> some(int levels, int least) {
    std::vector<Syntax> out;
    for (int i = *rc::gen::inRange(least, least + 3); i > 0; --i) out.push_back(any(levels - 1));
    return out;
  }
  std::vector<Syntax> pairs(int levels) {
    std::vector<Syntax> out;
    for (int i = 2 * *rc::gen::inRange(0, 3); i > 0; --i) out.push_back(any(levels - 1));
    return out;
  }
  static Syntax literal() {
    Syntax out;
    switch (*rc::gen::inRange(0, 7)) {
      case 0: out.value = Value::integer(*whole()); break;
      case 1: out.value = Value::unsigned_integer(static_cast<std::uint64_t>(*whole())); break;
      case 2:
        out.value = Value::floating(std::ldexp(static_cast<double>(*whole()), *rc::gen::inRange(-900, 900)));
        break;
      case 3: out.value = Value::boolean(*rc::gen::arbitrary<bool>()); break;
      case 4: out.value = Value::bytes(*rc::gen::arbitrary<std::string>()); break;
      case 5: {
        std::string text;
        for (const char c : *rc::gen::arbitrary<std::string>()) text += static_cast<char>(c & 0x7f);
        out.value = Value::text(text + *rc::gen::elementOf(std::vector<std::string>{"", "ä€😀", "\\", "'\"`", "\r\n"}));
        break;
      }
      default: break;
    }
    return out;
  }
};

RC_GTEST_PROP(Printing, WhatIsPrintedParsesToTheSame, ()) {
  const Syntax tree = Trees().any(4);
  const std::string text = print(tree);
  const auto parsed = parse(text, 0, Ends::with_the_text, {.depth_max = 1000, .nodes_max = 100'000});
  if (!parsed) RC_FAIL(text + ": " + parsed.error().message);
  RC_ASSERT(parsed->tree.same(tree));
  RC_ASSERT(print(parsed->tree) == text);
}

RC_GTEST_PROP(Time, AddingBackIsWhereWeWere, ()) {
  const auto seconds = *rc::gen::inRange<std::int64_t>(-60'000'000'000, 250'000'000'000);
  const auto time = instant(seconds, *rc::gen::inRange(0, 1'000'000'000));
  RC_PRE(time.has_value());
  const Span span{*rc::gen::inRange<std::int64_t>(INT64_MIN / 2, INT64_MAX / 2)};
  const auto later = add(*time, span);
  RC_PRE(later.has_value());
  RC_ASSERT(difference(*later, *time) == span);
  RC_ASSERT(parse_instant(to_text(*later)) == *later);
  RC_ASSERT(parse_span(to_text(span)) == span);
}

}  // namespace
}  // namespace aright::cel
