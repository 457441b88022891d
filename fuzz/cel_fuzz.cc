// Any text compiles to mistakes inside it, or to a program that ends within its limits; what parses prints to text that
// parses to the same.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cel/parser.h"
#include "cel/syntax.h"
#include "cel/template.h"

namespace {

using namespace aright;
using namespace aright::cel;

void demand(bool holds) {
  if (!holds) std::abort();
}

constexpr Limits limits{.text_bytes_max = 4096, .depth_max = 64, .nodes_max = 2048, .cost_max = 20'000};

struct World {
  World() {
    for (const bool check : {true, false}) {
      Environment& environment = check ? checked : unchecked;
      environment.check = check;
      environment.variables = {{"event", {}},
                               {"n", {Kind::integer, {}}},
                               {"names", Type::list_of({Kind::text, {}})},
                               {"now", {Kind::timestamp, {}}}};
    }
    bindings.view("event", event);
    bindings.set("n", Value::integer(7));
    bindings.view("names", event["names"]);
    bindings.set("now", Value::timestamp(*parse_instant("2026-01-31T10:20:30.5Z")));
  }
  const Json event = Json::parse(R"({"a": {"b": "x", "c": [1, 2.5, null, true]}, "n": 5, "names": ["a", "bb"],
                                     "ip": "10.0.0.1", "big": 18446744073709551615, "low": -9223372036854775808})");
  Environment checked, unchecked;
  Bindings bindings;
};

void use(const Result<Value>& value) {
  if (!value) return demand(!value.error().message.empty());
  (void)to_json(*value);
  (void)to_text(*value);
}

void judge(const Mistakes& mistakes, std::size_t size) {
  demand(!mistakes.empty());
  for (const Mistake& m : mistakes) demand(m.offset <= size && m.line > 0 && m.column > 0 && !m.message.empty());
}

void prints_to_the_same(std::string_view text) {
  const auto parsed = parse(text, 0, Ends::with_the_text, limits);
  if (!parsed) return;
  // Brackets are levels too: what is printed has more of them than what was written.
  const auto again = parse(print(parsed->tree), 0, Ends::with_the_text, {.text_bytes_max = 1 << 20, .depth_max = 400});
  demand(again.has_value() && again->tree.same(parsed->tree));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const Environment* environment : {&world.checked, &world.unchecked}) {
    const auto program = compile(text, *environment, limits);
    program ? use(evaluate(*program, world.bindings)) : judge(program.error(), size);
    if (program) prints_to_the_same(text);
  }
  const auto whole = compile_template(text, world.checked, limits);
  whole ? use(evaluate(*whole, world.bindings)) : judge(whole.error(), size);
  return 0;
}
