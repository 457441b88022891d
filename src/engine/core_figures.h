// What the core counts, and what it cannot read: for status, metrics and whoever watches.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "engine/key_figures.h"

namespace aright::engine {

struct CoreFigures {
  std::uint64_t events{0};
  std::uint64_t reads{0};
  std::uint64_t effects{0};
  std::uint64_t unverified{0};  ///< programs that ended as expected, and nothing confirmed it
  std::uint64_t gaps{0};
  std::uint64_t log_events{0};      ///< records of logs and deliveries that were handled
  std::uint64_t malformed{0};       ///< of those, quarantined
  std::uint64_t waived_events{0};   ///< findings that a waiver kept from opening
  std::uint64_t snapshots{0};       ///< window snapshots written
  std::string snapshot_trouble;     ///< why the last one could not be written; empty: it could
  std::uint64_t delayed{0};         ///< critical findings whose run had not begun, or that had none, after 5 s
  std::uint64_t asked_to_begin{0};  ///< runs that wait, each time they are asked
  std::uint64_t late_messages{0};   ///< dropped because they had no meaning any more
  std::uint64_t refused{0};         ///< resource ids that cannot enter a record
  std::uint64_t reloads{0};         ///< configurations taken since the start
  std::uint64_t reloads_refused{0};
  std::string reload_refusal;                     ///< of the last reload; empty: it was taken, or there was none
  std::map<std::string, std::uint64_t> runs;      ///< ended, by state
  std::map<std::string, std::uint64_t> verdicts;  ///< "threshold hold"
  std::shared_ptr<KeyFigures> keys = std::make_shared<KeyFigures>();
};

/// By the words that each guard can say: all that `CoreFigures::verdicts` counts.
inline constexpr std::pair<std::string_view, std::string_view> verdicts_there_are[] = {
    {"approval", "hold"},       {"approve", "hold"},       {"breaker", "hold"},   {"budget", "hold"},
    {"budget", "suppress"},     {"cool-down", "suppress"}, {"flapping", "hold"},  {"for", "suppress"},
    {"foreign-change", "hold"}, {"held", "suppress"},      {"loop", "hold"},      {"mode", "hold"},
    {"on-failure", "hold"},     {"oscillation", "hold"},   {"plan", "hold"},      {"protected", "hold"},
    {"rollback", "hold"},       {"threshold", "admit"},    {"threshold", "hold"}, {"unknown", "hold"},
    {"when", "hold"},           {"when", "suppress"},      {"window", "hold"},    {"window", "suppress"},
};

/// What cannot be read now: nobody knows whether it is as desired.
struct Trouble {
  std::string error;
  Nanos wait{};  ///< until it is read again, from the last reading; grows
  Nanos due{};   ///< boot time; of a list only
};

}  // namespace aright::engine
