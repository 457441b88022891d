#include "cli/replay/known_errand.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

namespace aright::cli {

namespace {

constexpr int exit_codes_end = 256;
constexpr int statuses_end = 600;

bool is_expected(const ProgramExpect& expect, int number) {
  return std::ranges::find(expect.exit_codes, number) != expect.exit_codes.end();
}
bool is_expected(const CallExpect& expect, int number) { return expect.has(number); }

/// The first that the step is content with, or is not: `usual`, if it will do.
template <class Expect>
int number_for(const Expect& expect, bool content, int usual, int end) {
  if (is_expected(expect, usual) == content) return usual;
  for (int number = end == statuses_end ? 200 : 0; number < end; ++number) {
    if (is_expected(expect, number) == content) return number;
  }
  return usual;
}

ProgramExpect& expected_of(ProgramPlan& plan, bool looks) { return looks ? plan.confirm.value().expect : plan.expect; }
CallExpect& expected_of(CallPlan& plan, bool looks) { return looks ? plan.confirm.value().expect : plan.expect; }

int number_of(const ProgramExpect& expect, bool fails) {
  return number_for(expect, !fails, fails ? 1 : 0, exit_codes_end);
}
int number_of(const CallExpect& expect, bool fails) {
  return number_for(expect, !fails, fails ? 500 : 200, statuses_end);
}

/// Whether it asked for something about the text that nobody can know.
bool forget_text(ProgramExpect& expect) {
  expect.output_contains.reset();  // that it is in there is what makes one content
  return false;
}
bool forget_text(CallExpect& expect) { return !std::exchange(expect.answer, {}).empty(); }

/// It has failed, and its answer is not kept: what is empty says neither yes nor no.
void say_no(ProgramExpect& /*expect*/) {}
void say_no(CallExpect& expect) {
  if (!expect.answer.empty()) expect.answer = "false";
}

std::string who_said(const ProgramPlan& plan) { return plan.request.arguments.at(0) + " wrote"; }
std::string who_said(const CallPlan& plan) { return origin_of(plan.request.url) + " answered"; }

Json any_value(FieldType type) {
  switch (type) {
    case FieldType::text: return "";
    case FieldType::integer: return 0;
    case FieldType::address: return "0.0.0.0";
  }
  return nullptr;
}

std::string any_output(const OutputShape& shape) {
  Json doc = Json::object();
  for (const auto& [name, field] : shape) doc[name] = field.list ? Json::array() : any_value(field.type);
  return doc.dump();
}

template <class Key, class Value>
const Value* at_step(const std::map<Key, Value>* in, Key key) {
  if (in == nullptr) return nullptr;
  const auto at = in->find(key);
  return at == in->end() ? nullptr : &at->second;
}

}  // namespace

OutputShape declared_output(const engine::Core& core, const engine::DoErrand& work) {
  const auto w = std::ranges::find(core.config().workflows, work.workflow, &Workflow::name);
  if (w == core.config().workflows.end() || work.step >= w->steps.size()) return {};
  const OutputShape* output = w->steps[work.step].output();
  return output == nullptr ? OutputShape() : *output;
}

KnownErrand known_errand(engine::DoErrand work, const ToldRun* told, const OutputShape& output) {
  KnownErrand known;
  const std::size_t step = work.step;
  const bool same = told != nullptr && told->began(step, work.plan->resource(false));
  const bool fails = same && told->failed_step == step;
  const bool on_record = same && !work.looks;
  const std::string* text = at_step(on_record ? &told->outputs : nullptr, step);
  ErrandPlan plan = *work.plan;
  const auto take = [&](auto& of, const std::map<std::size_t, int>* numbers) {
    auto& expect = expected_of(of, work.looks);
    const int* number = at_step(numbers, step);
    known.answer.number = number != nullptr ? *number : number_of(expect, fails);
    if (fails && text == nullptr) say_no(expect);
    if (text != nullptr || fails || !is_expected(expect, known.answer.number)) return;
    const bool unknown = forget_text(expect) || !output.empty();
    if (unknown && !work.looks) known.untold = fmt::format("what {} is not on record", who_said(of));
  };
  if (auto* program = std::get_if<ProgramPlan>(&plan.of)) take(*program, on_record ? &told->exits : nullptr);
  if (auto* call = std::get_if<CallPlan>(&plan.of)) take(*call, on_record ? &told->statuses : nullptr);
  if (text != nullptr) known.answer.text = *text;
  if (text == nullptr && !fails && !work.looks && !output.empty()) known.answer.text = any_output(output);
  work.plan = std::make_shared<const ErrandPlan>(std::move(plan));
  known.work = std::move(work);
  return known;
}

}  // namespace aright::cli
