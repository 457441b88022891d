#include "engine/outdated.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "engine/record.h"
#include "model/kept_contents.h"

namespace aright::engine {

namespace {

void add_contents(const Run& run, std::set<std::string>& into) {
  for (const RunStep& step : run.steps) aright::add_contents(step, into);
}

/// Contents by which something open goes on after a restart.
std::set<std::string> needed(const Projection& projection) {
  std::set<std::string> ids;
  for (const auto& [id, run] : projection.runs()) {
    add_contents(run, ids);
    if (run.finding_was && run.finding_was->evidence) ids.insert(run.finding_was->evidence->id);
  }
  for (const auto& [id, finding] : projection.findings()) {
    if (finding.evidence) ids.insert(finding.evidence->id);
  }
  return ids;
}

bool is_being_undone(const Projection& projection, std::uint64_t run) {
  return std::ranges::any_of(projection.runs(),
                             [&](const auto& item) { return item.second.undo && item.second.undo->run == run; });
}

bool is_open(const Projection& projection, const RowName& row) {
  if (row.table == "finding") return projection.findings().contains(row.id);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(row.id.data(), row.id.data() + row.id.size(), number);
  if (error != std::errc() || end != row.id.data() + row.id.size()) return true;  // none of ours
  if (row.table == "run") return projection.runs().contains(number) || is_being_undone(projection, number);
  if (row.table == "review") return projection.reviews().contains(number);
  if (row.table == "notification") return projection.notifications().all().contains(number);
  return row.table != "waiver" || projection.waivers().contains(number);
}

/// What is still to be delivered, or may be tried again. A run that is open needs its question as it is; one made of
/// several tells no more of any.
std::vector<std::uint64_t> notices_of(const Projection& projection, const Erase& command) {
  std::vector<std::uint64_t> list;
  for (const auto& [id, notice] : projection.notifications().all()) {
    const std::uint64_t run = notice.what.run;
    const bool about_it = command.runs.contains(run) && !projection.runs().contains(run);
    if (!notice.what.erased() && (about_it || (command.folded && notice.what.is_summary()))) list.push_back(id);
  }
  return list;
}

std::vector<std::string> without(const std::vector<std::string>& ids, const std::set<std::string>& kept) {
  std::vector<std::string> rest;
  std::ranges::copy_if(ids, std::back_inserter(rest), [&](const std::string& id) { return !kept.contains(id); });
  return rest;
}

}  // namespace

Result<Going> to_go(const Projection& projection, const Forget& command, const Identity&) {
  Going going{{}, "retention.applied", {}, {}, {}};
  going.what.contents = without(command.what.contents, needed(projection));
  std::map<std::string, std::uint64_t> counts;
  for (const RowName& row : command.what.rows) {
    if (is_open(projection, row)) continue;
    ++counts[row.table];
    going.what.rows.push_back(row);
  }
  going.what.rows_before = command.what.rows_before;
  going.entry = {{"contents", going.what.contents.size()}, {"rows", counts}};
  if (!going.what.rows.empty()) going.entry["rows_before"] = rfc3339(going.what.rows_before);
  going.answer = {{"contents", going.what.contents.size()}, {"rows", going.what.rows.size()}};
  return going;
}

Result<Going> to_go(const Projection& projection, const Erase& command, const Identity& who) {
  for (const auto& [id, run] : projection.runs()) {
    if (run.subject != command.subject) continue;
    return fail(Errc::conflict,
                fmt::format("run {} about {} is {}: it needs what it has read; `aright runs cancel {}` ends it", id,
                            command.subject, name(run.state), id));
  }
  Going going{{}, "contents.erased", {}, {}, notices_of(projection, command)};
  if (command.contents.empty() && going.notices.empty()) {
    return fail(Errc::not_found, fmt::format("no contents of {} are kept; a subject is named as findings name it, such "
                                             "as file:/etc/motd",
                                             command.subject));
  }
  std::set<std::string> others;
  for (const auto& [id, run] : projection.runs()) add_contents(run, others);
  going.what.contents = without(command.contents, others);
  going.what.erased = true;
  const std::size_t kept = command.contents.size() - going.what.contents.size();
  going.entry = {{"subject", command.subject},
                 {"contents", going.what.contents.size()},
                 {"by", line(who.user)},
                 {"groups", short_list(who.groups)},
                 {"reason", line(command.reason)}};
  if (command.folded) going.entry["folded"] = true;
  if (who.alone) going.entry["break_glass"] = true;
  going.answer = {{"subject", command.subject}, {"erased", going.what.contents.size()}, {"kept", kept}};
  going.answer["messages_emptied"] = going.notices.size();
  going.answer["entries_that_tell"] = command.told;
  if (command.told != 0) {
    going.answer["note"] =
        "those entries name what it was or became, what was asked for or who was told: an entry cannot be changed, or "
        "no proof would hold. It is shown no "
        "more, but stays in the log and its copies; only what not everybody may read, and steps with `sensitive: "
        "true`, are kept out of entries beforehand";
  }
  if (command.more) going.answer["note"] = "it has more than may go at once: ask again";
  return going;
}

}  // namespace aright::engine
