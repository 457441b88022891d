#include "driver/call/call_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "http/message.h"

namespace aright::driver {

namespace {

CallCut cut_of(http::Cut cut) {
  switch (cut) {
    case http::Cut::none: return CallCut::none;
    case http::Cut::time_limit: return CallCut::time_limit;
    case http::Cut::stopped: return CallCut::stopped;
    case http::Cut::lost: return CallCut::lost;
    case http::Cut::too_long: return CallCut::too_long;
  }
  return CallCut::lost;
}

/// What of a request holds secrets, overwritten when it has been sent.
struct Wiped {
  http::Outgoing& request;
  ~Wiped() {
    wipe(request.body);
    for (auto& [name, value] : request.headers) wipe(value);
  }
};

}  // namespace

CallRunner::CallRunner(std::string node, http::Destinations destinations, SecretKeeper& secrets,
                       std::unique_ptr<http::Client> client)
    : node_(std::move(node)),
      secrets_(secrets),
      client_(std::move(client)),
      destinations_(std::make_shared<const http::Destinations>(std::move(destinations))) {}

Result<std::unique_ptr<CallRunner>> CallRunner::create(std::string node, http::Destinations destinations,
                                                       SecretKeeper& secrets, http::Resolve resolve) {
  if (!destinations.empty()) {  // else nobody is called, and a machine without it will do
    if (auto ok = http::libcurl_is_here(); !ok) return std::unexpected(ok.error());
  }
  auto client = http::Client::create(std::move(resolve));
  if (!client) return std::unexpected(client.error());
  return std::unique_ptr<CallRunner>{
      new CallRunner(std::move(node), std::move(destinations), secrets, std::move(*client))};
}

void CallRunner::change(http::Destinations destinations) {
  auto made = std::make_shared<const http::Destinations>(std::move(destinations));
  const std::lock_guard lock(mutex_);
  destinations_ = std::move(made);
}

std::shared_ptr<const http::Destinations> CallRunner::destinations() const {
  const std::lock_guard lock(mutex_);
  return destinations_;
}

Result<std::string> CallRunner::body(const CallRequest& request, Redactor& handed) const {
  if (request.body_secrets.empty()) return request.body;
  auto json = parse_own_json(request.body);
  if (!json) return fail(Errc::invalid, fmt::format("{}: its body is no JSON", origin_of(request.url)));
  for (const auto& [pointer, text] : request.body_secrets) {
    auto value = secrets_.revealed(text, handed);
    if (!value) return std::unexpected(value.error());
    Json& place = (*json)[Json::json_pointer(pointer)];
    place = std::move(*value);
  }
  Result<std::string> whole;
  try {
    whole = json->dump();
  } catch (const Json::type_error&) {
    whole = fail(Errc::invalid, origin_of(request.url) + ": a secret of its body is no UTF-8");
  }
  for (const auto& [pointer, text] : request.body_secrets) {
    wipe((*json)[Json::json_pointer(pointer)].get_ref<std::string&>());
  }
  return whole;
}

Result<http::Outgoing> CallRunner::outgoing(const CallRequest& request, Redactor& handed) const {
  http::Outgoing out;
  out.method = request.method;
  auto url = http::parse_url(request.url);
  if (!url) return std::unexpected(url.error());
  out.url = std::move(*url);
  out.time_limit = request.time_limit;
  out.kept_max = request.kept_max;
  for (const auto& [name, text] : request.headers) {
    auto value = secrets_.revealed(text, handed);
    if (!value) return std::unexpected(value.error());
    out.headers.emplace_back(name, std::move(*value));
  }
  const auto is_agent = [](const auto& header) { return http::same_name(header.first, "User-Agent"); };
  if (!request.cause.empty() && std::ranges::none_of(out.headers, is_agent)) {
    out.headers.emplace_back("User-Agent", fmt::format("aright/{} ({})", ARIGHT_VERSION, request.cause));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    out.headers.emplace_back(key_header, node_ + "-" + request.key);
  }
  auto filled = body(request, handed);
  if (!filled) return std::unexpected(filled.error());
  out.body = std::move(*filled);
  return out;
}

Result<CallOutcome> CallRunner::run(const CallRequest& request, const MaySend& may_send) {
  Redactor handed;
  auto out = outgoing(request, handed);
  if (!out) return std::unexpected(out.error());
  const Wiped wiped{*out};
  auto answer = client_->send(*destinations(), *out, may_send);
  if (!answer) return std::unexpected(answer.error());
  const bool clipped = answer->total > answer->body.size();
  const Redactor redactor = secrets_.redactor(std::move(handed));
  return CallOutcome{.status = answer->status,
                     .answer = redactor.redacted(std::move(answer->body), clipped),
                     .total = answer->total,
                     .clipped = clipped,
                     .cut = cut_of(answer->cut),
                     .trouble = redactor.redacted(std::move(answer->trouble), false),
                     .address = answer->from.text(),
                     .elapsed = answer->elapsed};
}

}  // namespace aright::driver
