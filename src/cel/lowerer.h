// From what is written to what is evaluated: resolves names, expands macros, checks types, prepares literals.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/code.h"
#include "cel/mistake.h"
#include "cel/program.h"
#include "cel/syntax.h"

namespace aright::cel {

/// One use for one tree. Recursion is as deep as the tree, which the parser bounds.
class Lowerer {
 public:
  /// `text` is the whole text that `tree` was found in.
  Lowerer(std::string_view text, const Environment& environment, const Limits& limits)
      : text_(text), environment_(environment), limits_(limits) {}
  /// nullptr: see mistakes().
  std::shared_ptr<const Compiled> lower(const Syntax& tree);
  [[nodiscard]] Mistakes& mistakes() { return mistakes_; }

 private:
  struct Part {
    std::uint32_t at{0};
    Type type;
  };
  struct Local {
    std::string name;
    Type type;
  };

  Part emit(Code code, Type type);
  Part simple(Op op, std::uint32_t offset, std::vector<std::uint32_t> parts, Type type);
  Part constant(std::uint32_t offset, Value value, Type type);
  /// A mistake; where names are not checked, a part that fails when evaluated.
  Part wrong(std::uint32_t offset, std::string message, std::string hint = {});

  Part any(const Syntax& tree);
  Part name(const Syntax& tree);
  /// The parts of `chain` from the `first`-th on, fields of `variable`, with the types that are declared of them.
  Part known_fields(Part part, const Variable& variable, const std::vector<const Syntax*>& chain, std::size_t first);
  Part unknown_name(const Syntax& first);
  Part select(const Syntax& tree);
  Part field(const Part& target, const Syntax& tree, Op op);
  Part list(const Syntax& tree);
  Part map(const Syntax& tree);
  Part message(const Syntax& tree);
  Part index(const Syntax& tree);
  Part binary(const Syntax& tree);
  Part joined(const Syntax& tree);
  Part conditional(const Syntax& tree);
  Part call(const Syntax& tree);
  Part method(const Syntax& tree);

  /// A call of one of `overloads` with the syntax trees as arguments.
  Part apply(const Syntax& tree, std::string_view name, std::span<const Overload> overloads,
             const std::vector<const Syntax*>& arguments);
  Type result_of(const Syntax& tree, std::string_view name, std::span<const Overload> fitting,
                 std::span<const Overload> overloads, const std::vector<Part>& arguments);
  void prepare(Code& code, std::span<const Overload> overloads, const Syntax& literal);
  Part unknown_function(const Syntax& tree, Style style);
  void need_bool(const Part& part, const Syntax& tree, std::string_view what);

  /// `x.all(v, …)` and its like; false: not a macro.
  bool macro(const Syntax& tree, Part& out);
  Part has(const Syntax& tree);
  Part loop(const Syntax& tree, Op op);

  [[nodiscard]] const Local* local(std::string_view name, std::uint32_t& slot) const;
  [[nodiscard]] std::vector<std::string> known_variables() const;
  std::uint32_t variable(std::string_view name, Kind kind);

  std::string_view text_;
  const Environment& environment_;
  const Limits& limits_;
  Mistakes mistakes_;
  Compiled out_;
  std::vector<Local> locals_;
  std::uint32_t prepared_{0};
};

}  // namespace aright::cel
