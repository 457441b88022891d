// Compiling and evaluating expressions.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cel/kind.h"
#include "cel/limits.h"
#include "cel/mistake.h"
#include "cel/value.h"

namespace aright::cel {

struct Variable {
  std::string name;                   ///< with dots it wins over a shorter one's field, or, if among `fields`, types it
  Type type;                          ///< dyn when only known later, as of an event
  std::vector<std::string> fields{};  ///< all that it can have; none: any
  std::string refused{};              ///< a field that is there, and naming it is a mistake: why
  std::string refused_hint{};         ///< what to try then
};

/// What an expression may name.
struct Environment {
  std::vector<Variable> variables;
  std::string container;  ///< "a.b": a name x means a.b.x, a.x or x, whatever is known first
  /// A folder of zoneinfo files for time zones by name; read while compiling. Empty: the system's.
  std::string zones;
  /// no: unknown names and wrong types are errors of the evaluation instead of mistakes. For tests of the language.
  bool check{true};
};

struct Compiled;

/// A compiled expression. Immutable and cheap to copy; any number of threads may evaluate it at once.
class Program {
 public:
  explicit Program(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] const Type& type() const;                           ///< of the result, as far as known
  [[nodiscard]] const std::vector<std::string>& variables() const;  ///< that are used
  [[nodiscard]] const Compiled& compiled() const { return *compiled_; }

 private:
  std::shared_ptr<const Compiled> compiled_;
};

/// Compiles `text` whole. On failure there is at least one mistake: one if the syntax is wrong, else all that can be
/// known before evaluation (undeclared names, unknown functions, wrong numbers and types of arguments, wrong regular
/// expressions and time zones). Any thread.
[[nodiscard]] std::expected<Program, Mistakes> compile(std::string_view text, const Environment& environment,
                                                       const Limits& limits = {});

/// Values for variables.
class Bindings {
 public:
  void set(std::string name, Value value);
  /// Not copied: `json` must live while the bindings and any value out of an evaluation do.
  void view(std::string name, const Json& json) { set(std::move(name), Value::view(json)); }
  void view(std::string name, Json&& json) = delete;
  [[nodiscard]] const Value* find(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

/// Evaluates. Pure: the same program and bindings give the same result; no clock, no file. Any thread. The result may
/// refer to JSON bound by `view`.
/// Errors name line and column: not_found for a missing key, index or variable; denied when a limit is exceeded;
/// invalid for all others (overflow, division by zero, wrong kinds, failed conversions).
[[nodiscard]] Result<Value> evaluate(const Program& program, const Bindings& bindings);

/// The same for a condition. Errc::invalid also when the result is no bool.
[[nodiscard]] Result<bool> holds(const Program& program, const Bindings& bindings);

}  // namespace aright::cel
