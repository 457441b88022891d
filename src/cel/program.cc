#include "cel/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "cel/code.h"
#include "cel/compile.h"
#include "cel/lowerer.h"
#include "cel/machine.h"
#include "cel/parser.h"

namespace aright::cel {

const std::string& Program::text() const { return compiled_->text; }
const Type& Program::type() const { return compiled_->type; }
const std::vector<std::string>& Program::variables() const { return compiled_->variables; }

std::optional<Mistake> unfit_text(std::string_view text, const Limits& limits) {
  if (text.size() > limits.text_bytes_max) {
    return Mistake{
        0, 1, 1, fmt::format("a text of {} bytes; at most {} are read", text.size(), limits.text_bytes_max), {}};
  }
  if (!is_utf8(text)) return Mistake{0, 1, 1, "the text is not UTF-8", {}};
  return std::nullopt;
}

std::expected<Found, Mistakes> compile_part(std::string_view text, std::size_t begin, Ends ends,
                                            const Environment& environment, const Limits& limits) {
  const auto parsed = parse(text, begin, ends, limits);
  if (!parsed) return std::unexpected(Mistakes{parsed.error()});
  Lowerer lowerer(text, environment, limits);
  auto compiled = lowerer.lower(parsed->tree);
  return Found{std::move(compiled), parsed->end, std::move(lowerer.mistakes())};
}

std::expected<Program, Mistakes> compile(std::string_view text, const Environment& environment, const Limits& limits) {
  if (auto unfit = unfit_text(text, limits)) return std::unexpected(Mistakes{std::move(*unfit)});
  auto found = compile_part(text, 0, Ends::with_the_text, environment, limits);
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->compiled == nullptr) return std::unexpected(std::move(found->mistakes));
  return Program(std::move(found->compiled));
}

void Bindings::set(std::string name, Value value) {
  const auto known =
      std::ranges::find(values_, name, [](const auto& pair) -> const std::string& { return pair.first; });
  if (known != values_.end()) {
    known->second = std::move(value);
  } else {
    values_.emplace_back(std::move(name), std::move(value));
  }
}

const Value* Bindings::find(std::string_view name) const {
  for (const auto& [known, value] : values_) {
    if (known == name) return &value;
  }
  return nullptr;
}

Result<Value> evaluate(const Program& program, const Bindings& bindings) {
  const Compiled& compiled = program.compiled();
  std::vector<const Value*> slots;
  slots.reserve(compiled.variables.size());
  for (std::size_t i = 0; i < compiled.variables.size(); ++i) {
    const Value* value = bindings.find(compiled.variables[i]);
    const Kind kind = compiled.variable_kinds[i];
    if (value != nullptr && kind != Kind::dyn && !value->is(kind)) {
      return fail(Errc::invalid, fmt::format("the variable `{}` is declared as {}, not {}", compiled.variables[i],
                                             name(kind), name(value->kind())));
    }
    slots.push_back(value);
  }
  Machine machine(compiled, slots);
  auto out = machine.run();
  if (out) return std::move(*out);
  const Mistake at = mistake_at(compiled.text, out.error().offset, {});
  return fail(out.error().code, fmt::format("{} (line {}, column {})", out.error().message, at.line, at.column));
}

Result<bool> holds(const Program& program, const Bindings& bindings) {
  const auto value = evaluate(program, bindings);
  if (!value) return std::unexpected(value.error());
  if (value->is(Kind::boolean)) return value->as_bool();
  return fail(Errc::invalid, fmt::format("a condition is a bool, not {}", name(value->kind())));
}

}  // namespace aright::cel
