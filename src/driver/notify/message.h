// A notification in the words of each receiver. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "driver/notify/node_name.h"
#include "model/notification.h"

namespace aright::driver {

/// "NODE-12", or "NODE-9f2c01ab-12" in a later epoch: the same for every try, so that a repeated delivery can be told.
[[nodiscard]] std::string delivery_id(const NodeName& node, const Notification& notification);

/// {"type": "aright.review", "timestamp": …, "data": {…}}: for webhooks and programs.
[[nodiscard]] std::string notification_json(const NodeName& node, const Notification& notification);

/// "[high] web1: It waits".
[[nodiscard]] std::string heading(const NodeName& node, const Notification& notification);

/// {"text": …} as Slack's incoming webhooks take it. What would be markup there (`<!channel>`, links) is only text.
[[nodiscard]] std::string slack_json(const NodeName& node, const Notification& notification);

/// One line without control characters: "title: text".
[[nodiscard]] std::string one_line(const Notification& notification);

/// The severity as syslog counts it (RFC 5424, table 2).
[[nodiscard]] int syslog_severity(Level severity);

}  // namespace aright::driver
