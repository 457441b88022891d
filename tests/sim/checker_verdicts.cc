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
  if (kind == "verdict.suppressed" && own && !first_verdicts_.insert(text(e, "finding") + " " + by).second) {
    violation("says twice that it is the first: " + by);
  }
  if (kind == "verdict.suppressed" && !own && !first_verdicts_.contains(text(e, "finding") + " " + by)) {
    violation("leaves out a finding's first: " + by);
  }
  if (kind == "verdict.waived" && !waived_.contains(text(e, "control") + " " + text(e, "subject"))) {
    violation("says that something is waived which is not");
  }
  const std::string minute = minute_of(text(e, "at"));
  const std::uint64_t up = number(e, "up");
  VerdictMinute& last = verdict_minutes_[by][minute];
  const bool goes_on = last.life == life_ && !last.told && up - last.up < minute_length;
  if (goes_on && !own) violation("is a second entry of its minute: " + by);
  if (!goes_on) last = {life_, up, false};
}

void Checker::counted_verdicts(const std::string& by, const Json& e) {
  auto& minutes = verdict_minutes_[by];
  const auto known = minutes.find(minute_of(text(e, "minute")));
  const bool follows = known != minutes.end() && known->second.life == life_ && !known->second.told;
  if (!follows || number(e, "count") == 0) violation("counts decisions that no entry goes before: " + by);
  known->second.told = true;
  counted_ += number(e, "count");
}

}  // namespace aright::sim
