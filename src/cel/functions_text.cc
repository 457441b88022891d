// size, contains, startsWith, endsWith, matches.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "cel/functions.h"

namespace aright::cel {

namespace {

Outcome<Value> size_text(Arguments a, Context& /*context*/) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; };
  return Value::integer(std::ranges::count_if(a[0].as_text(), starts));
}
Outcome<Value> size_bytes(Arguments a, Context& /*context*/) {
  return Value::integer(static_cast<std::int64_t>(a[0].as_bytes().size()));
}
Outcome<Value> size_parts(Arguments a, Context& /*context*/) {
  return Value::integer(static_cast<std::int64_t>(a[0].size()));
}
Outcome<Value> contains(Arguments a, Context& context) {
  // A search may look at every byte once for each byte it searches for, in the worst case.
  const std::uint64_t worst = a[0].as_text().size() / 64 * (a[1].as_text().size() / 64);
  if (!context.meter.spend(worst)) return context.meter.fault();
  return Value::boolean(a[0].as_text().find(a[1].as_text()) != std::string::npos);
}
Outcome<Value> starts_with(Arguments a, Context& /*context*/) {
  return Value::boolean(a[0].as_text().starts_with(a[1].as_text()));
}
Outcome<Value> ends_with(Arguments a, Context& /*context*/) {
  return Value::boolean(a[0].as_text().ends_with(a[1].as_text()));
}

Result<std::shared_ptr<const re2::RE2>> compile_pattern(const std::string& pattern, const Limits& limits) {
  if (pattern.size() > limits.pattern_bytes_max) {
    return fail(Errc::denied, fmt::format("a regular expression of more than {} bytes", limits.pattern_bytes_max));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);  // refuses repeats of repeats that grow beyond it
  auto compiled = std::make_shared<const re2::RE2>(pattern, options);
  if (compiled->ok()) return compiled;
  return fail(Errc::invalid, fmt::format("the regular expression \"{}\" is wrong: {}", clip_text(pattern, 80),
                                         clip_text(compiled->error(), 120)));
}

/// Matching visits at worst every state for every byte.
std::uint64_t cost_of(const re2::RE2& pattern, std::size_t text_bytes) {
  return (text_bytes + 16) * (8 + static_cast<std::uint64_t>(pattern.ProgramSize())) / 32;
}

Outcome<Value> matches(Arguments a, Context& context) {
  std::shared_ptr<const re2::RE2> own;
  const re2::RE2* pattern = context.prepared == nullptr ? nullptr : context.prepared->pattern.get();
  if (pattern == nullptr) {
    // Also what is refused has been worked on: a repeat grows far beyond its text.
    if (!context.meter.spend(2000 + 20 * a[1].as_text().size())) return context.meter.fault();
    auto compiled = compile_pattern(a[1].as_text(), context.limits);
    if (!compiled) return fault(compiled.error().message, compiled.error().code);
    own = *compiled;
    pattern = own.get();
    if (!context.meter.spend(static_cast<std::uint64_t>(pattern->ProgramSize()))) return context.meter.fault();
  }
  if (!context.meter.spend(cost_of(*pattern, a[0].as_text().size()))) return context.meter.fault();
  return Value::boolean(re2::RE2::PartialMatch(a[0].as_text(), *pattern));
}

Result<Prepared> prepare_pattern(const std::string& literal, const Preparation& preparation) {
  auto compiled = compile_pattern(literal, preparation.limits);
  if (!compiled) return std::unexpected(compiled.error());
  return Prepared{*compiled, std::nullopt};
}

using enum Kind;
constexpr auto function = Style::function;
constexpr auto method = Style::method;
constexpr Overload table[] = {
    {"size", function, {text}, integer, 0, size_text},
    {"size", function, {bytes}, integer, 0, size_bytes},
    {"size", function, {list}, integer, 0, size_parts},
    {"size", function, {map}, integer, 0, size_parts},
    {"size", method, {text}, integer, 0, size_text},
    {"size", method, {bytes}, integer, 0, size_bytes},
    {"size", method, {list}, integer, 0, size_parts},
    {"size", method, {map}, integer, 0, size_parts},
    {"contains", method, {text, text}, boolean, 0, contains},
    {"startsWith", method, {text, text}, boolean, 0, starts_with},
    {"endsWith", method, {text, text}, boolean, 0, ends_with},
    {"matches", method, {text, text}, boolean, 2, matches, prepare_pattern},
    {"matches", function, {text, text}, boolean, 2, matches, prepare_pattern},
};

}  // namespace

std::span<const Overload> text_overloads() { return table; }

}  // namespace aright::cel
