#include "cli/scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/scan_plan.h"
#include "cli/sshd_elsewhere.h"
#include "detect/judge.h"

namespace aright::cli {

namespace {

ScanItem look(Driver& driver, const Control& control, const detect::Judge& judge, const std::string& id) {
  ScanItem item;
  item.control = control.name;
  item.resource = {control.driver, id};
  const auto state = driver.read(item.resource);
  if (!state) {
    item.status = ScanStatus::unreadable;
    item.note = state.error().message;
    return item;
  }
  auto differs = judge.differs(item.resource, *state);
  if (!differs) {
    item.status = ScanStatus::unreadable;
    item.note = differs.error().message;
    return item;
  }
  item.differs = std::move(*differs);
  if (!item.differs.empty()) item.status = ScanStatus::violation;
  Elsewhere elsewhere = sshd_elsewhere(driver, control, *state, id);
  if (!elsewhere.contradicts.empty()) {
    item.status = ScanStatus::violation;
    elsewhere.contradicts += "; no fix of this file changes that: put it right there";
  } else if (item.differs.empty() && !elsewhere.unknown.empty()) {
    item.status = ScanStatus::unreadable;
  }
  for (const std::string& more : {elsewhere.contradicts, elsewhere.unknown, elsewhere.besides}) {
    if (!more.empty()) item.note += (item.note.empty() ? "" : "; ") + more;
  }
  return item;
}

ScanItem unlisted(const Control& control, std::string why) {
  ScanItem item;
  item.control = control.name;
  item.resource.driver = control.driver;
  item.status = ScanStatus::unreadable;
  item.note = std::move(why);
  return item;
}

void look_at_all(const Config& config, const Control& control, const Drivers& drivers, bool plans, WallTime now,
                 std::vector<ScanItem>& items) {
  if (control.on_events()) return;  // there is nothing of them to look at now
  const auto found = drivers.find(control.driver);
  if (found == drivers.end()) return items.push_back(unlisted(control, "no driver for resource " + control.driver));
  const auto ids = found->second->list(control.select);
  if (!ids) return items.push_back(unlisted(control, ids.error().message));
  if (ids->empty()) return items.push_back(unlisted(control, "there is nothing to look at"));
  const auto judge = detect::Judge::make(control);
  if (!judge) return items.push_back(unlisted(control, judge.error().message));
  for (const std::string& id : *ids) {
    items.push_back(look(*found->second, control, *judge, id));
    if (plans && !items.back().differs.empty()) {
      add_plan(config, drivers, control, {.wall = now, .boot = {}, .boot_id = {}}, items.back());
    }
  }
}

}  // namespace

std::string_view name(ScanStatus status) {
  switch (status) {
    case ScanStatus::compliant: return "compliant";
    case ScanStatus::violation: return "violation";
    case ScanStatus::fixed: return "fixed";
    case ScanStatus::ended: return "ended";
    case ScanStatus::unreadable: return "unreadable";
    case ScanStatus::waived: return "waived";
  }
  return "";
}

Json ScanItem::difference() const {
  Json all = Json::array();
  for (const ScanChange& change : changes) all.insert(all.end(), change.difference.begin(), change.difference.end());
  return all;
}

std::size_t Scan::count(ScanStatus status) const {
  return static_cast<std::size_t>(std::ranges::count(items, status, &ScanItem::status));
}

bool Scan::only_of_events() const {
  const auto own = [](const Control& c) { return c.kind != ControlKind::builtin; };
  return std::ranges::any_of(controls, own) && std::ranges::all_of(controls, &Control::on_events);
}

bool Scan::clean() const {
  return (!items.empty() || only_of_events()) && !has_errors(diagnostics) && count(ScanStatus::violation) == 0 &&
         count(ScanStatus::unreadable) == 0;
}

Scan scan(const Config& config, const Drivers& drivers, bool plans, WallTime now) {
  Scan result{config.controls, {}, {}};
  for (const Control& control : config.controls) look_at_all(config, control, drivers, plans, now, result.items);
  return result;
}

Scan after_fix(const Scan& before, Scan after, const FixOutcomes& outcomes) {
  for (ScanItem& item : after.items) {
    const auto was = std::ranges::find_if(before.items, [&](const ScanItem& b) {
      return b.control == item.control && b.resource == item.resource && b.status == ScanStatus::violation;
    });
    if (was == before.items.end()) continue;
    const auto own = outcomes.find(item.control + " " + item.resource.text());
    if (own != outcomes.end()) item.note = own->second.note;
    if (item.status != ScanStatus::compliant) continue;
    item.status = own != outcomes.end() && own->second.succeeded ? ScanStatus::fixed : ScanStatus::ended;
    if (item.status == ScanStatus::ended) item.note = "compliant since" + (item.note.empty() ? "" : ", " + item.note);
    item.differs = was->differs;
    item.changes = was->changes;
    item.steps = was->steps;
  }
  return after;
}

}  // namespace aright::cli
