// A notification as a mail. Pure.
#pragma once

#include <string>

#include "driver/notify/node_name.h"
#include "model/notification.h"
#include "model/notifier.h"

namespace aright::driver {

/// RFC 5322, lines ended by CR LF, for each try the same: the Message-ID is the delivery's. Whatever a title says, it
/// stays in the subject; the body goes as base64, so that no line of it means anything to a server.
[[nodiscard]] std::string mail_text(const NodeName& node, const SmtpNotifier& how, const Notification& notification);

}  // namespace aright::driver
