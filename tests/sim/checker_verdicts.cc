// What the checker asks of decisions not to act: each finding's first by a guard is an entry, of the others one a
// minute, and what is counted follows such an entry.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

namespace {

constexpr std::uint64_t minute_length = 60'000'000;  ///< µs

std::string minute_of(const std::string& time) { return time.substr(0, std::string("2026-11-28T10:38").size()); }

/// How much of its minute is left, in µs.
std::uint64_t left_of_minute(const std::string& time) {
  const std::int64_t since = parse_rfc3339(time).value().time_since_epoch() / std::chrono::microseconds{1};
  return minute_length - static_cast<std::uint64_t>(since) % minute_length;
}

/// Of a guard and a workflow, or of a waiver.
std::string decided_by(const std::string& kind, const Json& e) {
  if (e.contains("waiver")) return fmt::format("waiver {}", number(e, "waiver"));
  return (kind == "run.observed" ? std::string("mode") : text(e, "guard")) + " " + text(e, "workflow");
}

}  // namespace

void Checker::verdict(const std::string& kind, const Json& e) {
  const std::string by = decided_by(kind, e);
  if (kind == "verdicts.counted") return counted_verdicts(by, e);
  const bool own = kind == "run.observed" ? !e.value("again", false) : e.value("first", false);
  const auto first = first_verdicts_.find(e.value("finding", "") + " " + by);
  if (kind == "verdict.suppressed" && own) {
    if (first != first_verdicts_.end() && first->second) violation("says twice that it is the first: " + by);
    first_verdicts_[text(e, "finding") + " " + by] = true;
  }
  if (kind == "verdict.suppressed" && !own && first == first_verdicts_.end()) {
    violation("leaves out a finding's first: " + by);
  }
  if (kind == "verdict.waived" && !waived_.contains(text(e, "control") + " " + text(e, "subject"))) {
    violation("says that something is waived which is not");
  }
  // By the boot clock from its beginning on: whoever sets the wall clock does not begin another.
  const std::uint64_t up = number(e, "up");
  VerdictMinute& last = verdict_minutes_[by];
  const bool goes_on = last.life == life_ && !last.told && up < last.over;
  if (goes_on && !own) violation("is a second entry of its minute: " + by);
  if (!goes_on) last = {life_, up + left_of_minute(text(e, "at")), minute_of(text(e, "at")), false};
}

/// Another version of a workflow may be asked anew.
void Checker::asked_anew(const std::string& workflow) {
  for (auto& [decision, sure] : first_verdicts_) sure = sure && !decision.ends_with(" " + workflow);
}

void Checker::counted_verdicts(const std::string& by, const Json& e) {
  const auto known = verdict_minutes_.find(by);
  const bool follows = known != verdict_minutes_.end() && known->second.life == life_ && !known->second.told &&
                       known->second.minute == minute_of(text(e, "minute"));
  if (!follows || number(e, "count") == 0) violation("counts decisions that no entry goes before: " + by);
  known->second.told = true;
  counted_ += number(e, "count");
}

}  // namespace aright::sim
