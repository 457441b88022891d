#include "engine/answer_text.h"

#include <fmt/format.h>

#include "engine/projection.h"

namespace aright::engine {

namespace {

std::string time_until(Nanos span) {
  return format_duration(std::chrono::ceil<std::chrono::seconds>(std::max(span, Nanos{std::chrono::seconds{1}})));
}

constexpr const char* left_out_holds =
    "its conditions left all of its steps out, so nothing is done until more is seen; `rescan` weighs them again";

/// The same of what happened in a log: nothing of it can be read again.
std::string answer_holds_on_events(std::string_view ended) {
  if (ended == "denied") return "a person said no, so nothing more is done for this finding, not by `rescan` either";
  if (ended == "expired") {
    return "nobody answered its review in time, so nothing more is done until more of it comes; `rescan` asks again";
  }
  if (ended == called_off) {
    return "a person ended it, so nothing more is done for this finding, not by `rescan` either; `runs retry` tries "
           "again";
  }
  if (ended == taken_back) return "nothing more is done for this finding, not by `rescan` either; `runs retry` does";
  if (ended == left_out) return left_out_holds;
  if (ended == "planned") return "nothing more is done in mode plan for this finding";
  return "nothing more is done for this finding";
}

/// How long the answer of a run that ended so holds.
std::string answer_holds(std::string_view ended) {
  if (ended == "denied") {
    return "a person said no to exactly this, so nothing more is done while it reads so, not by `rescan` either; "
           "another state is answered anew";
  }
  if (ended == "expired") {
    return "nobody answered its review in time, so nothing more is done while it reads so; `rescan` asks again";
  }
  if (ended == "rollback_failed") {
    return "nothing more is done while it reads so; once its review is decided, `rescan` tries again";
  }
  if (ended == called_off) {
    return "a person ended it, so nothing more is done while it reads so, not by `rescan` either; `runs retry` tries "
           "again, and another state is answered anew";
  }
  if (ended == only_steered) {
    return "it only told, asked or waited, which is not done again while it reads so, not by `rescan` either; `runs "
           "retry` does; another state is answered anew";
  }
  if (ended == taken_back) {
    return "nothing more is done while it reads so, not by `rescan` either; `runs retry` does; another state is "
           "answered anew";
  }
  if (ended == left_out) return left_out_holds;
  if (ended == "planned") return "nothing more is done in mode plan while it reads so; another state is planned anew";
  return "nothing more is done for this finding";
}

/// What would become of a run at that moment; empty: it would begin.
std::string hindered(const Guarding& guarding, const Candidate& it, const Now& at) {
  if (const auto wait = guarding.waits(it, at)) return fmt::format("{}: {}", wait->guard, wait->reason);
  if (it.mode <= Mode::propose) return {};  // a plan, or a question, which no guard holds
  const auto held = guarding.holds(it, at);
  return held ? fmt::format("it would be held: {}: {}", held->guard, held->reason) : std::string();
}

}  // namespace

std::string_view ended_word(std::string_view ended) {
  if (ended == called_off || ended == left_out) return "cancelled";
  return ended == only_steered || ended == taken_back ? "succeeded" : ended;
}

std::string is_answered(std::string_view ended, const Control& control) {
  const std::string holds = control.on_events() ? answer_holds_on_events(ended) : answer_holds(ended);
  if (ended == taken_back) return "what its last run had done was undone, which is an answer: " + holds;
  if (ended == called_off) return "its last run was called off, which is an answer: " + holds;
  return fmt::format("its last run ended {}, which is an answer: {}", ended_word(ended), holds);
}

std::string is_tried_again(const Guarding& guarding, const Candidate& it, const Now& now, Nanos wait,
                           const std::string& stop) {
  if (!stop.empty())
    return fmt::format("its time comes in {}, but nothing of it begins now: {}", time_until(wait), stop);
  const Now then{now.wall + std::chrono::duration_cast<WallTime::duration>(wait), now.boot + wait, now.boot_id};
  const std::string at_once = hindered(guarding, it, now);
  const std::string later = hindered(guarding, it, then);
  if (at_once.empty() && later.empty())
    return fmt::format("tried again in {}, or at once by `rescan`", time_until(wait));
  if (at_once.empty()) return fmt::format("at once by `rescan`; its time comes in {}, but {}", time_until(wait), later);
  if (later.empty())
    return fmt::format("tried again in {}; now `rescan` does not get it done: {}", time_until(wait), at_once);
  return fmt::format("its time comes in {}, but neither then nor by `rescan` now does it run: {}", time_until(wait),
                     at_once);
}

std::string refusal_told(const LastAnswer& last) {
  const bool expired = last.state == "expired";
  return fmt::format(
      "what run {} had changed was taken back, since {}, which is an answer: nothing more is done while it reads so{}; "
      "`runs retry {}` tries again; another state is answered anew, and so is this one under another definition or "
      "after a waiver",
      last.refused, expired ? "nobody answered the question of its step in time" : "a person said no to its step",
      expired ? ", `rescan` asks again" : ", not by `rescan` either", last.refused);
}

}  // namespace aright::engine
