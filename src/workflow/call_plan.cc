#include "workflow/call_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace aright::workflow {

namespace {

constexpr std::size_t answer_words_max = 200;
const std::string call_input_hint = "send all of it with `input: true`";

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (plain.contains(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool any_text(const Json& doc, const std::function<bool(const std::string&)>& holds) {
  if (doc.is_string()) return holds(doc.get_ref<const std::string&>());
  return doc.is_structured() && std::ranges::any_of(doc, [&](const Json& item) { return any_text(item, holds); });
}

bool message_names(const Step::Message& message, const std::string& noun) {
  const auto named = [&](const std::string& text) { return names(text, noun); };
  return named(message.url) || named(message.body) || any_text(message.json, named) ||
         std::ranges::any_of(message.headers, [&](const auto& one) { return named(one.second.text); }) ||
         std::ranges::any_of(message.form, [&](const auto& one) { return named(one.second); });
}

bool call_names(const Step::Call& call, const std::string& noun) {
  return message_names(call.message, noun) || (call.confirm && message_names(call.confirm->message, noun));
}

class CallFiller {
 public:
  explicit CallFiller(const ErrandContext& context) : context_(context), texts_(context, call_input_hint) {}

  Result<CallRequest> fill(const Step::Message& message) const {
    CallRequest request;
    request.method = message.method;
    request.time_limit = message.time_limit;
    request.kept_max = message.kept_max;
    auto url = texts_.encoded(message.url, "URL " + origin_of(message.url), &percent_encoded);
    if (!url) return std::unexpected(url.error());
    request.url = std::move(*url);
    for (const auto& [name, value] : message.headers) {
      auto text = header(name, value.text);
      if (!text) return std::unexpected(text.error());
      request.headers[name] = {std::move(*text), value.secret};
    }
    if (auto ok = fill_body(message, request); !ok) return std::unexpected(ok.error());
    if (request.body.size() <= call_body_bytes_max) return request;
    return fail(Errc::invalid, fmt::format("{}: the body has {} bytes, the limit is {}", origin_of(request.url),
                                           request.body.size(), call_body_bytes_max));
  }

 private:
  Result<std::string> header(const std::string& name, const std::string& text) const {
    auto filled = texts_.text(text, "header " + name);
    if (!filled) return filled;
    const bool plain = std::ranges::none_of(*filled, [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return (byte < ' ' && byte != '\t') || byte == 127;
    });
    if (!plain) return fail(Errc::invalid, fmt::format("header {}: its value has a control character", name));
    return filled;
  }

  Result<Done> fill_body(const Step::Message& message, CallRequest& request) const {
    using Body = Step::Message::Body;
    switch (message.kind) {
      case Body::none: return Done{};
      case Body::text: {
        auto text = texts_.text(message.body, "`body`");
        if (!text) return std::unexpected(text.error());
        request.body = std::move(*text);
        return Done{};
      }
      case Body::form: return fill_form(message, request);
      case Body::json: {
        auto json = fill_json(message.json, "");
        if (!json) return std::unexpected(json.error());
        request.body = json->dump();
        if (const auto read = parse_own_json(request.body); !read) {  // its secrets have to find their places
          return fail(Errc::invalid, fmt::format("the body of {}: {}", origin_of(request.url), read.error().message));
        }
        request.body_secrets = message.json_secrets;
        return Done{};
      }
      case Body::input: request.body = errand_input(context_).dump(); return Done{};
    }
    return Done{};
  }

  Result<Done> fill_form(const Step::Message& message, CallRequest& request) const {
    for (const auto& [name, value] : message.form) {
      auto whole = texts_.text(value, "`" + name + "` of `form`");
      if (!whole) return std::unexpected(whole.error());
      request.body += (request.body.empty() ? "" : "&") + percent_encoded(name) + "=" + percent_encoded(*whole);
    }
    return Done{};
  }

  Result<Json> fill_json(const Json& doc, const std::string& path) const {
    if (doc.is_string()) {
      const auto filled =
          texts_.value(doc.get_ref<const std::string&>(), path.empty() ? "`json`" : "`json` at " + path);
      if (!filled) return std::unexpected(filled.error());
      return cel::to_json(filled->value);
    }
    if (!doc.is_structured()) return doc;
    Json made = doc;
    for (auto item = made.begin(); item != made.end(); ++item) {
      const std::string place = doc.is_object() ? item.key() : std::to_string(item - made.begin());
      auto value = fill_json(*item, path + "/" + place);
      if (!value) return value;
      *item = std::move(*value);
    }
    return made;
  }

  const ErrandContext& context_;
  ErrandTexts texts_;
};

/// Why a condition that asks for `answer.json` gets none. The reader's words repeat the answer's.
std::string without_json(const CallOutcome& outcome, bool sensitive, const std::string& said) {
  if (outcome.clipped) return "only a whole answer is read as JSON; `output_max` says how much of it is kept";
  if (outcome.answer.empty()) return "the answer is empty";
  if (sensitive) return "the answer cannot be read as JSON, and it is sensitive";
  return "the answer is " + said;
}

/// Whether the condition of `expect` holds; nothing stated: it does.
Result<bool> answer_holds(const CallExpect& expect, bool sensitive, const CallOutcome& outcome) {
  if (expect.answer.empty()) return true;
  const auto condition = cel::compile(expect.answer, answer_environment());
  if (!condition) return fail(Errc::invalid, condition.error().front().message);
  Json answer{{"status", outcome.status}, {"text", clip_text(outcome.answer, outcome.answer.size() * 3 + 8)}};
  std::string said;
  if (!outcome.clipped) {
    auto json = parse_json(outcome.answer);
    if (json) answer["json"] = std::move(*json);
    if (!json) said = std::move(json.error().message);
  }
  cel::Bindings bindings;
  bindings.view("answer", answer);
  auto holds = cel::holds(*condition, bindings);
  const bool misses_json = !holds && holds.error().code == Errc::not_found && !answer.contains("json");
  if (misses_json && holds.error().message.starts_with("no such key: json")) {
    holds.error().message = without_json(outcome, sensitive, said);
  }
  return holds;
}

std::string words_of(const CallOutcome& outcome, bool sensitive) {
  if (sensitive || outcome.answer.empty()) return {};
  return fmt::format("; it says \"{}\"", clip_text(outcome.answer, answer_words_max));
}

Verdict unfit(const CallRequest& request, const CallExpect& expect, bool sensitive, const CallOutcome& outcome,
              const Result<bool>& holds) {
  const std::string origin = origin_of(request.url);
  constexpr std::array on_the_way{502, 504};
  if (!expect.has(outcome.status)) {
    const bool unclear = !is_safe(request.method) && std::ranges::find(on_the_way, outcome.status) != on_the_way.end();
    const bool moved = outcome.status >= 300 && outcome.status < 400;
    return {unclear ? Came::unclear : Came::otherwise,
            fmt::format("{}: status {}, expected {}{}{}", origin, outcome.status, expect.text(),
                        moved ? "; redirects are not followed" : "", words_of(outcome, sensitive))};
  }
  if (holds) {
    return {Came::otherwise, fmt::format("{}: status {}, but `answer` does not hold{}", origin, outcome.status,
                                         words_of(outcome, sensitive))};
  }
  // The server took it: what cannot be told then may have been done, unless it was only asked for something.
  return {is_safe(request.method) ? Came::otherwise : Came::unclear,
          fmt::format(
              "{}: status {}, but whether `answer` holds cannot be told{}: {}", origin, outcome.status,
              outcome.clipped ? fmt::format(" by the first {} of {} bytes", outcome.answer.size(), outcome.total) : "",
              holds.error().message)};
}

}  // namespace

bool names_resource(const Step::Call& call) { return call_names(call, "resource"); }

bool names_steps(const Step::Call& call) { return call_names(call, "steps"); }

Result<CallPlan> plan_call(const Step::Call& call, const ErrandContext& context) {
  const CallFiller filler(context);
  auto request = filler.fill(call.message);
  if (!request) return std::unexpected(request.error());
  CallPlan plan{.request = std::move(*request), .expect = call.message.expect, .confirm = {}};
  if (!call.confirm) return plan;
  auto look = filler.fill(call.confirm->message);
  if (!look) return std::unexpected(look.error());
  plan.confirm = CallPlan::Confirm{std::move(*look), call.confirm->message.expect, call.confirm->absent};
  return plan;
}

cel::Environment answer_environment() {
  cel::Environment environment;
  environment.variables = {{"answer", cel::Type{cel::Kind::dyn, {}}, {"status", "json", "text"}}};
  return environment;
}

Verdict judge_call(const CallPlan& plan, bool looks, bool sensitive, const CallOutcome& outcome) {
  const CallRequest& request = looks ? plan.confirm.value().request : plan.request;
  const CallExpect& expect = looks ? plan.confirm->expect : plan.expect;
  if (outcome.cut != CallCut::none) {
    return {is_safe(request.method) ? Came::otherwise : Came::unclear,
            origin_of(request.url) + ": " + describe(outcome)};
  }
  const auto holds = expect.has(outcome.status) ? answer_holds(expect, sensitive, outcome) : Result<bool>(false);
  if (holds && *holds) return {Came::done, describe(outcome)};
  if (looks && plan.confirm->absent.has(outcome.status)) {
    const auto gone = answer_holds(plan.confirm->absent, sensitive, outcome);
    if (gone && *gone) return {Came::absent, describe(outcome)};
  }
  return unfit(request, expect, sensitive, outcome, holds);
}

}  // namespace aright::workflow
