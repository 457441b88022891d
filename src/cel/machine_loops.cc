// The macros that go through a list or the keys of a map.
#include <fmt/format.h>

#include <optional>

#include "cel/machine.h"

namespace aright::cel {

Outcome<Value> Machine::loop(const Code& code) {
  auto range = eval(code.parts[0]);
  if (!range) return range;
  if (range->is(Kind::map)) {
    if (!meter_.spend(range->size())) return meter_.fault();
    range = Value::list(range->keys());
  }
  if (!range->is(Kind::list)) {
    return fault(fmt::format("no such overload: a macro goes through a list or map, not {}", name(range->kind())));
  }
  switch (code.op) {
    case Op::loop_all: return loop_joined(code, *range, false);
    case Op::loop_exists: return loop_joined(code, *range, true);
    case Op::loop_one: return loop_one(code, *range);
    default: return loop_list(code, *range);
  }
}

Outcome<Value> Machine::loop_joined(const Code& code, const Value& range, bool decides) {
  std::optional<Fault> first;
  for (std::size_t i = 0; i < range.size(); ++i) {
    locals_[code.slot] = range.item(i);
    auto value = condition(code.parts[1]);
    if (meter_.empty()) return meter_.fault();
    if (!value && !first) first = std::move(value.error());
    if (value && *value == decides) return Value::boolean(decides);
  }
  if (first) return std::unexpected(std::move(*first));
  return Value::boolean(!decides);
}

Outcome<Value> Machine::loop_one(const Code& code, const Value& range) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < range.size(); ++i) {
    locals_[code.slot] = range.item(i);
    const auto value = condition(code.parts[1]);
    if (!value) return std::unexpected(value.error());
    if (*value) ++found;
  }
  return Value::boolean(found == 1);
}

Outcome<Value> Machine::loop_list(const Code& code, const Value& range) {
  const bool filters = code.op == Op::loop_filter;
  Value::Items out;
  for (std::size_t i = 0; i < range.size(); ++i) {
    Value item = range.item(i);
    locals_[code.slot] = item;
    if (filters || code.parts.size() == 3) {
      const auto kept = condition(code.parts[filters ? 1 : 2]);
      if (!kept) return std::unexpected(kept.error());
      if (!*kept) continue;
    }
    if (filters) {
      out.push_back(std::move(item));
      continue;
    }
    auto result = eval(code.parts[1]);
    if (!result) return result;
    out.push_back(std::move(*result));
  }
  return Value::list(std::move(out));
}

}  // namespace aright::cel
