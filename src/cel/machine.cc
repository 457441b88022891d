#include "cel/machine.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/text.h"
#include "cel/compare.h"

namespace aright::cel {

namespace {

std::string shown(const Value& value) { return clip_text(to_text(value).value_or("…"), 80); }

std::unexpected<Fault> no_key(std::string_view key) {
  return fault(fmt::format("no such key: {}", clip_text(key, 80)), Errc::not_found);
}

}  // namespace

Outcome<Value> Machine::eval(std::uint32_t at) {
  const Code& code = code_.codes[at];
  Outcome<Value> out = meter_.spend(1) ? step(code) : Outcome<Value>(meter_.fault());
  if (out && out->why_none() != nullptr) out = fault(*out->why_none());
  if (!out && out.error().offset == no_offset) out.error().offset = code.offset;
  return out;
}

Outcome<Value> Machine::step(const Code& code) {
  switch (code.op) {
    case Op::constant: return code.value;
    case Op::variable: return variable(code);
    case Op::local: return locals_[code.slot];
    case Op::select:
    case Op::has: return select(code);
    case Op::index: return index(code);
    case Op::list: return list(code);
    case Op::map: return map(code);
    case Op::call: return call(code);
    case Op::all_of: return joined(code, false);
    case Op::any_of: return joined(code, true);
    case Op::conditional: return conditional(code);
    case Op::equal:
    case Op::unequal: return equality(code);
    case Op::in: return in(code);
    case Op::loop_all:
    case Op::loop_exists:
    case Op::loop_one:
    case Op::loop_filter:
    case Op::loop_map: return loop(code);
    case Op::failure: return fault(code.text);
  }
  std::abort();
}

Outcome<Value> Machine::variable(const Code& code) {
  const Value* value = slots_[code.slot];
  if (value != nullptr) return *value;
  return fault(fmt::format("the variable `{}` has no value", code_.variables[code.slot]), Errc::not_found);
}

Outcome<Value> Machine::select(const Code& code) {
  auto target = eval(code.parts[0]);
  if (!target) return target;
  if (!target->is(Kind::map)) {
    return fault(fmt::format("a value of type {} has no field `{}`", name(target->kind()), code.text));
  }
  auto found = target->find(std::string_view(code.text));
  if (found && found->why_none() != nullptr) return std::move(*found);  // whether it is there cannot be told either
  if (code.op == Op::has) return Value::boolean(found.has_value());
  if (!found) return no_key(code.text);
  return std::move(*found);
}

Outcome<Value> Machine::index(const Code& code) {
  auto target = eval(code.parts[0]);
  if (!target) return target;
  auto key = eval(code.parts[1]);
  if (!key) return key;
  if (target->is(Kind::map)) {
    auto found = target->find(*key);
    if (!found) return no_key(shown(*key));
    return std::move(*found);
  }
  if (!target->is(Kind::list)) return fault(fmt::format("a value of type {} has no index", name(target->kind())));
  double at = -1;
  if (key->is(Kind::integer)) at = static_cast<double>(key->as_int());
  if (key->is(Kind::unsigned_integer)) at = static_cast<double>(key->as_uint());
  if (key->is(Kind::floating)) at = key->as_double();
  if (!is_number(key->kind()) || std::trunc(at) != at) {
    return fault(fmt::format("a list is indexed by an int, not by {} {}", name(key->kind()), shown(*key)));
  }
  if (!(at >= 0 && at < static_cast<double>(target->size()))) {
    return fault(fmt::format("index {} is outside of a list of {}", shown(*key), target->size()), Errc::not_found);
  }
  return target->item(static_cast<std::size_t>(at));
}

Outcome<Value> Machine::list(const Code& code) {
  Value::Items items;
  items.reserve(code.parts.size());
  for (const std::uint32_t part : code.parts) {
    auto item = eval(part);
    if (!item) return item;
    items.push_back(std::move(*item));
  }
  return Value::list(std::move(items));
}

Outcome<Value> Machine::map(const Code& code) {
  std::vector<Value::Entry> entries;
  entries.reserve(code.parts.size() / 2);
  for (std::size_t i = 0; i < code.parts.size(); i += 2) {
    auto key = eval(code.parts[i]);
    if (!key) return key;
    auto value = eval(code.parts[i + 1]);
    if (!value) return value;
    entries.emplace_back(std::move(*key), std::move(*value));
  }
  auto out = Value::map(std::move(entries));
  if (!out) return fault(out.error().message);
  return std::move(*out);
}

Outcome<Value> Machine::call(const Code& code) {
  std::array<Value, 3> values;
  const std::size_t count = std::min(code.parts.size(), values.size());
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto value = eval(code.parts[i]);
    if (!value) return value;
    values[i] = std::move(*value);
    if (values[i].is(Kind::text)) bytes += values[i].as_text().size();
    if (values[i].is(Kind::bytes)) bytes += values[i].as_bytes().size();
  }
  for (const Overload& overload : code.overloads) {
    const auto kinds = overload.takes.list();
    bool fits = kinds.size() == code.parts.size();
    for (std::size_t i = 0; fits && i < count; ++i) fits = kinds[i] == Kind::dyn || values[i].is(kinds[i]);
    if (!fits) continue;
    if (!meter_.spend(overload.cost) || !meter_.spend_text(bytes)) return meter_.fault();
    Context context{meter_, code_.limits, code.prepared.get()};
    return overload.call({values.data(), count}, context);
  }
  std::string kinds;
  for (std::size_t i = 0; i < count; ++i) kinds += (i == 0 ? "" : ", ") + std::string(name(values[i].kind()));
  return fault(fmt::format("no such overload: `{}` does not take ({})", code.text, kinds));
}

Outcome<bool> Machine::condition(std::uint32_t at) {
  const auto value = eval(at);
  if (!value) return std::unexpected(value.error());
  if (value->is(Kind::boolean)) return value->as_bool();
  return std::unexpected(Fault{Errc::invalid,
                               fmt::format("no such overload: a bool is needed, not {}", name(value->kind())),
                               code_.codes[at].offset});
}

/// && is decided by false, || by true; an error counts only when nothing decides.
Outcome<Value> Machine::joined(const Code& code, bool decides) {
  std::optional<Fault> first;
  for (const std::uint32_t part : code.parts) {
    auto value = condition(part);
    if (meter_.empty()) return meter_.fault();
    if (!value && !first) first = std::move(value.error());
    if (value && *value == decides) return Value::boolean(decides);
  }
  if (first) return std::unexpected(std::move(*first));
  return Value::boolean(!decides);
}

Outcome<Value> Machine::conditional(const Code& code) {
  const auto chosen = condition(code.parts[0]);
  if (!chosen) return std::unexpected(chosen.error());
  return eval(code.parts[*chosen ? 1 : 2]);
}

Outcome<Value> Machine::equality(const Code& code) {
  const auto left = eval(code.parts[0]);
  if (!left) return left;
  const auto right = eval(code.parts[1]);
  if (!right) return right;
  const auto same = equal(*left, *right, meter_);
  if (!same) return std::unexpected(same.error());
  return Value::boolean(*same == (code.op == Op::equal));
}

Outcome<Value> Machine::in(const Code& code) {
  const auto wanted = eval(code.parts[0]);
  if (!wanted) return wanted;
  const auto where = eval(code.parts[1]);
  if (!where) return where;
  if (where->is(Kind::map)) {
    auto found = where->find(*wanted);
    if (found && found->why_none() != nullptr) return std::move(*found);
    return Value::boolean(found.has_value());
  }
  if (!where->is(Kind::list)) {
    return fault(fmt::format("no such overload: `in` looks into a list or map, not into {}", name(where->kind())));
  }
  for (std::size_t i = 0; i < where->size(); ++i) {
    const auto same = equal(*wanted, where->item(i), meter_);
    if (!same) return std::unexpected(same.error());
    if (*same) return Value::boolean(true);
  }
  return Value::boolean(false);
}

}  // namespace aright::cel
