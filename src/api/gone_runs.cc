#include "api/gone_runs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/answers.h"
#include "model/retention.h"

namespace aright::api {

namespace {

/// nullopt: there was never such a run.
Result<std::optional<WallTime>> begun_at(History& history, std::uint64_t run) {
  const auto first = history.entries_of_run(run, 1);
  if (!first) return std::unexpected(first.error());
  if (first->empty()) return std::optional<WallTime>();
  const auto entry = parse_own_json(first->front().bytes);
  const auto at = entry ? parse_rfc3339(text_in(*entry, "at")) : fail(Errc::corrupt, "no time");
  return at ? std::optional(*at) : std::optional<WallTime>();
}

/// The first that began at `time` or later; the one behind the last: none did.
Result<std::uint64_t> first_since(History& history, WallTime time) {
  std::uint64_t before = 0;  // that began earlier
  std::uint64_t behind = 0;  // that began then, or is none; 0: not known yet
  for (std::uint64_t step = 1; behind == 0 || behind - before > 1;) {
    const std::uint64_t run = behind == 0 ? before + step : before + (behind - before) / 2;
    auto at = begun_at(history, run);
    if (!at) return std::unexpected(at.error());
    const bool earlier = *at && **at < time;
    (earlier ? before : behind) = run;
    step *= 2;
  }
  return behind;
}

/// One that cannot be read has its row all the same, by the row's name.
std::uint64_t number_of(const Json& run) {
  const std::string name = text_in(run, "id");
  return name.empty() ? number_in(run, "id") : as_number(name).value_or(0);
}

}  // namespace

Result<Done> no_row_of_run(History& history, std::uint64_t id) {
  const auto at = begun_at(history, id);
  if (!at) return std::unexpected(at.error());
  return fail(Errc::not_found, no_run(id, at->has_value()));
}

Result<GoneRuns> GoneRuns::of(History& history, WallTime since, WallTime until) {
  const auto first = first_since(history, since);
  if (!first) return std::unexpected(first.error());
  const auto end = first_since(history, until);
  if (!end) return std::unexpected(end.error());
  return GoneRuns(*first, std::max(*first, *end));
}

void GoneRuns::there(const Json& run) {
  const std::uint64_t id = number_of(run);
  if (id >= first_ && id < end_) ++there_;
}

bool GoneRuns::is_in_or_later(const Json& run) const { return number_of(run) >= first_; }

}  // namespace aright::api
