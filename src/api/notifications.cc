#include "api/notifications.h"

#include <nlohmann/json.hpp>

#include "api/request_body.h"

namespace aright::api {

Json notifiers_json(const std::vector<engine::NotifierFigures>& notifiers) {
  Json all = Json::array();
  for (const engine::NotifierFigures& n : notifiers) {
    all.push_back({{"notifier", n.notifier},
                   {"queued", n.queued},
                   {"dead", n.dead},
                   {"folding", n.folding},
                   {"sent", n.sent_total},
                   {"failed", n.failed_total},
                   {"trouble", n.trouble}});
  }
  return all;
}

Json failing_json(const std::vector<engine::NotifierFigures>& notifiers) {
  Json all = Json::array();
  for (const engine::NotifierFigures& n : notifiers) {
    if (!n.trouble.empty()) all.push_back({{"notifier", n.notifier}, {"queued", n.queued}, {"trouble", n.trouble}});
  }
  return all;
}

Result<std::optional<engine::Command>> notification_command(const http::Request& request) {
  const bool retries = request.path == "/v1/notifications/retry";
  if (!retries && request.path != "/v1/notifications/test") return std::nullopt;
  auto body = retries ? body_of(request, {"id", "notifier", "all", "to"}) : body_of(request, {"notifier"});
  if (!body) return std::unexpected(body.error());
  const std::string notifier = body->value("notifier", "");
  if (!retries) return engine::TestNotifier{notifier};
  const std::string id_text = body->value("id", "");
  const bool all = body->value("all", "") == "true";
  if ((id_text.empty() ? 0 : 1) + (notifier.empty() ? 0 : 1) + (all ? 1 : 0) != 1) {
    return fail(Errc::invalid, "say which: `id`, `notifier` or `all`");
  }
  std::uint64_t id = 0;
  for (const char c : id_text) {
    if (c < '0' || c > '9' || id > 100'000'000'000) return fail(Errc::invalid, "a notification is named by its number");
    id = id * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (!id_text.empty() && id == 0) return fail(Errc::not_found, "no notification 0");
  return engine::RetryNotifications{id, notifier, body->value("to", "")};
}

}  // namespace aright::api
