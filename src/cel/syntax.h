// What an expression says, before anybody knows what its names mean. Macros are still calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cel/value.h"

namespace aright::cel {

enum class SyntaxKind : std::uint8_t {
  literal,      ///< `value`
  name,         ///< `text`; `flag`: a dot before it, so that it is looked up from the root
  select,       ///< children: of what; `text`: the field
  call,         ///< `text`(children…); `flag` as for a name
  method,       ///< children[0].`text`(the other children…)
  index,        ///< children[0][children[1]]
  list,         ///< children
  map,          ///< children: key, value, key, value…
  message,      ///< `text`{fields[i]: children[i]}; the name may have dots; `flag` as for a name
  negate,       ///< -child
  invert,       ///< !child
  binary,       ///< children[0] `text` children[1]: + - * / % == != < <= > >= in
  all_of,       ///< two or more children joined by &&
  any_of,       ///< by ||
  conditional,  ///< children[0] ? children[1] : children[2]
};

struct Syntax {
  SyntaxKind kind{SyntaxKind::literal};
  std::uint32_t offset{0};  ///< the byte an error points at: a name's first, an operator's own
  std::uint32_t depth{1};   ///< levels of the tree from here down
  std::string text;
  Value value;
  bool flag{false};
  std::vector<std::string> fields;
  std::vector<Syntax> children;

  /// Whether both say the same, wherever they were written.
  [[nodiscard]] bool same(const Syntax& other) const;
};

/// Text that parses to the same tree. Every compound part is in brackets.
[[nodiscard]] std::string print(const Syntax& tree);

}  // namespace aright::cel
