// One event as rules see it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "detect/sigma/logsource.h"

namespace aright::detect::sigma {

/// Field names of rules and what they are called in an event: {"Image", "NewProcessName"}. Used when the event has no
/// field of the rule's own name.
using FieldAliases = std::vector<std::pair<std::string, std::string>>;

/// A JSON object with its log sources. Fields are named as in rules: `a.b` is key `b` inside `a`, where a key that is
/// written with the dot wins (of several the longest). A list holds several values; any of them may match.
/// Looks up lazily and remembers, so one thread at a time. Does not own `body`, which must outlive it unchanged.
class Event {
 public:
  /// A scalar. Numbers have the text of their decimal form, booleans `true` and `false`; null has none.
  struct Value {
    const Json* json;
    std::string text;
    std::string folded;  ///< `fold(text)`
    [[nodiscard]] bool is_null() const;
  };
  struct Field {
    bool present{false};        ///< the key is there, whatever its value
    bool is_object{false};      ///< an object (or a list with one): there, but nothing that values compare with
    std::vector<Value> values;  ///< its scalars; none for an empty list
  };

  Event(const Json& body, LogSources sources, FieldAliases aliases = {});

  [[nodiscard]] const Field& field(const std::string& name) const;
  /// Every scalar at any depth but null, in the order of the JSON.
  [[nodiscard]] const std::vector<Value>& all_values() const;
  [[nodiscard]] const LogSources& sources() const { return sources_; }

 private:
  [[nodiscard]] Field look_up(const std::string& name) const;

  const Json& body_;
  LogSources sources_;
  FieldAliases aliases_;
  mutable std::map<std::string, Field> fields_;
  mutable std::vector<Value> all_;
  mutable bool all_ready_{false};
};

}  // namespace aright::detect::sigma
