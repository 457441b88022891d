// An expression whose names are resolved: what the evaluator walks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cel/functions.h"
#include "cel/kind.h"
#include "cel/limits.h"

namespace aright::cel {

enum class Op : std::uint8_t {
  constant,     ///< `value`
  variable,     ///< `slot` into Compiled::variables
  local,        ///< `slot` of the innermost loops
  select,       ///< parts[0].`text`
  has,          ///< whether it is there
  index,        ///< parts[0][parts[1]]
  list,         ///< parts
  map,          ///< parts: key, value, …
  call,         ///< one of `overloads` with parts
  all_of,       ///< &&
  any_of,       ///< ||
  conditional,  ///< parts: condition, yes, no
  equal,
  unequal,
  in,
  loop_all,  ///< parts: range, predicate; `slot`: the variable
  loop_exists,
  loop_one,
  loop_filter,
  loop_map,  ///< parts: range, result, and perhaps a predicate
  failure,   ///< `text` says what is wrong; only where names are not checked
};

struct Code {
  Op op{Op::constant};
  std::uint32_t offset{0};
  std::uint32_t slot{0};
  std::vector<std::uint32_t> parts;  ///< indices into Compiled::codes, all smaller than its own
  Value value;
  std::string text;
  std::span<const Overload> overloads;
  std::shared_ptr<const Prepared> prepared;
};

struct Compiled {
  std::string text;
  std::vector<Code> codes;  ///< the last is the root
  std::vector<std::string> variables;
  std::vector<Kind> variable_kinds;
  std::uint32_t locals{0};  ///< how many loop variables live at once
  Limits limits;
  Type type;
};

}  // namespace aright::cel
