#include "model/errand.h"

#include <algorithm>

namespace aright {

namespace {

const ProgramRequest& request_of(const ProgramPlan& plan, bool looks) {
  return looks ? plan.confirm.value().request : plan.request;
}
const CallRequest& request_of(const CallPlan& plan, bool looks) {
  return looks ? plan.confirm.value().request : plan.request;
}

ResourceId resource_of_request(const ProgramRequest& request) { return {program_driver, request.arguments.front()}; }
ResourceId resource_of_request(const CallRequest& request) { return {call_driver, origin_of(request.url)}; }

Json announced_request(const ProgramRequest& request) { return {{"arguments", request.arguments}}; }
Json announced_request(const CallRequest& request) { return {{"method", request.method}, {"url", request.url}}; }

Json shown_plan(const ProgramPlan& plan) {
  Json shown = plan.to_json();
  shown.erase("input");
  shown["environment"] = Json::array();
  for (const auto& [name, value] : plan.request.environment) shown["environment"].push_back(name);
  if (plan.confirm) shown["confirm"] = plan.confirm->request.arguments;
  return shown;
}

Json shown_plan(const CallPlan& plan) {
  Json shown = plan.to_json();
  Json& headers = shown["headers"] = Json::object();
  for (const auto& [name, text] : plan.request.headers) headers[name] = text.masked();
  if (plan.confirm) shown["confirm"] = {plan.confirm->request.method, plan.confirm->request.url};
  return shown;
}

}  // namespace

bool ErrandPlan::is_confirmed() const {
  return std::visit([](const auto& plan) { return plan.confirm.has_value(); }, of);
}

bool ErrandPlan::is_request() const { return std::holds_alternative<CallPlan>(of); }

bool ErrandPlan::only_asks() const {
  const auto* call = std::get_if<CallPlan>(&of);
  return call != nullptr && is_safe(call->request.method);
}

ResourceId ErrandPlan::resource(bool looks) const {
  return std::visit([&](const auto& plan) { return resource_of_request(request_of(plan, looks)); }, of);
}

const std::string& ErrandPlan::key(bool looks) const {
  return std::visit([&](const auto& plan) -> const std::string& { return request_of(plan, looks).key; }, of);
}

Nanos ErrandPlan::time_limit(bool looks) const {
  return std::visit([&](const auto& plan) { return request_of(plan, looks).time_limit; }, of);
}

Json ErrandPlan::announced(bool looks) const {
  return std::visit([&](const auto& plan) { return announced_request(request_of(plan, looks)); }, of);
}

Json ErrandPlan::shown() const {
  return std::visit([](const auto& plan) { return shown_plan(plan); }, of);
}

Json ErrandPlan::to_json() const {
  return std::visit([](const auto& plan) { return plan.to_json(); }, of);
}

Result<ErrandPlan> ErrandPlan::from_json(const std::string& driver, const Json& doc, const std::string& key) {
  if (driver == call_driver) {
    auto plan = CallPlan::from_json(doc, key);
    if (!plan) return std::unexpected(plan.error());
    return ErrandPlan{std::move(*plan)};
  }
  auto plan = ProgramPlan::from_json(doc, key);
  if (!plan) return std::unexpected(plan.error());
  return ErrandPlan{std::move(*plan)};
}

Verdict judge_program(const ProgramPlan& plan, bool looks, bool sensitive, const ProgramOutcome& outcome) {
  ProgramOutcome seen = outcome;
  if (sensitive) seen.errors.kept.clear();
  const auto judged = judge(request_of(plan, looks), looks ? plan.confirm->expect : plan.expect, seen);
  if (judged) return {Came::done, describe(outcome)};
  if (outcome.cut != ProgramCut::none) return {Came::unclear, judged.error().message};
  const bool absent = looks && !outcome.signalled &&
                      std::ranges::find(plan.confirm->absent, outcome.number) != plan.confirm->absent.end();
  return absent ? Verdict{Came::absent, describe(outcome)} : Verdict{Came::otherwise, judged.error().message};
}

}  // namespace aright
