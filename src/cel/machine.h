// Walks compiled code.
#pragma once

#include <cstdint>
#include <vector>

#include "cel/code.h"
#include "cel/meter.h"

namespace aright::cel {

/// One evaluation. Recursion is as deep as the tree, which the parser bounds.
class Machine {
 public:
  /// `slots`: a value or nullptr for each of code.variables. Both outlive the machine.
  Machine(const Compiled& code, const std::vector<const Value*>& slots)
      : code_(code), slots_(slots), meter_(code.limits.cost_max), locals_(code.locals) {}
  Outcome<Value> run() { return eval(static_cast<std::uint32_t>(code_.codes.size() - 1)); }
  [[nodiscard]] const Meter& meter() const { return meter_; }

 private:
  Outcome<Value> eval(std::uint32_t at);
  Outcome<Value> step(const Code& code);
  Outcome<Value> variable(const Code& code);
  Outcome<Value> select(const Code& code);
  Outcome<Value> index(const Code& code);
  Outcome<Value> list(const Code& code);
  Outcome<Value> map(const Code& code);
  Outcome<Value> call(const Code& code);
  Outcome<Value> joined(const Code& code, bool decides);
  Outcome<Value> conditional(const Code& code);
  Outcome<Value> equality(const Code& code);
  Outcome<Value> in(const Code& code);
  Outcome<Value> loop(const Code& code);
  Outcome<Value> loop_joined(const Code& code, const Value& range, bool decides);
  Outcome<Value> loop_one(const Code& code, const Value& range);
  Outcome<Value> loop_list(const Code& code, const Value& range);
  /// A part that must be a bool.
  Outcome<bool> condition(std::uint32_t at);

  const Compiled& code_;
  const std::vector<const Value*>& slots_;
  Meter meter_;
  std::vector<Value> locals_;
};

}  // namespace aright::cel
