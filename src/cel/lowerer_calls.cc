// Functions, methods and macros.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/diagnostic.h"
#include "cel/lowerer.h"
#include "cel/names.h"

namespace aright::cel {

namespace {

struct Macro {
  std::string_view name;
  std::size_t parts;  ///< target, variable, …
  Op op;
};
constexpr std::array<Macro, 7> macros{{{"all", 3, Op::loop_all},
                                       {"exists", 3, Op::loop_exists},
                                       {"exists_one", 3, Op::loop_one},
                                       {"existsOne", 3, Op::loop_one},
                                       {"filter", 3, Op::loop_filter},
                                       {"map", 3, Op::loop_map},
                                       {"map", 4, Op::loop_map}}};

std::string dotted(const Syntax& tree) {
  if (tree.kind == SyntaxKind::name) return tree.text;
  if (tree.kind != SyntaxKind::select) return {};
  const std::string before = dotted(tree.children[0]);
  return before.empty() ? before : before + "." + tree.text;
}

const Syntax& first_of(const Syntax& tree) {
  return tree.kind == SyntaxKind::select ? first_of(tree.children[0]) : tree;
}

std::vector<const Syntax*> children_of(const Syntax& tree) {
  std::vector<const Syntax*> out;
  out.reserve(tree.children.size());
  for (const Syntax& child : tree.children) out.push_back(&child);
  return out;
}

template <class Part>
bool fits(const Overload& overload, const std::vector<Part>& arguments) {
  const auto kinds = overload.takes.list();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const Kind kind = arguments[i].type.kind;
    if (kind != kinds[i] && kind != Kind::dyn && kinds[i] != Kind::dyn) return false;
  }
  return true;
}

}  // namespace

Lowerer::Part Lowerer::call(const Syntax& tree) {
  if (tree.text == "has" && !tree.flag) return has(tree);
  const auto arguments = children_of(tree);
  for (const std::string& full : lookups(environment_.container, tree.text, tree.flag)) {
    const auto known = overloads(full, Style::function);
    if (!known.empty()) return apply(tree, full, known, arguments);
  }
  return unknown_function(tree, Style::function);
}

Lowerer::Part Lowerer::method(const Syntax& tree) {
  Part out;
  if (macro(tree, out)) return out;
  const auto arguments = children_of(tree);
  const std::string before = dotted(tree.children[0]);
  std::uint32_t slot = 0;
  if (!before.empty() && local(first_of(tree.children[0]).text, slot) == nullptr) {
    const bool rooted = first_of(tree.children[0]).flag;
    for (const std::string& full : lookups(environment_.container, before + "." + tree.text, rooted)) {
      const auto known = overloads(full, Style::function);
      if (!known.empty()) return apply(tree, full, known, {arguments.begin() + 1, arguments.end()});
    }
  }
  const auto known = overloads(tree.text, Style::method);
  if (!known.empty()) return apply(tree, tree.text, known, arguments);
  return unknown_function(tree, Style::method);
}

Lowerer::Part Lowerer::unknown_function(const Syntax& tree, Style style) {
  const bool function = style == Style::function;
  const Style other = function ? Style::method : Style::function;
  std::string hint;
  if (std::ranges::any_of(macros, [&](const Macro& macro) { return macro.name == tree.text; })) {
    hint = fmt::format("write list.{}(variable, expression)", tree.text);
  } else if (!overloads(tree.text, other).empty()) {
    hint = signatures(overloads(tree.text, other));
  } else {
    std::vector<std::string> known = known_names(style);
    if (!function) known.insert(known.end(), {"all", "exists", "exists_one", "filter", "map"});
    std::ranges::sort(known);
    hint = suggest(tree.text, known, function ? "functions" : "methods");
  }
  return wrong(tree.offset, fmt::format("unknown {} `{}`", function ? "function" : "method", tree.text), hint);
}

Lowerer::Part Lowerer::apply(const Syntax& tree, std::string_view name, std::span<const Overload> overloads,
                             const std::vector<const Syntax*>& arguments) {
  std::vector<Part> parts;
  const auto right_count = [&](const Overload& o) { return o.takes.count == arguments.size(); };
  parts.reserve(arguments.size());
  for (const Syntax* argument : arguments) parts.push_back(any(*argument));
  std::vector<Overload> of_count;
  std::ranges::copy_if(overloads, std::back_inserter(of_count), right_count);
  if (of_count.empty()) {
    const std::size_t target = overloads.front().style == Style::method ? 1 : 0;
    const std::size_t given = arguments.size() - target;
    return wrong(tree.offset, fmt::format("`{}` does not take {} argument{}", name, given, given == 1 ? "" : "s"),
                 signatures(overloads));
  }
  std::vector<Overload> fitting;
  std::ranges::copy_if(of_count, std::back_inserter(fitting), [&](const Overload& o) { return fits(o, parts); });
  Code code;
  code.op = Op::call;
  code.offset = tree.offset;
  code.text = name;
  code.overloads = overloads;
  code.parts.reserve(parts.size());
  for (const Part& part : parts) code.parts.push_back(part.at);
  Type type = result_of(tree, name, fitting, overloads, parts);
  if (!arguments.empty()) prepare(code, fitting, *arguments.back());
  return emit(std::move(code), std::move(type));
}

Type Lowerer::result_of(const Syntax& tree, std::string_view name, std::span<const Overload> fitting,
                        std::span<const Overload> overloads, const std::vector<Part>& arguments) {
  if (fitting.empty()) {
    std::string types;
    for (const Part& part : arguments) types += (types.empty() ? "" : ", ") + part.type.describe();
    wrong(tree.offset, fmt::format("`{}` does not take ({})", name, types), signatures(overloads));
    return {};
  }
  const bool one = std::ranges::all_of(fitting, [&](const Overload& o) { return o.gives == fitting.front().gives; });
  if (!one) return {};
  if (fitting.front().gives == Kind::list) return join(arguments[0].type, arguments[1].type);
  return {fitting.front().gives, {}};
}

void Lowerer::prepare(Code& code, std::span<const Overload> fitting, const Syntax& literal) {
  if (literal.kind != SyntaxKind::literal || !literal.value.is(Kind::text)) return;
  const auto able = std::ranges::find_if(fitting, [](const Overload& o) { return o.prepare != nullptr; });
  if (able == fitting.end()) return;
  if (++prepared_ > limits_.prepared_max) {
    wrong(literal.offset,
          fmt::format("more than {} regular expressions and time zones in one expression", limits_.prepared_max));
    return;
  }
  auto prepared = able->prepare(literal.value.as_text(), {limits_, environment_.zones});
  if (prepared) {
    code.prepared = std::make_shared<const Prepared>(std::move(*prepared));
  } else {
    wrong(literal.offset, prepared.error().message);
  }
}

Lowerer::Part Lowerer::has(const Syntax& tree) {
  if (tree.children.size() != 1 || tree.children[0].kind != SyntaxKind::select) {
    return wrong(tree.offset, "`has` takes a field", "as in has(event.user.name)");
  }
  const Syntax& select = tree.children[0];
  return field(any(select.children[0]), select, Op::has);
}

bool Lowerer::macro(const Syntax& tree, Part& out) {
  const auto known = std::ranges::find_if(
      macros, [&](const Macro& macro) { return macro.name == tree.text && macro.parts == tree.children.size(); });
  if (known == macros.end()) return false;
  out = loop(tree, known->op);
  return true;
}

Lowerer::Part Lowerer::loop(const Syntax& tree, Op op) {
  const Part range = any(tree.children[0]);
  const Syntax& variable = tree.children[1];
  if (variable.kind != SyntaxKind::name || variable.flag) {
    return wrong(variable.offset, fmt::format("`{}` first takes the name of a variable", tree.text),
                 fmt::format("as in list.{}(x, x > 5)", tree.text));
  }
  const Kind kind = range.type.kind;
  if (kind != Kind::list && kind != Kind::map && kind != Kind::dyn) {
    return wrong(tree.offset, fmt::format("`{}` goes through a list or the keys of a map, not {}", tree.text,
                                          range.type.describe()));
  }
  Code code;
  code.op = op;
  code.offset = tree.offset;
  code.slot = static_cast<std::uint32_t>(locals_.size());
  locals_.push_back({variable.text, range.type.item()});
  out_.locals = std::max(out_.locals, static_cast<std::uint32_t>(locals_.size()));
  const Syntax& last = tree.children.back();
  const Part result = any(last);
  code.parts = {range.at, result.at};
  if (op != Op::loop_map) need_bool(result, last, fmt::format("what `{}` asks", tree.text));
  if (tree.children.size() == 4) {
    const Part filter = any(tree.children[2]);
    need_bool(filter, tree.children[2], "what `map` asks");
    code.parts.push_back(filter.at);
  }
  locals_.pop_back();
  Type type{Kind::boolean, {}};
  if (op == Op::loop_filter) type = Type::list_of(range.type.item());
  if (op == Op::loop_map) type = Type::list_of(result.type);
  return emit(std::move(code), std::move(type));
}

}  // namespace aright::cel
