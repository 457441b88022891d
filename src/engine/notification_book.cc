#include "engine/notification_book.h"

#include <algorithm>

namespace aright::engine {

namespace {

Json folded_json(const Folded& folded) {
  Json titles = Json::array();
  Json severities = Json::array();
  for (const auto& [severity, title] : folded.worst) {
    titles.push_back(title);
    severities.push_back(name(severity));
  }
  return {{"count", folded.count},
          {"notices", folded.notices},
          {"titles", std::move(titles)},
          {"severities", std::move(severities)},
          {"severity", name(folded.severity)},
          {"first", json_time(folded.first)}};
}

Result<Folded> folded_from(const Json& doc) {
  DocReader in(doc, "context folded");
  Folded folded;
  folded.count = in.number("count");
  for (const auto& [word, count] : in.object("notices").items()) {
    if (!count.is_number_unsigned()) in.wrong("notices");
    folded.notices[word] = count.is_number_unsigned() ? count.get<std::uint64_t>() : 0;
  }
  const std::vector<std::string> titles = in.texts("titles");
  const std::vector<std::string> severities =
      in.has("severities") ? in.texts("severities") : std::vector<std::string>();
  for (std::size_t i = 0; i < titles.size(); ++i) {  // one that an older Aright wrote has no severities
    const auto severity = i < severities.size() ? parse_level(severities[i]) : std::optional(Level::informational);
    if (!severity) in.wrong("severities");
    folded.worst.emplace_back(severity.value_or(Level::informational), titles[i]);
  }
  folded.severity = in.word("severity", parse_level);
  folded.first = in.optional_time("first");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return folded;
}

Result<NotifierCount> count_from(const Json& doc) {
  DocReader in(doc, "context notifier");
  NotifierCount count;
  if (in.has("since")) count.since = Moment{in.time("since"), in.micros("up"), in.text("boot_id")};
  count.told = in.number("told");
  if (in.has("folded")) {
    auto folded = folded_from(in.object("folded"));
    if (!folded) return std::unexpected(folded.error());
    count.folded = std::move(*folded);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return count;
}

NewNotification what_of(DocReader& in) {
  NewNotification what{.notice = in.text("notice")};
  what.title = in.text("title");
  what.text = in.text("text");
  what.severity = in.word("severity", parse_level);
  what.data = in.object("data");
  if (in.has("run")) what.run = in.number("run");
  if (in.has("review")) what.review = in.number("review");
  if (in.has("finding")) what.finding = in.text("finding");
  return what;
}

}  // namespace

void Folded::remember(Level which, const std::string& title) {
  const auto below = std::ranges::find_if(worst, [which](const auto& one) { return one.first < which; });
  worst.emplace(below, which, title);
  if (worst.size() > titles_max) worst.pop_back();
}

std::size_t NotificationBook::queued(const std::string& notifier) const {
  const auto found = queued_.find(notifier);
  return found == queued_.end() ? 0 : found->second.size();
}

const NotifierCount& NotificationBook::count_of(const std::string& notifier) const {
  static const NotifierCount none;
  const auto found = counts_.find(notifier);
  return found == counts_.end() ? none : found->second;
}

void NotificationBook::file(const Notification& n) {
  if (n.state == NotificationState::queued) queued_[n.notifier].insert(n.id);
  if (n.state == NotificationState::dead) dead_.insert(n.id);
}

void NotificationBook::unfile(const Notification& n) {
  dead_.erase(n.id);
  const auto found = queued_.find(n.notifier);
  if (found == queued_.end()) return;
  found->second.erase(n.id);
  if (found->second.empty()) queued_.erase(found);
}

std::optional<Notification> NotificationBook::queue(DocReader& in, const Moment& at) {
  Notification n;
  n.id = in.number("notification");
  n.notifier = in.text("notifier");
  n.what = what_of(in);
  n.made = at;
  n.since = at;
  if (n.id != next_) in.wrong("notification");
  if (!in.finish()) return std::nullopt;
  ++next_;
  NotifierCount& count = counts_[n.notifier];
  if (in.has("window")) {
    count.since = at;
    count.told = 0;
  }
  if (!n.is_test()) ++count.told;
  if (in.has("folds")) count.folded = {};
  file(n);
  all_[n.id] = n;
  return n;
}

void NotificationBook::fold(DocReader& in, const Moment& at) {
  Folded& folded = counts_[in.text("notifier")].folded;
  const std::string word = in.text("notice");
  const std::string title = in.text("title");
  const Level severity = in.word("severity", parse_level);
  ++folded.count;
  const bool known = folded.notices.contains(word) || folded.notices.size() < Folded::words_max;
  ++folded.notices[known ? word : "others"];
  folded.remember(severity, title);
  folded.severity = std::max(folded.severity, severity);
  if (!folded.first) folded.first = at.wall;
}

void NotificationBook::forget_titles() {
  for (auto& [notifier, count] : counts_) count.folded.worst.clear();
}

std::optional<Notification> NotificationBook::apply(const std::string& kind, DocReader& in, const Moment& at) {
  if (kind == "notification.queued") return queue(in, at);
  if (kind == "notification.folded") return fold(in, at), std::nullopt;
  const auto found = all_.find(in.number("notification"));
  if (found == all_.end()) return in.wrong("notification"), std::nullopt;
  Notification& n = found->second;
  unfile(n);
  if (kind == "notification.retried") {
    if (in.has("to")) n.notifier = in.text("to");
    n.state = NotificationState::queued;
    n.since = at;
    n.tries = 0;
    n.ended_at.reset();
  } else if (kind == "notification.failed" || kind == "notification.sent" || kind == "notification.dead") {
    n.tries = static_cast<std::uint32_t>(in.number("tries"));
    n.outcome = in.text("outcome");
    if (kind == "notification.sent") n.state = NotificationState::sent;
    if (kind == "notification.dead") n.state = NotificationState::dead;
    if (kind != "notification.failed") n.ended_at = at.wall;
  } else if (kind == "notification.erased") {
    n.what.erase();
    n.outcome.clear();  // the other side may have said it after us
  } else if (kind == "notification.dropped" && n.state == NotificationState::dead) {
    n.state = NotificationState::dropped;
  } else {
    in.wrong("kind");
  }
  file(n);
  Notification now = n;
  if (now.state == NotificationState::sent || now.state == NotificationState::dropped) all_.erase(found);
  return now;
}

Result<Done> NotificationBook::load(const Json& row) {
  auto n = Notification::from_json(row);
  if (!n) return std::unexpected(n.error());
  file(*n);
  const std::uint64_t id = n->id;
  all_[id] = std::move(*n);
  return Done{};
}

Json NotificationBook::context() const {
  if (next_ == 1 && counts_.empty()) return {};
  Json notifiers = Json::object();
  for (const auto& [notifier, count] : counts_) {
    Json& doc = notifiers[notifier] = {{"told", count.told}};
    if (count.since) {
      doc["since"] = rfc3339(count.since->wall);
      doc["up"] = count.since->boot / std::chrono::microseconds{1};
      doc["boot_id"] = count.since->boot_id;
    }
    if (count.folded.count != 0) doc["folded"] = folded_json(count.folded);
  }
  return {{"next", next_}, {"notifiers", notifiers}};
}

Result<Done> NotificationBook::load_context(const Json& doc) {
  DocReader in(doc, "context notifications");
  next_ = in.number("next");
  for (const auto& [notifier, one] : in.object("notifiers").items()) {
    auto count = count_from(one);
    if (!count) return std::unexpected(count.error());
    counts_[notifier] = std::move(*count);
  }
  return in.finish();
}

}  // namespace aright::engine
