#include "engine/builtin_notices.h"

#include <fmt/format.h>

namespace aright::engine {

namespace {

std::string text_of(const Fields& entry, std::string_view key) {
  const Json* value = entry.find(key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::uint64_t number_of(const Fields& entry, std::string_view key) {
  const Json* value = entry.find(key);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

/// A run that has ended is no longer in the projection, and its words then stand in the entry.
NewNotification about_run(std::string word, std::uint64_t run_id, std::uint64_t review, const Projection& projection) {
  NewNotification what{.notice = std::move(word)};
  what.run = run_id;
  what.review = review;
  const auto found = projection.runs().find(what.run);
  if (found == projection.runs().end()) return what;
  const Run& run = found->second;
  what.finding = run.finding;
  what.severity = run.severity;
  what.data = {{"workflow", run.workflow}, {"subject", run.subject}, {"control", run.control}};
  return what;
}

NewNotification about_run(std::string word, const Fields& entry, const Projection& projection) {
  return about_run(std::move(word), number_of(entry, "run"), number_of(entry, "review"), projection);
}

std::string on_what(const NewNotification& what) {
  if (!what.data.contains("workflow")) return {};
  return fmt::format(" ({} on {})", what.data.at("workflow").get<std::string>(),
                     what.data.at("subject").get<std::string>());
}

/// What a step says to people, where its reason does not.
std::string asked_in_words(const std::string& text, const std::string& reason) {
  return text.empty() || reason.ends_with(text) ? reason : text + "\n" + reason;
}

NewNotification waiting_review(NewNotification what, bool tripped, std::string_view reason, std::string_view expires,
                               bool no_only) {
  what.severity = std::max(what.severity, tripped ? Level::high : Level::medium);
  what.title = fmt::format("Review {}: run {} is held{}", what.review, what.run, on_what(what));
  what.text = fmt::format("{}\nall of it: aright runs show {}", reason, what.run);
  if (!no_only) what.text += fmt::format("\nyes: aright reviews approve {} --reason …", what.review);
  what.text += fmt::format("\nno: aright reviews deny {} --reason …\nwithout an answer it expires {}, which denies",
                           what.review, expires);
  return what;
}

/// Last: where a text is too long, its end gives way.
void add_change(NewNotification& what, const std::string& change) {
  if (!change.empty()) what.text += "\n" + change;
}

NewNotification held(const Fields& entry, const Projection& projection, const std::string& change) {
  const bool tripped = text_of(entry, "guard") == "threshold";
  NewNotification what = waiting_review(about_run(tripped ? "threshold" : "review", entry, projection), tripped,
                                        asked_in_words(text_of(entry, "text"), text_of(entry, "reason")),
                                        text_of(entry, "expires_at"), entry.find("only_no") != nullptr);
  add_change(what, change);
  return what;
}

NewNotification in_doubt(const Fields& entry, const Projection& projection) {
  NewNotification what = about_run("unknown", entry, projection);
  what.severity = std::max(what.severity, Level::high);
  what.title = fmt::format("Run {}: what it did is not known{}", what.run, on_what(what));
  what.text = fmt::format(
      "{}\nlook at it: aright runs show {}\nit has happened: aright runs resolve {} --as done --reason …\nit has not: "
      "aright runs resolve {} --as not-done --reason …",
      text_of(entry, "reason"), what.run, what.run, what.run);
  return what;
}

NewNotification not_rolled_back(const Fields& entry, const Projection& projection) {
  NewNotification what = about_run("rollback_failed", entry, projection);
  what.severity = Level::critical;
  what.title = fmt::format("Run {}: what it made could not be taken back", what.run);
  what.text = fmt::format("{}\nlook at it: aright runs show {}", text_of(entry, "reason"), what.run);
  return what;
}

NewNotification delayed(const Fields& entry, const Projection& projection) {
  NewNotification what = about_run("delayed", entry, projection);
  what.severity = Level::critical;
  what.title = fmt::format("Run {} has done nothing yet{}", what.run, on_what(what));
  what.text = fmt::format("it {}\nlook at it: aright runs show {}", text_of(entry, "reason"), what.run);
  return what;
}

NewNotification answer_delayed(const Fields& entry) {
  NewNotification what{.notice = "delayed", .severity = Level::critical};
  const std::string workflow = text_of(entry, "workflow");
  const std::string subject = text_of(entry, "subject");
  what.finding = text_of(entry, "finding");
  what.data = {{"workflow", workflow}, {"subject", subject}, {"control", text_of(entry, "control")}};
  what.title = "A critical finding has no run yet" + on_what(what);
  what.text = fmt::format("it waits: {}: {}\nlook at it: aright explain {}", text_of(entry, "guard"),
                          text_of(entry, "reason"), subject);
  return what;
}

NewNotification breaker_opened(const Fields& entry) {
  NewNotification what{.notice = "breaker", .severity = Level::high};
  what.run = number_of(entry, "run");
  const std::string workflow = text_of(entry, "workflow");
  what.title = fmt::format("The breaker of {} is open: its runs are held", workflow);
  what.text = fmt::format("{}\nlook at it: aright workflows show {}", text_of(entry, "reason"), workflow);
  what.data = {{"workflow", workflow}};
  return what;
}

NewNotification about_source(const Fields& entry, bool gap) {
  NewNotification what{.notice = "source",
                       .severity = gap ? Level::high : Level::critical};  // as what lies behind may be
  const std::string source = text_of(entry, "source");
  what.title = fmt::format("Source {} {}", source, gap ? "has lost something" : "is not read on");
  what.text = fmt::format("{}\nlook at it: aright sources list", text_of(entry, gap ? "note" : "reason"));
  what.data = {{"source", source}};
  return what;
}

NewNotification started(const Fields& entry, bool unclean) {
  NewNotification what{.notice = "node", .severity = unclean ? Level::high : Level::informational};
  what.title = unclean ? "Aright has started; it had ended without a stop" : "Aright has started";
  what.text = unclean ? "It was killed, died, or the machine lost its power. What was under way is looked at: aright "
                        "runs list --open"
                      : "After a stop that was asked for, or for the first time.";
  what.data = {{"version", text_of(entry, "version")}, {"unclean", unclean}};
  return what;
}

}  // namespace

NewNotification review_notice(const Review& review, const Projection& projection, const std::string& change) {
  NewNotification what =
      waiting_review(about_run("review", review.run, review.id, projection), false,
                     asked_in_words(review.text, review.reason), rfc3339(review.expires_at), review.only_no);
  what.text += fmt::format("\nseen, and nobody else need be told: aright reviews acknowledge {}", review.id);
  add_change(what, change);
  return what;
}

NewNotification expired_notice(const Review& review, const std::string& comes, const Projection& projection) {
  NewNotification what = about_run("expired", review.run, review.id, projection);
  what.severity = std::max(what.severity, Level::medium);
  what.title = fmt::format("Review {}: nobody answered, so the answer is no{}", review.id, on_what(what));
  const auto run = projection.runs().find(review.run);
  const bool undo = run != projection.runs().end() && run->second.undo;
  const std::string again =
      undo ? fmt::format("aright runs undo {} --reason …", run->second.undo->run) : "aright rescan";
  what.text = fmt::format("{}\n{}\nlook at it: aright runs show {}\nhave it asked again: {}", comes,
                          asked_in_words(review.text, review.reason), review.run, again);
  return what;
}

std::optional<NewNotification> builtin_notice(std::string_view kind, const Fields& entry, const Projection& projection,
                                              bool unclean, const std::string& change) {
  if (kind == "run.held") return held(entry, projection, change);
  if (kind == "run.unknown") return in_doubt(entry, projection);
  if (kind == "run.rollback_failed") return not_rolled_back(entry, projection);
  if (kind == "run.delayed") return delayed(entry, projection);
  if (kind == "finding.delayed") return answer_delayed(entry);
  if (kind == "breaker.opened") return breaker_opened(entry);
  if (kind == "source.gap" || kind == "source.delayed") return about_source(entry, kind == "source.gap");
  if (kind == "node.started") return started(entry, unclean);
  return std::nullopt;
}

}  // namespace aright::engine
