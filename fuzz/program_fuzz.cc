// Whatever arguments and subject a workflow writes over whatever event: each text becomes one argument or a refusal,
// what an outsider wrote freely becomes no argument, and a typed subject has the form of its type.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/field_text.h"
#include "workflow/answer_subject.h"
#include "workflow/program_plan.h"

namespace {

using namespace aright;

constexpr const char* outsiders = "what-an-0utsider-wr0te";

void demand(bool holds) {
  if (!holds) std::abort();
}

/// A line each: an event as JSON, then the subject of an answer, then the arguments of a program.
std::string_view next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

/// Fields that begin with "t" are trusted.
Event event_of(Json data) {
  Event event;
  event.source = "s:/log";
  data["free"] = outsiders;
  data["address"] = "203.0.113.7";
  for (const auto& [key, value] : data.items()) {
    if (!key.starts_with("t")) event.outsider.push_back({key, key == "address" ? FieldType::address : FieldType::text});
  }
  event.data = std::move(data);
  return event;
}

void answers(std::string_view text, const Event& event) {
  for (const FieldType type : {FieldType::text, FieldType::integer, FieldType::address}) {
    const auto subject = workflow::SubjectOfAnswer::make({std::string(text), type});
    if (!subject) return;
    const auto made = subject->of(event);
    if (!made) {
      demand(!made.error().message.empty());
      continue;
    }
    const auto equals = made->text.find('=');
    demand(equals != std::string::npos);
    if (type == FieldType::text) {
      demand(!made->typed || made->text.find(outsiders) == std::string::npos);
      continue;
    }
    const std::string value = made->text.substr(equals + 1);
    demand(made->typed && plain_form(type, value) == value);
  }
}

void starts(std::string_view rest, const Event& event) {
  ExecStep step;
  step.program.arguments = {"/bin/p"};
  while (!rest.empty() && step.program.arguments.size() < 32) step.program.arguments.emplace_back(next_line(rest));
  workflow::ErrandContext context;
  context.finding = {{"id", "f"}, {"subject", {{"driver", "address"}, {"id", "203.0.113.7"}}}, {"occurrences", 2}};
  context.control = {{"name", "c"}};
  context.run = {{"id", 7}, {"workflow", "w"}, {"key", "r7-0"}};
  context.subject = {"address", "203.0.113.7"};
  context.event = event;
  const auto plan = workflow::plan_program(step, context);
  if (!plan) return demand(!plan.error().message.empty());
  demand(plan->request.arguments.size() == step.program.arguments.size());
  for (const std::string& argument : plan->request.arguments) {
    demand(argument.find(outsiders) == std::string::npos && argument.find('\0') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  if (rest.find("0uts") != std::string_view::npos) return 0;  // it would say itself what it must not be told
  auto parsed = parse_json(next_line(rest));
  if (!parsed || !parsed->is_object()) return 0;
  const Event event = event_of(std::move(*parsed));
  answers(next_line(rest), event);
  starts(rest, event);
  return 0;
}
