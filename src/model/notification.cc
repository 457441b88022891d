#include "model/notification.h"

#include <algorithm>

#include "base/text.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {

constexpr std::array<std::string_view, 4> notification_states{"queued", "sent", "dead", "dropped"};

constexpr std::string_view erased_title = "A message whose content has been erased";

std::size_t json_bytes(const Json& value) {
  const auto text = canonical_json(value);
  return text ? text->size() : std::string::npos;
}

/// As `clip_text`, but lines stay lines.
std::string clip_lines(std::string_view text, std::size_t bytes_max) {
  std::string all;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t room = bytes_max - std::min(bytes_max, all.size());
    if (room < 8) return all + "…";
    all += clip_text(text.substr(0, end), room);
    if (end == text.size()) return all;
    all += '\n';
    text.remove_prefix(end + 1);
  }
}

/// At most so many bytes as JSON, whatever has to be escaped in it.
std::string fitting_text(const std::string& text, std::size_t json_max,
                         std::string (*clip)(std::string_view, std::size_t)) {
  std::string made = clip(text, json_max);
  for (std::size_t room = json_max; json_bytes(Json(made)) > json_max && room > 16; room -= room / 4) {
    made = clip(text, room - room / 4);
  }
  return made;
}

void number_or_nothing(Json& doc, const char* key, std::uint64_t number) {
  if (number != 0) doc[key] = number;
}

}  // namespace

std::string_view name(NotificationState state) { return word_of(notification_states, state); }
std::optional<NotificationState> parse_notification_state(std::string_view text) {
  return value_of<NotificationState>(notification_states, text);
}

void NewNotification::erase() {
  title = erased_title;
  text = "What it told has been erased.";
  data = Json::object();
}

bool NewNotification::is_urgent() const {
  return severity == Level::critical || notice == "source" || notice == "breaker" || notice == "node";
}

bool NewNotification::erased() const { return title == erased_title; }

NewNotification NewNotification::fitting() const {
  NewNotification made = *this;
  made.notice = clip_text(notice, 40);
  made.title = fitting_text(title, notice_title_max, clip_text);
  made.text = fitting_text(text, notice_text_max, clip_lines);
  made.finding = clip_text(finding, 100);
  if (!data.is_object() || json_bytes(data) > notice_data_max) made.data = {{"left_out", true}};
  return made;
}

Json Notification::to_json() const {
  Json doc{{"id", id},
           {"notifier", notifier},
           {"notice", what.notice},
           {"title", what.title},
           {"text", what.text},
           {"severity", name(what.severity)},
           {"data", what.data},
           {"made_at", rfc3339(made.wall)},
           {"since", rfc3339(since.wall)},
           {"since_boot_us", since.boot / std::chrono::microseconds{1}},
           {"since_boot_id", since.boot_id},
           {"state", aright::name(state)},
           {"tries", tries},
           {"outcome", outcome},
           {"ended_at", json_time(ended_at)}};
  number_or_nothing(doc, "run", what.run);
  number_or_nothing(doc, "review", what.review);
  if (!what.finding.empty()) doc["finding"] = what.finding;
  return doc;
}

Result<Notification> Notification::from_json(const Json& doc) {
  DocReader in(doc, "notification");
  Notification n;
  n.id = in.number("id");
  n.notifier = in.text("notifier");
  n.what.notice = in.text("notice");
  n.what.title = in.text("title");
  n.what.text = in.text("text");
  n.what.severity = in.word("severity", parse_level);
  n.what.data = in.object("data");
  if (in.has("run")) n.what.run = in.number("run");
  if (in.has("review")) n.what.review = in.number("review");
  if (in.has("finding")) n.what.finding = in.text("finding");
  n.made.wall = in.time("made_at");
  n.since = {in.time("since"), in.micros("since_boot_us"), in.text("since_boot_id")};
  n.state = in.word("state", parse_notification_state);
  n.tries = static_cast<std::uint32_t>(in.number("tries"));
  n.outcome = in.text("outcome");
  n.ended_at = in.optional_time("ended_at");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return n;
}

const NotifierRule* NotifyRules::find(std::string_view notifier) const {
  const auto found = std::ranges::find(notifiers, notifier, &NotifierRule::name);
  return found == notifiers.end() ? nullptr : &*found;
}

}  // namespace aright
