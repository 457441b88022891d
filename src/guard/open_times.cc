#include "guard/open_times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace aright::guard {

namespace {

using namespace std::chrono;

constexpr std::int64_t day_seconds = 86'400;
constexpr int ahead_days = 15;  ///< two weeks: on a day of one the clock may be set over it
constexpr std::array<const char*, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 7> day_words{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::int64_t seconds_of(WallTime at) { return floor<seconds>(at).time_since_epoch().count(); }

std::string clock(minutes at) { return fmt::format("{:02}:{:02}", at / hours{1}, (at % hours{1}).count()); }

minutes end_of(const DaySpan& span) { return span.to > span.from ? span.to : span.to + hours{24}; }

}  // namespace

std::string text(const DaySpan& span) {
  std::vector<std::string> days;
  for (std::size_t i = 1; i <= day_words.size(); ++i) {  // a week as people write it
    if (span.days.at(i % 7)) days.emplace_back(day_words.at(i % 7));
  }
  return fmt::format("{} {} to {}", days.size() == 7 ? "daily" : fmt::to_string(fmt::join(days, ", ")),
                     clock(span.from), clock(span.to));
}

bool ever_open(const TimeWindow& window) {
  std::array<bool, 7UL * 24 * 60> allowed{};
  const auto mark = [&](const std::vector<DaySpan>& spans, bool as) {
    for (const DaySpan& span : spans) {
      for (std::size_t day = 0; day < 7; ++day) {
        if (!span.days.at(day)) continue;
        for (minutes at = span.from; at < end_of(span); at += minutes{1}) {
          allowed.at((day * 24 * 60 + static_cast<std::size_t>(at.count())) % allowed.size()) = as;
        }
      }
    }
  };
  if (window.allow.empty()) allowed.fill(true);
  mark(window.allow, true);
  mark(window.forbid, false);
  return std::ranges::find(allowed, true) != allowed.end();
}

Result<OpenTimes> OpenTimes::make(const TimeWindow& window, const std::string& folder) {
  if (auto fixed = cel::Zone::parse_fixed(window.zone)) return OpenTimes(window, std::move(*fixed));
  auto zone = cel::Zone::load(folder, window.zone);
  if (!zone) return std::unexpected(zone.error());
  return OpenTimes(window, std::move(*zone));
}

/// The first moment at which the clock shows `local` or later. Between two settings of a clock there are days, so that
/// within a day of `local` there is at most one.
std::int64_t OpenTimes::first_shown(std::int64_t local) const {
  const std::int64_t before = zone_.offset_at(local - day_seconds).count();
  const std::int64_t after = zone_.offset_at(local + day_seconds).count();
  if (before == after) return local - before;
  std::int64_t low = local - day_seconds;  // still as before
  std::int64_t set = local + day_seconds;  // as after
  while (set - low > 1) {
    const std::int64_t mid = low + (set - low) / 2;
    (zone_.offset_at(mid).count() == before ? low : set) = mid;
  }
  return local - before < set ? local - before : std::max(set, local - after);
}

/// From this moment on the clock shows `local` or later, and nothing earlier again.
std::int64_t OpenTimes::last_shown(std::int64_t local) const {
  const std::int64_t first = first_shown(local);
  const std::int64_t again = local - zone_.offset_at(local + day_seconds).count();
  // Where the clock is set forward over it, both are the moment of that.
  return zone_.offset_at(again).count() + again == local ? std::max(first, again) : first;
}

std::vector<OpenTimes::Stretch> OpenTimes::stretches(std::int64_t around, int days_before, int days_after) const {
  const sys_days today = floor<days>(sys_seconds{seconds{around} + zone_.offset_at(around)});
  std::vector<Stretch> all;
  const auto add = [&](const std::vector<DaySpan>& spans, bool forbidden) {
    for (int d = -days_before; d <= days_after; ++d) {
      const sys_days day = today + days{d};
      const std::int64_t midnight = sys_seconds{day}.time_since_epoch().count();
      for (const DaySpan& span : spans) {
        if (!span.days.at(weekday{day}.c_encoding())) continue;
        const std::int64_t to = midnight + seconds{end_of(span)}.count();
        all.push_back({first_shown(midnight + seconds{span.from}.count()), forbidden ? last_shown(to) : first_shown(to),
                       forbidden, &span});
      }
    }
  };
  add(window_.allow, false);
  add(window_.forbid, true);
  return all;
}

bool OpenTimes::open_in(const std::vector<Stretch>& stretches, std::int64_t at) const {
  bool allowed = window_.allow.empty();
  for (const Stretch& one : stretches) {
    if (at < one.begin || at >= one.end) continue;
    if (one.forbidden) return false;
    allowed = true;
  }
  return allowed;
}

bool OpenTimes::open(WallTime at) const { return open_in(stretches(seconds_of(at), 2, 1), seconds_of(at)); }

std::optional<WallTime> OpenTimes::opens(WallTime at) const {
  const std::int64_t now = seconds_of(at);
  const auto all = stretches(now, 2, ahead_days + 1);
  if (open_in(all, now)) return at;
  std::vector<std::int64_t> changes;
  changes.reserve(all.size());
  for (const Stretch& one : all) changes.push_back(one.forbidden ? one.end : one.begin);
  std::ranges::sort(changes);
  for (const std::int64_t change : changes) {
    if (change > now + ahead_days * day_seconds) break;  // what is forbidden then is not known
    if (change > now && open_in(all, change)) return WallTime{seconds{change}};
  }
  return std::nullopt;
}

std::string OpenTimes::shown(WallTime at) const {
  const std::int64_t now = seconds_of(at);
  const sys_seconds local{seconds{now} + zone_.offset_at(now)};
  const sys_days day = floor<days>(local);
  return fmt::format("{} {}:{:02} in {}", day_names.at(weekday{day}.c_encoding()),
                     clock(duration_cast<minutes>(local - day)), ((local - day) % minutes{1}).count(), window_.zone);
}

Verdict OpenTimes::verdict(const Now& now) const {
  const std::int64_t at = seconds_of(now.wall);
  const auto around = stretches(at, 2, 1);
  if (open_in(around, at)) return Admit{};
  const auto forbids = std::ranges::find_if(
      around, [&](const Stretch& one) { return one.forbidden && at >= one.begin && at < one.end; });
  const auto opening = opens(now.wall);
  std::string why =
      fmt::format("{} is {}", shown(now.wall),
                  forbids == around.end() ? "outside the allowed times" : "forbidden: " + text(*forbids->span));
  why += opening ? "; it opens " + rfc3339(*opening) : "; it does not open within fifteen days";
  if (window_.hold) return Hold{"window", std::move(why)};
  return Suppress{"window", std::move(why), opening ? *opening - now.wall : Nanos{hours{24}}};
}

}  // namespace aright::guard
