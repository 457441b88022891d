#include "workflow/filled_texts.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace aright::workflow {

namespace {

bool is_filled(const std::string& written) { return written.contains("${"); }

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const bool escaped = text[i] == '%' && digits.size() == 2 &&
                         std::from_chars(digits.data(), digits.data() + 2, value, 16).ptr == digits.data() + 2;
    out += escaped ? static_cast<char>(value) : text[i];
    if (escaped) i += 2;
  }
  return out;
}

void add_values(const Json& written, const Json& filled, std::vector<std::string>& into) {
  if (written.is_string()) {
    if (!is_filled(written.get_ref<const std::string&>())) return;
    into.push_back(filled.is_string() ? filled.get<std::string>() : filled.dump());
    return;
  }
  if (!written.is_structured() || filled.type() != written.type()) return;
  for (const auto& [place, value] : written.items()) {
    if (written.is_object() && filled.contains(place)) add_values(value, filled.at(place), into);
    if (written.is_array() && std::stoul(place) < filled.size()) add_values(value, filled.at(std::stoul(place)), into);
  }
}

void add_texts(const Step::Message& written, const CallRequest& request, std::vector<std::string>& into) {
  if (is_filled(written.url)) into.push_back(percent_decoded(request.url.substr(origin_of(request.url).size())));
  for (const auto& [name, value] : request.headers) {
    const auto known = written.headers.find(name);
    if (known != written.headers.end() && is_filled(known->second.text)) into.push_back(value.text);
  }
  const bool form = std::ranges::any_of(written.form, [](const auto& one) { return is_filled(one.second); });
  if (written.kind == Step::Message::Body::form && form) into.push_back(percent_decoded(request.body));
  if (written.kind == Step::Message::Body::text && is_filled(written.body)) into.push_back(request.body);
  if (written.kind == Step::Message::Body::json) {
    if (const auto json = parse_own_json(request.body)) add_values(written.json, *json, into);
  }
}

void add_texts(const Step::Program& written, const ProgramRequest& request, std::vector<std::string>& into) {
  for (std::size_t i = 0; i < written.arguments.size() && i < request.arguments.size(); ++i) {
    if (is_filled(written.arguments[i])) into.push_back(request.arguments[i]);
  }
  for (const auto& [name, value] : request.environment) {
    const auto known = written.environment.find(name);
    if (known != written.environment.end() && is_filled(known->second)) into.push_back(value);
  }
}

}  // namespace

std::vector<std::string> filled_texts(const Step::Call& call, const CallPlan& plan) {
  std::vector<std::string> texts;
  add_texts(call.message, plan.request, texts);
  if (call.confirm && plan.confirm) add_texts(call.confirm->message, plan.confirm->request, texts);
  return texts;
}

std::vector<std::string> filled_texts(const Step::Exec& exec, const ProgramPlan& plan) {
  std::vector<std::string> texts;
  add_texts(exec.program, plan.request, texts);
  if (exec.confirm && plan.confirm) add_texts(exec.confirm->program, plan.confirm->request, texts);
  return texts;
}

}  // namespace aright::workflow
