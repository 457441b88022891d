#include "cel/lowerer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "base/diagnostic.h"
#include "cel/names.h"

namespace aright::cel {

namespace {

bool is_chain(const Syntax& tree) {
  const Syntax* at = &tree;
  while (at->kind == SyntaxKind::select) at = &at->children[0];
  return at->kind == SyntaxKind::name;
}

/// The parts of a.b.c, outermost last.
std::vector<const Syntax*> chain_of(const Syntax& tree) {
  std::vector<const Syntax*> out;
  const Syntax* at = &tree;
  for (; at->kind == SyntaxKind::select; at = &at->children[0]) out.push_back(at);
  out.push_back(at);
  std::ranges::reverse(out);
  return out;
}

/// `name` is declared as a field of a shorter variable, and says its type.
bool is_field(const Environment& environment, std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const auto of = std::ranges::find(environment.variables, name.substr(0, dot), &Variable::name);
  return of != environment.variables.end() && std::ranges::find(of->fields, name.substr(dot + 1)) != of->fields.end();
}

std::string dotted(const std::vector<const Syntax*>& chain, std::size_t count) {
  std::string out = chain[0]->text;
  for (std::size_t i = 1; i < count; ++i) out += "." + chain[i]->text;
  return out;
}

}  // namespace

std::shared_ptr<const Compiled> Lowerer::lower(const Syntax& tree) {
  out_.text = text_;
  out_.limits = limits_;
  out_.type = any(tree).type;
  if (!mistakes_.empty()) {
    std::ranges::sort(mistakes_, {}, [](const Mistake& m) { return std::tie(m.offset, m.message); });
    return nullptr;
  }
  return std::make_shared<const Compiled>(std::move(out_));
}

Lowerer::Part Lowerer::emit(Code code, Type type) {
  out_.codes.push_back(std::move(code));
  return {static_cast<std::uint32_t>(out_.codes.size() - 1), environment_.check ? std::move(type) : Type{}};
}

Lowerer::Part Lowerer::simple(Op op, std::uint32_t offset, std::vector<std::uint32_t> parts, Type type) {
  Code code;
  code.op = op;
  code.offset = offset;
  code.parts = std::move(parts);
  return emit(std::move(code), std::move(type));
}

Lowerer::Part Lowerer::constant(std::uint32_t offset, Value value, Type type) {
  Code code;
  code.offset = offset;
  code.value = std::move(value);
  return emit(std::move(code), std::move(type));
}

Lowerer::Part Lowerer::wrong(std::uint32_t offset, std::string message, std::string hint) {
  Code code;
  code.op = Op::failure;
  code.offset = offset;
  code.text = message;
  if (environment_.check) mistakes_.push_back(mistake_at(text_, offset, std::move(message), std::move(hint)));
  return emit(std::move(code), {});
}

Lowerer::Part Lowerer::any(const Syntax& tree) {
  switch (tree.kind) {
    case SyntaxKind::literal: return constant(tree.offset, tree.value, {tree.value.kind(), {}});
    case SyntaxKind::name: return name(tree);
    case SyntaxKind::select: return select(tree);
    case SyntaxKind::call: return call(tree);
    case SyntaxKind::method: return method(tree);
    case SyntaxKind::index: return index(tree);
    case SyntaxKind::list: return list(tree);
    case SyntaxKind::map: return map(tree);
    case SyntaxKind::message: return message(tree);
    case SyntaxKind::negate: return apply(tree, "-", overloads("-_", Style::sign), {&tree.children[0]});
    case SyntaxKind::invert: return apply(tree, "!", overloads("!_", Style::sign), {&tree.children[0]});
    case SyntaxKind::binary: return binary(tree);
    case SyntaxKind::all_of:
    case SyntaxKind::any_of: return joined(tree);
    case SyntaxKind::conditional: return conditional(tree);
  }
  std::abort();
}

const Lowerer::Local* Lowerer::local(std::string_view name, std::uint32_t& slot) const {
  for (std::size_t i = locals_.size(); i > 0; --i) {
    if (locals_[i - 1].name != name) continue;
    slot = static_cast<std::uint32_t>(i - 1);
    return &locals_[i - 1];
  }
  return nullptr;
}

std::vector<std::string> Lowerer::known_variables() const {
  std::vector<std::string> out;
  out.reserve(environment_.variables.size() + locals_.size());
  for (const Variable& variable : environment_.variables) {
    if (!is_field(environment_, variable.name)) out.push_back(variable.name);
  }
  for (const Local& local : locals_) out.push_back(local.name);
  std::ranges::sort(out);
  return out;
}

std::uint32_t Lowerer::variable(std::string_view name, Kind kind) {
  const auto found = std::ranges::find(out_.variables, name);
  if (found != out_.variables.end()) return static_cast<std::uint32_t>(found - out_.variables.begin());
  out_.variables.emplace_back(name);
  out_.variable_kinds.push_back(kind);
  return static_cast<std::uint32_t>(out_.variables.size() - 1);
}

Lowerer::Part Lowerer::name(const Syntax& tree) { return select(tree); }

Lowerer::Part Lowerer::select(const Syntax& tree) {
  if (!is_chain(tree)) return field(any(tree.children[0]), tree, Op::select);
  const auto chain = chain_of(tree);
  const auto fields = [&](Part part, std::size_t first) {
    for (std::size_t i = first; i < chain.size(); ++i) part = field(part, *chain[i], Op::select);
    return part;
  };
  Code code;
  code.offset = chain[0]->offset;
  if (!chain[0]->flag) {
    if (const Local* found = local(chain[0]->text, code.slot)) {
      code.op = Op::local;
      Type type = found->type;
      return fields(emit(std::move(code), std::move(type)), 1);
    }
  }
  for (std::size_t count = chain.size(); count > 0; --count) {
    for (const std::string& full : lookups(environment_.container, dotted(chain, count), chain[0]->flag)) {
      const auto known = std::ranges::find(environment_.variables, full, &Variable::name);
      if (known != environment_.variables.end() && !is_field(environment_, full)) {
        code.op = Op::variable;
        code.slot = variable(full, known->type.kind);
        return known_fields(emit(std::move(code), known->type), *known, chain, count);
      }
      if (const auto kind = type_named(full)) {
        return fields(constant(code.offset, Value::type(*kind), {Kind::type, {}}), count);
      }
    }
  }
  return unknown_name(*chain[0]);
}

Lowerer::Part Lowerer::known_fields(Part part, const Variable& variable, const std::vector<const Syntax*>& chain,
                                    std::size_t first) {
  const Variable* of = &variable;
  std::string full = variable.name;
  for (std::size_t i = first; i < chain.size(); ++i) {
    if (of != nullptr && !of->fields.empty() && std::ranges::find(of->fields, chain[i]->text) == of->fields.end()) {
      return wrong(chain[i]->offset, fmt::format("`{}` has no field `{}`", full, chain[i]->text),
                   suggest(chain[i]->text, of->fields, "fields"));
    }
    part = field(part, *chain[i], Op::select);
    full += "." + chain[i]->text;
    const auto next = std::ranges::find(environment_.variables, full, &Variable::name);
    of = next != environment_.variables.end() && is_field(environment_, full) ? &*next : nullptr;
    if (of != nullptr && !of->refused.empty()) {
      return wrong(chain[i]->offset, fmt::format("`{}` {}", full, of->refused), of->refused_hint);
    }
    if (of != nullptr && environment_.check) part.type = of->type;
  }
  return part;
}

Lowerer::Part Lowerer::unknown_name(const Syntax& first) {
  const bool function = !overloads(first.text, Style::function).empty();
  return wrong(first.offset, fmt::format("unknown variable `{}`", first.text),
               function ? fmt::format("a function of this name is called with brackets: {}(…)", first.text)
                        : suggest(first.text, known_variables(), "variables"));
}

Lowerer::Part Lowerer::field(const Part& target, const Syntax& tree, Op op) {
  if (target.type.kind != Kind::map && target.type.kind != Kind::dyn) {
    return wrong(tree.offset, fmt::format("a value of type {} has no field `{}`", target.type.describe(), tree.text),
                 target.type.kind == Kind::list ? "take an element first, as in list[0]" : "");
  }
  Code code;
  code.op = op;
  code.offset = tree.offset;
  code.parts = {target.at};
  code.text = tree.text;
  return emit(std::move(code), op == Op::has ? Type{Kind::boolean, {}} : target.type.value());
}

Lowerer::Part Lowerer::list(const Syntax& tree) {
  std::vector<std::uint32_t> parts;
  Type item;
  for (const Syntax& child : tree.children) {
    Part part = any(child);
    item = parts.empty() ? part.type : join(item, part.type);
    parts.push_back(part.at);
  }
  return simple(Op::list, tree.offset, std::move(parts), Type::list_of(std::move(item)));
}

Lowerer::Part Lowerer::map(const Syntax& tree) {
  std::vector<std::uint32_t> parts;
  Type key;
  Type value;
  for (std::size_t i = 0; i < tree.children.size(); i += 2) {
    Part k = any(tree.children[i]);
    Part v = any(tree.children[i + 1]);
    switch (k.type.kind) {
      case Kind::text:
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::boolean:
      case Kind::dyn: break;
      default:
        return wrong(tree.children[i].offset,
                     fmt::format("a key of a map is a string, int, uint or bool, not {}", k.type.describe()));
    }
    key = i == 0 ? k.type : join(key, k.type);
    value = i == 0 ? v.type : join(value, v.type);
    parts.insert(parts.end(), {k.at, v.at});
  }
  return simple(Op::map, tree.offset, std::move(parts), Type::map_of(std::move(key), std::move(value)));
}

Lowerer::Part Lowerer::message(const Syntax& tree) {
  for (const std::string& full : lookups(environment_.container, tree.text, tree.flag)) {
    const auto known = overloads(full, Style::message);
    if (known.empty()) continue;
    if (tree.children.size() == 1 && tree.fields[0] == "value") return apply(tree, full, known, {&tree.children[0]});
    if (!tree.children.empty()) return wrong(tree.offset, fmt::format("`{}` has one field, `value`", full));
    const Kind kind = known.front().gives;
    switch (kind) {
      case Kind::boolean: return constant(tree.offset, Value::boolean(false), {kind, {}});
      case Kind::integer: return constant(tree.offset, Value::integer(0), {kind, {}});
      case Kind::unsigned_integer: return constant(tree.offset, Value::unsigned_integer(0), {kind, {}});
      case Kind::floating: return constant(tree.offset, Value::floating(0), {kind, {}});
      case Kind::bytes: return constant(tree.offset, Value::bytes({}), {kind, {}});
      default: return constant(tree.offset, Value::text({}), {kind, {}});
    }
  }
  return wrong(tree.offset, fmt::format("unknown message type `{}`", tree.text),
               "a map is written {\"key\": value}; of protobuf only the wrapper types are known");
}

Lowerer::Part Lowerer::index(const Syntax& tree) {
  const Part target = any(tree.children[0]);
  const Part key = any(tree.children[1]);
  const Kind kind = target.type.kind;
  const std::vector<std::uint32_t> parts{target.at, key.at};
  if (kind == Kind::list && key.type.kind != Kind::dyn && !is_number(key.type.kind)) {
    return wrong(tree.children[1].offset, fmt::format("a list is indexed by an int, not {}", key.type.describe()));
  }
  if (kind == Kind::map && !comparable(target.type.item(), key.type)) {
    return wrong(tree.children[1].offset, fmt::format("the keys of this map are {}, not {}",
                                                      target.type.item().describe(), key.type.describe()));
  }
  if (kind != Kind::list && kind != Kind::map && kind != Kind::dyn) {
    return wrong(tree.offset, fmt::format("a value of type {} has no index", target.type.describe()));
  }
  return simple(Op::index, tree.offset, parts, kind == Kind::list ? target.type.item() : target.type.value());
}

Lowerer::Part Lowerer::binary(const Syntax& tree) {
  if (tree.text != "==" && tree.text != "!=" && tree.text != "in") {
    return apply(tree, tree.text, overloads(tree.text, Style::sign), {&tree.children[0], &tree.children[1]});
  }
  const Part left = any(tree.children[0]);
  const Part right = any(tree.children[1]);
  const Op op = tree.text == "in" ? Op::in : tree.text == "==" ? Op::equal : Op::unequal;
  const Kind kind = right.type.kind;
  if (op == Op::in && kind != Kind::list && kind != Kind::map && kind != Kind::dyn) {
    return wrong(tree.offset,
                 fmt::format("`in` looks into a list or the keys of a map, not into {}", right.type.describe()),
                 kind == Kind::text ? "for a part of a text: text.contains(part)" : "");
  }
  if (!comparable(left.type, op == Op::in ? right.type.item() : right.type)) {
    const Type other = op == Op::in ? right.type.item() : right.type;
    return wrong(tree.offset, fmt::format("{} and {} are never equal", left.type.describe(), other.describe()),
                 "convert one of them, as in string(x) or int(x)");
  }
  return simple(op, tree.offset, {left.at, right.at}, {Kind::boolean, {}});
}

void Lowerer::need_bool(const Part& part, const Syntax& tree, std::string_view what) {
  if (part.type.kind == Kind::boolean || part.type.kind == Kind::dyn) return;
  mistakes_.push_back(mistake_at(text_, tree.offset, fmt::format("{} is a bool, not {}", what, part.type.describe()),
                                 "compare it with something"));
}

Lowerer::Part Lowerer::joined(const Syntax& tree) {
  const bool all = tree.kind == SyntaxKind::all_of;
  std::vector<std::uint32_t> parts;
  for (const Syntax& child : tree.children) {
    const Part part = any(child);
    need_bool(part, child, all ? "each side of &&" : "each side of ||");
    parts.push_back(part.at);
  }
  return simple(all ? Op::all_of : Op::any_of, tree.offset, std::move(parts), {Kind::boolean, {}});
}

Lowerer::Part Lowerer::conditional(const Syntax& tree) {
  const Part condition = any(tree.children[0]);
  const Part yes = any(tree.children[1]);
  const Part no = any(tree.children[2]);
  need_bool(condition, tree.children[0], "what stands before ?");
  return simple(Op::conditional, tree.offset, {condition.at, yes.at, no.at}, join(yes.type, no.type));
}

}  // namespace aright::cel
