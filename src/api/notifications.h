// Notifications and notifiers over HTTP.
#pragma once

#include <optional>
#include <vector>

#include "base/json.h"
#include "engine/operators.h"
#include "http/message.h"

namespace aright::api {

/// What each notifier has, and what is wrong with it.
[[nodiscard]] Json notifiers_json(const std::vector<engine::NotifierFigures>& notifiers);
/// The names of those whose last try failed, each with why.
[[nodiscard]] Json failing_json(const std::vector<engine::NotifierFigures>& notifiers);

/// POST /v1/notifications/retry ({"id"} or {"notifier"} or {"all"}, and {"to"}) and /v1/notifications/test
/// ({"notifier"}). Errc::invalid: it says none of them, or more than one.
[[nodiscard]] Result<std::optional<engine::Command>> notification_command(const http::Request& request);

}  // namespace aright::api
