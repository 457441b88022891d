#include "driver/notify/message.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/epochs.h"

namespace aright::driver {

namespace {

constexpr std::size_t line_max = 900;  ///< RFC 3164 allows 1024 with its head

std::string without_markup(const std::string& text) {
  std::string made;
  for (const char c : text) {
    switch (c) {
      case '&': made += "&amp;"; break;
      case '<': made += "&lt;"; break;
      case '>': made += "&gt;"; break;
      default: made += c;
    }
  }
  return made;
}

}  // namespace

std::string delivery_id(const NodeName& node, const Notification& n) {
  return fmt::format("{}-{}", node.id, in_epoch(n.epoch, fmt::to_string(n.id)));
}

std::string notification_json(const NodeName& node, const Notification& n) {
  Json data{{"id", delivery_id(node, n)},
            {"notification", n.id},
            {"node", node.id},
            {"host", node.host},
            {"notifier", n.notifier},
            {"notice", n.what.notice},
            {"severity", name(n.what.severity)},
            {"title", n.what.title},
            {"text", n.what.text},
            {"data", n.what.data}};
  if (n.what.run != 0) data["run"] = n.what.run;
  if (n.what.review != 0) data["review"] = n.what.review;
  if (!n.what.finding.empty()) data["finding"] = n.what.finding;
  return Json{{"type", "aright." + n.what.notice}, {"timestamp", rfc3339(n.made.wall)}, {"data", data}}.dump();
}

std::string heading(const NodeName& node, const Notification& n) {
  return fmt::format("[{}] {}: {}", name(n.what.severity), node.host, n.what.title);
}

std::string slack_json(const NodeName& node, const Notification& n) {
  const std::string foot = fmt::format("notification {} of {}", n.id, node.id);
  return Json{{"text", without_markup(heading(node, n) + "\n" + n.what.text + "\n" + foot)}}.dump();
}

std::string one_line(const Notification& n) {
  return clip_text(n.what.text.empty() ? n.what.title : n.what.title + ": " + n.what.text, line_max);
}

int syslog_severity(Level severity) {
  switch (severity) {
    case Level::informational: return 6;
    case Level::low: return 5;
    case Level::medium: return 4;
    case Level::high: return 3;
    case Level::critical: return 2;
  }
  return 6;
}

}  // namespace aright::driver
