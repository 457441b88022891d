#include "model/call.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "model/doc.h"

namespace aright {

namespace {

using Millis = std::chrono::milliseconds;
constexpr std::size_t trouble_max = 200;

Json call_json(const CallRequest& request, const CallExpect& expect) {
  return {{"method", request.method},
          {"url", request.url},
          {"headers", secret_texts_to_json(request.headers)},
          {"body", request.body},
          {"body_secrets", secret_texts_to_json(request.body_secrets)},
          {"time_limit_ms", request.time_limit / Millis{1}},
          {"kept_max", request.kept_max},
          {"expect", expect.to_json()}};
}

CallExpect expect_from(DocReader& in, std::string_view key) {
  auto expect = CallExpect::from_json(in.object(key));
  if (!expect) in.wrong(key);
  return std::move(expect).value_or(CallExpect{});
}

SecretTexts texts_from(DocReader& in, std::string_view key) {
  auto texts = secret_texts_from_json(in.object(key));
  if (!texts) in.wrong(key);
  return std::move(texts).value_or(SecretTexts{});
}

void call_from(DocReader& in, CallRequest& request, CallExpect& expect) {
  request.method = in.text("method");
  request.url = in.text("url");
  request.headers = texts_from(in, "headers");
  request.body = in.text("body");
  request.body_secrets = texts_from(in, "body_secrets");
  request.time_limit = in.millis("time_limit_ms");
  request.kept_max = in.number("kept_max");
  expect = expect_from(in, "expect");
}

}  // namespace

bool CallExpect::has(int code) const {
  return std::ranges::any_of(status, [&](const StatusRange& r) { return r.first <= code && code <= r.last; });
}

std::string CallExpect::text() const {
  std::string all;
  for (const StatusRange& r : status) {
    all += (all.empty() ? "" : " or ") +
           (r.first == r.last ? fmt::format("{}", r.first) : fmt::format("{} to {}", r.first, r.last));
  }
  return all;
}

Json CallExpect::to_json() const {
  Json ranges = Json::array();
  for (const StatusRange& r : status) ranges.push_back({{"first", r.first}, {"last", r.last}});
  return {{"status", ranges}, {"answer", answer}};
}

Result<CallExpect> CallExpect::from_json(const Json& doc) {
  DocReader in(doc, "expect");
  CallExpect expect;
  expect.status.clear();
  for (const Json& item : in.array("status")) {
    DocReader range(item, "status");
    expect.status.push_back({static_cast<int>(range.number("first")), static_cast<int>(range.number("last"))});
    if (!range.finish()) in.wrong("status");
  }
  expect.answer = in.text("answer");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return expect;
}

Json CallPlan::to_json() const {
  Json doc = call_json(request, expect);
  if (confirm) {
    doc["confirm"] = call_json(confirm->request, confirm->expect);
    doc["confirm"]["absent"] = confirm->absent.to_json();
  }
  return doc;
}

Result<CallPlan> CallPlan::from_json(const Json& doc, const std::string& key) {
  DocReader in(doc, "plan of a call");
  CallPlan plan;
  call_from(in, plan.request, plan.expect);
  plan.request.key = key;
  if (in.has("confirm")) {
    DocReader look(in.object("confirm"), "confirm");
    Confirm& confirm = plan.confirm.emplace();
    call_from(look, confirm.request, confirm.expect);
    confirm.request.key = key + "-confirm";
    confirm.absent = expect_from(look, "absent");
    if (auto ok = look.finish(); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return plan;
}

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD"; }

std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  return url.substr(0, host == std::string::npos ? host : url.find_first_of("/?#", host + 3));
}

std::string describe(const CallOutcome& outcome) {
  const std::string trouble = outcome.trouble.empty() ? "" : ": " + clip_text(outcome.trouble, trouble_max);
  std::string came = outcome.status == 0 ? std::string("no answer")
                                         : fmt::format("status {}, {}", outcome.status, counted(outcome.total, "byte"));
  switch (outcome.cut) {
    case CallCut::none: return came;
    case CallCut::time_limit: return came + ", and its time was over";
    case CallCut::stopped: return came + ", and we were stopped";
    case CallCut::lost: return came + ", and the connection was lost" + trouble;
    case CallCut::too_long: return came + ", and the answer did not end";
  }
  return came;
}

}  // namespace aright
