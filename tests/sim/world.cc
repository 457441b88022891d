#include "world.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aright::sim {

using namespace std::chrono_literals;

Json World::state(const std::string& path) const {
  const auto found = states.find(path);
  return found == states.end() ? Json{{"exists", false}} : found->second;
}

void World::set(const std::string& path, Json fields) {
  held[path].insert(canonical_json(state(path)).value());
  held[path].insert(canonical_json(fields).value());
  if (fields.at("exists") == true) {
    states[path] = std::move(fields);
  } else {
    states.erase(path);
  }
  if (changed) changed(path);
}

bool World::secret(const Json& fields) { return fields.contains("mode") && fields.at("mode") == "0600"; }

Json good_content(const std::string& path) {
  return Json::array({"# kept by us", "good " + path.substr(path.rfind('/') + 1), "# end", ""});
}

/// A line more, less or other; now and then something else altogether, or so much that no entry holds the difference.
Json World::edited(Json lines) {
  const std::string line = fmt::format("outsider {}", ++outsiders_);
  const std::uint64_t what = chance.below(100);
  if (lines.empty() || what < 15) return Json::array({line});
  const std::uint64_t place = chance.below(lines.size());
  if (what < 20) {
    for (int i = 0; i < 60; ++i) lines.push_back(fmt::format("{}, line {} of many", line, i));
  } else if (what < 45) {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place), line);
  } else if (what < 65 && lines.size() > 1) {
    lines.erase(place);
  } else {
    lines[place] = line;
  }
  return lines;
}

void World::outsider(const std::string& path) {
  if (chance.percent(15) && state(path).at("exists") == true) return set(path, {{"exists", false}});
  Json fields = state(path);
  fields["exists"] = true;
  if (!fields.contains("mode") || chance.percent(30)) fields["mode"] = chance.percent(50) ? "0600" : "0666";
  if (!fields.contains("content") || chance.percent(80)) {
    fields["content"] = edited(fields.value("content", Json::array()));
  }
  set(path, std::move(fields));
}

void World::about_to_write() {
  if (crash_at && *crash_at == 2 * writes) {
    crash_at.reset();
    ++writes;
    throw Crash{};
  }
}

void World::has_written() {
  const bool dies = crash_at && *crash_at == 2 * writes + 1;
  ++writes;
  if (!dies) return;
  crash_at.reset();
  throw Crash{};
}

Result<State> SimDriver::read(const ResourceId& resource) {
  World& w = world_;
  w.may_hang(w.faults.hang / 2, 60'000);
  if (w.faults.on && w.chance.percent(w.faults.unreadable)) {
    w.unreadable_until[resource.id] = w.now.boot + Nanos{1s} * (w.chance.percent(70) ? 1 : 8);
  }
  const auto until = w.unreadable_until.find(resource.id);
  if (until != w.unreadable_until.end() && w.now.boot < until->second) {
    return fail(Errc::unavailable, resource.id + ": cannot be read just now \xFF", Retry::yes);
  }
  Json fields = w.state(resource.id);
  w.readings[resource.id].push_back({++w.order, w.now.boot, w.now.boot_id, fields});
  const bool secret = World::secret(fields);
  return State{std::move(fields), secret};
}

Result<std::vector<std::string>> SimDriver::list(const Select& select) {
  world_.may_hang(world_.faults.hang / 2, 60'000);
  if (world_.faults.on && world_.chance.percent(world_.faults.unreadable)) {
    return fail(Errc::unavailable, "the folder cannot be read just now", Retry::yes);
  }
  std::vector<std::string> ids = select.ids;
  for (const auto& [path, fields] : world_.states) {
    for (const std::string& folder : select.within) {
      if (path.starts_with(folder + "/")) ids.push_back(path);
    }
  }
  std::ranges::sort(ids);
  return ids;
}

Result<Plan> SimDriver::plan(const ResourceId& resource, const Desired& desired) {
  auto before = read(resource);
  if (!before) return std::unexpected(before.error());
  Plan plan{.before = *before, .after = *before, .names = {}, .strength = Strength::detected};
  for (const auto& [key, value] : desired.fields.items()) plan.names.push_back(key);
  plan.after.fields["exists"] = true;
  if (!plan.after.fields.contains("mode")) plan.after.fields["mode"] = "0644";
  if (!plan.after.fields.contains("content")) plan.after.fields["content"] = Json::array({""});
  plan.after.fields.update(desired.fields);
  if (desired.fields.value("exists", true) == false) plan.after.fields = {{"exists", false}};
  plan.before.sensitive = plan.before.sensitive || desired.sensitive;
  plan.after.sensitive = World::secret(plan.after.fields) || desired.sensitive;
  return plan;
}

Result<ApplyOutcome> SimDriver::compare_and_set(const ApplyRequest& request, std::uint64_t asked, bool late) {
  World& w = world_;
  const std::string& path = request.resource.id;
  const Json current = w.state(path);
  if (current == request.plan.after.fields) return ApplyOutcome::already;
  if (current != request.plan.before.fields) {
    return fail(Errc::conflict, path + ": is neither as planned before nor as planned after");
  }
  const Effect effect{++w.order, path, request.key, current, request.plan.after.fields, late, asked};
  if (!late) w.about_to_write();
  if (w.before_effect) w.before_effect(effect);
  w.effects.push_back(effect);
  w.set(path, effect.after);
  if (!late) w.has_written();
  return ApplyOutcome::applied;
}

/// It has been asked and does not answer. What it does is done somewhere in between or after its time limit, when
/// nobody waits any more, or the process has died; or never.
Result<ApplyOutcome> SimDriver::hanging(const ApplyRequest& request) {
  World& w = world_;
  const std::uint64_t asked = w.order;
  const Nanos limit = w.chance.millis(120'000);
  const std::uint64_t what = w.chance.below(3);
  if (what == 0)
    w.later([this, request, asked] { (void)compare_and_set(request, asked, true); }, w.chance.millis(180'000));
  w.hang(limit);
  if (what == 1) return compare_and_set(request, asked, true);
  return fail(Errc::timeout, "no answer in time");
}

Result<ApplyOutcome> SimDriver::apply(const ApplyRequest& request) {
  World& w = world_;
  const Faults& f = w.faults;
  const std::uint64_t asked = w.order;
  const auto forced = w.forced.find(request.resource.id);
  if (forced != w.forced.end()) {
    if (forced->second == Errc::denied) return fail(Errc::denied, "the simulated system does not allow it");
    (void)compare_and_set(request, asked, false);
    w.unreadable_until[request.resource.id] = w.now.boot + Nanos{20s};
    return fail(Errc::timeout, "no answer in time");
  }
  if (!f.on) return compare_and_set(request, asked, false);
  if (w.chance.percent(f.outsider)) w.outsider(request.resource.id);
  if (w.chance.percent(f.fail_before)) {
    return fail(w.chance.percent(50) ? Errc::denied : Errc::no_space, "refused",
                w.chance.percent(50) ? Retry::yes : Retry::no);
  }
  if (w.chance.percent(f.lie)) return ApplyOutcome::applied;
  if (w.chance.percent(f.late)) {
    w.later([this, request, asked] { (void)compare_and_set(request, asked, true); }, w.chance.millis(9000));
    return fail(Errc::timeout, "no answer in time");
  }
  if (w.hang && w.chance.percent(f.hang)) return hanging(request);
  auto outcome = compare_and_set(request, asked, false);
  if (w.chance.percent(f.outsider)) w.outsider(request.resource.id);
  if (w.chance.percent(f.fail_after)) return fail(Errc::unavailable, "lost the connection", Retry::yes);
  return outcome;
}

}  // namespace aright::sim
