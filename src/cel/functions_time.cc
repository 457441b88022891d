// What a calendar and a clock show of a timestamp, and the parts of a duration.
#include <fmt/format.h>

#include "base/text.h"
#include "cel/functions.h"

namespace aright::cel {

namespace {

using namespace std::chrono;

Outcome<seconds> offset_of(Arguments a, const Context& context) {
  if (a.size() < 2) return seconds{0};
  const std::int64_t utc = a[0].as_timestamp().seconds;
  if (context.prepared != nullptr && context.prepared->zone) return context.prepared->zone->offset_at(utc);
  if (const auto zone = Zone::parse_fixed(a[1].as_text())) return zone->offset_at(utc);
  // Reading a file belongs to compiling, where the same text always gives the same program.
  return fault(
      fmt::format("\"{}\" is no time zone known here: an offset like +02:00 may be computed, a name is written "
                  "into the expression",
                  clip_text(a[1].as_text(), 64)));
}

constexpr const char* system_zones = "/usr/share/zoneinfo";

Result<Prepared> prepare_zone(const std::string& literal, const Preparation& preparation) {
  if (auto zone = Zone::parse_fixed(literal)) return Prepared{nullptr, std::move(zone)};
  auto zone = Zone::load(preparation.zones.empty() ? std::string(system_zones) : preparation.zones, literal);
  if (!zone) return std::unexpected(zone.error());
  return Prepared{nullptr, std::move(*zone)};
}

template <int Civil::* field, int first>
Outcome<Value> part(Arguments a, Context& context) {
  const auto offset = offset_of(a, context);
  if (!offset) return std::unexpected(offset.error());
  return Value::integer(civil(a[0].as_timestamp(), *offset).*field + first);
}
Outcome<Value> milliseconds_of_time(Arguments a, Context& context) {
  if (const auto offset = offset_of(a, context); !offset) return std::unexpected(offset.error());
  return Value::integer(a[0].as_timestamp().nanos / 1'000'000);
}

template <class Unit>
Outcome<Value> whole(Arguments a, Context& /*context*/) {
  return Value::integer(duration_cast<Unit>(a[0].as_duration()).count());
}
Outcome<Value> milliseconds_of_span(Arguments a, Context& /*context*/) {
  return Value::integer(duration_cast<milliseconds>(a[0].as_duration() % seconds{1}).count());
}

std::vector<Overload> make_table() {
  std::vector<Overload> out;
  const auto getter = [&](std::string_view name, Function call) {
    out.push_back({name, Style::method, {Kind::timestamp}, Kind::integer, 1, call});
    out.push_back({name, Style::method, {Kind::timestamp, Kind::text}, Kind::integer, 2, call, prepare_zone});
  };
  getter("getFullYear", part<&Civil::year, 0>);
  getter("getMonth", part<&Civil::month, 0>);
  getter("getDate", part<&Civil::day, 1>);
  getter("getDayOfMonth", part<&Civil::day, 0>);
  getter("getDayOfWeek", part<&Civil::day_of_week, 0>);
  getter("getDayOfYear", part<&Civil::day_of_year, 0>);
  getter("getHours", part<&Civil::hours, 0>);
  getter("getMinutes", part<&Civil::minutes, 0>);
  getter("getSeconds", part<&Civil::seconds, 0>);
  getter("getMilliseconds", milliseconds_of_time);
  const auto of_span = [&](std::string_view name, Function call) {
    out.push_back({name, Style::method, {Kind::duration}, Kind::integer, 0, call});
  };
  of_span("getHours", whole<hours>);
  of_span("getMinutes", whole<minutes>);
  of_span("getSeconds", whole<seconds>);
  of_span("getMilliseconds", milliseconds_of_span);
  return out;
}

}  // namespace

std::span<const Overload> time_overloads() {
  static const std::vector<Overload> table = make_table();
  return table;
}

}  // namespace aright::cel
