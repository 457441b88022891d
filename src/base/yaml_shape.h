// What a parser asks of the maps of a document. A document whose maps have shapes is a model of its kind: after it has
// been parsed, the shapes say which keys there are and what each must be. So a schema can be made of the parsers
// themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace aright::yaml {

struct Node;

/// One key that was asked for.
struct Question {
  enum class Type : std::uint8_t { any, text, boolean, integer, duration, texts };
  Type type{Type::any};
  bool required{false};
  std::int64_t min{0};  ///< integer
  std::int64_t max{0};
  std::vector<std::string> words;  ///< text, or any that is a scalar: one of these
};

/// Of one map; filled by `Fields`.
struct Shape {
  std::string what;    ///< as in messages: "workflow", "guard `threshold`"; empty: nobody took it for a map of fields
  bool closed{false};  ///< other keys are refused
  std::map<std::string, Question, std::less<>> questions;
};

/// Gives every map in `node` a shape.
void add_shapes(Node& node);

}  // namespace aright::yaml
