// What the shell tells about itself: figures, and the definitions in force.
#include <fmt/format.h>

#include "engine/growing_old.h"
#include "engine/shell.h"
#include "model/intake.h"
#include "model/withheld.h"

namespace aright::engine {

namespace {
constexpr std::size_t events_max = 4;             ///< batches of events that wait; more stay where they are
constexpr std::size_t unreadable_shown_max = 20;  ///< the status is made anew with every commit
/// When people have last looked at it, and who has changed it since another one did.
void add_age(Json& doc, const Core& core, const std::string& key) {
  const Age* age = core.projection().ages().find(key);
  if (age == nullptr) return;
  doc["looked_at"] = rfc3339(age->since);
  if (age->overdue) doc["overdue"] = true;
  if (!age->editors.empty()) doc["editors"] = age->editors;
}

/// Who is in it, who is told, and who next when nobody answers, as it is written.
Json team_json(const Team& t) {
  Json doc{{"team", t.name},           {"members", t.members()}, {"quorum", t.quorum}, {"separate", t.separates()},
           {"notifiers", t.notifiers}, {"ladder", Json::array()}};
  for (const Rung& rung : t.ladder) {
    Json one{{"after", rung.after == Nanos::zero() ? "0s" : format_duration(rung.after)}};
    if (!rung.notify.empty()) one["notify"] = rung.notify;
    if (!rung.team.empty()) one["team"] = rung.team;
    doc["ladder"].push_back(std::move(one));
  }
  return doc;
}

/// Who set its mode, when and why; older logs do not say it.
void add_who_set(Json& doc, const ModeSet& set) {
  if (!set.at) return;
  doc["set_mode"] = name(set.mode);
  doc["set_by"] = set.by;
  doc["set_at"] = rfc3339(*set.at);
  doc["set_reason"] = set.reason;
}

/// As it is written, and how far it goes now.
Json workflow_json(const Core& core, const Workflow& w) {
  Json doc = withheld(w.to_json());
  doc["mode"] = name(core.mode_of(w));
  doc["ceiling"] = name(w.mode);
  doc["version"] = w.version();
  const ModesSet& modes = core.projection().modes();
  if (const auto set = modes.find(w.name); set != modes.end()) add_who_set(doc, set->second);
  add_age(doc, core, "workflow " + w.name);
  if (std::string why = core.capped(w); !why.empty()) doc["capped"] = std::move(why);
  return doc;
}

std::vector<std::pair<std::string, std::string>> capped_in(const Core& core) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Workflow& w : core.config().workflows) {
    if (std::string why = core.capped(w); !why.empty()) all.emplace_back(w.name, std::move(why));
  }
  return all;
}

/// `due`: what is said of each that has to be looked at; what another field says already is taken out of it.
Json definitions_shown(const Core& core, std::map<std::string, std::string>& due) {
  const Projection& projection = core.projection();
  Json docs{{"controls", Json::array()}, {"workflows", Json::array()}, {"teams", Json::array()}};
  const auto add = [&](const std::string& kind, const std::string& name, Json doc) {
    const auto found = due.find(fmt::format("{} {}", kind, name));
    const bool said = doc.contains("capped") && doc.contains("overdue");
    if (found != due.end() && !said) doc["due"] = found->second;
    if (found != due.end() && said) due.erase(found);
    docs[kind + "s"].push_back(std::move(doc));
  };
  for (const Team& t : core.config().teams) {
    Json doc = team_json(t);
    add_age(doc, core, "team " + t.name);
    add("team", t.name, std::move(doc));
  }
  for (const Control& c : core.config().controls) {
    Json doc = withheld(c.to_json());
    doc["hash"] = projection.definitions().at("control " + c.name);
    add_age(doc, core, "control " + c.name);
    add("control", c.name, std::move(doc));
  }
  for (const Workflow& w : core.config().workflows) add("workflow", w.name, workflow_json(core, w));
  return docs;
}

void take_figures(Status& s, const CoreFigures& figures) {
  s.events_total = figures.events;
  s.reads_total = figures.reads;
  s.effects_total = figures.effects;
  s.unverified_total = figures.unverified;
  s.source_gaps_total = figures.gaps;
  s.log_events_total = figures.log_events;
  s.malformed_total = figures.malformed;
  s.waived_events_total = figures.waived_events;
  s.delayed_total = figures.delayed;
  s.snapshots_total = figures.snapshots;
  s.snapshot_trouble = figures.snapshot_trouble;
  s.late_messages_total = figures.late_messages;
  s.refused_ids_total = figures.refused;
  s.reloads_total = figures.reloads;
  s.reloads_refused_total = figures.reloads_refused;
  s.reload_refusal = figures.reload_refusal;
  s.keys = figures.keys;
  s.runs_total.assign(figures.runs.begin(), figures.runs.end());
  s.verdicts_total.assign(figures.verdicts.begin(), figures.verdicts.end());
}

}  // namespace

void Shell::refresh_status() {
  const CoreFigures& figures = core_->figures();
  const Projection& projection = core_->projection();
  Status s;
  s.ready = true;
  s.paused = core_->paused();
  s.pauses = projection.pauses();
  s.no_space = reserve_released_;
  s.store_trouble = store_trouble_.empty() ? low_why_ : store_trouble_;
  s.entries = tree_.size();
  s.checkpoint_size = checkpoint_size_;
  s.findings_open = projection.findings().size();
  s.runs_open = projection.runs().size();
  s.reviews_open = projection.reviews().size();
  take_figures(s, figures);
  s.waits = core_->waits();
  s.crowding = core_->crowding();
  s.waivers = projection.waivers().size();
  s.commits_total = commits_;
  s.inconclusive = core_->troubles().size();
  for (const auto& [subject, trouble] : core_->troubles()) {
    if (s.unreadable.size() == unreadable_shown_max) break;
    s.unreadable.emplace_back(subject, trouble.error);
  }
  s.last_commit = last_commit_;
  for (const Workflow& w : core_->config().workflows) {
    if (w.guards.breaker) s.breakers.emplace_back(w.name, projection.breaker(w.name) != nullptr);
  }
  s.capped = capped_in(*core_);
  s.notifiers = core_->notifiers();
  Json docs;
  const bool changed = !shown_modes_ || *shown_modes_ != projection.modes() || shown_reloads_ != figures.reloads ||
                       shown_versions_ != projection.versions() || shown_ages_ != projection.ages();
  if (changed) {
    shown_modes_ = projection.modes();
    shown_reloads_ = figures.reloads;
    shown_versions_ = projection.versions();
    shown_ages_ = projection.ages();
    shown_due_ = due_texts(core_->config(), projection.ages());
    docs = definitions_shown(*core_, shown_due_);
  }
  s.due.assign(shown_due_.begin(), shown_due_.end());
  {
    const std::scoped_lock lock(inbox_mutex_);
    stores_ = !reserve_released_ && store_trouble_.empty();
    crowding_ = s.crowding;
  }
  const std::scoped_lock lock(status_mutex_);
  status_ = std::move(s);
  if (changed) definitions_ = std::move(docs);
}

Status Shell::status() const {
  Status copy;
  {
    const std::scoped_lock lock(status_mutex_);
    copy = status_;
  }
  const std::scoped_lock lock(inbox_mutex_);
  copy.inbox = inbox_.size();
  copy.hints_lost_total = hints_lost_total_;
  copy.held_back = parts_.gate.closed();
  copy.paused = copy.held_back.contains(PauseScope::everything());
  return copy;
}

bool Shell::takes_events(const std::string& source) const {
  const std::scoped_lock lock(inbox_mutex_);
  return stores_ && events_ < events_max && !crowding_.contains(source);
}

std::optional<Intake> Shell::intake(const std::string& source) const {
  std::string doc;
  {
    const std::scoped_lock lock(status_mutex_);
    const auto found = intakes_.find(source);
    if (found == intakes_.end()) return std::nullopt;
    doc = found->second;
  }
  const auto parsed = parse_own_json(doc);
  auto intake = parsed ? Intake::from_json(*parsed) : Result<Intake>(std::unexpected(parsed.error()));
  return intake ? std::optional(std::move(*intake)) : std::nullopt;
}

std::vector<Lane> Shell::logs_done(const std::string& source) const {
  const auto known = intake(source);
  return known ? known->log_lanes() : std::vector<Lane>{};
}

std::optional<std::uint64_t> Shell::deliveries_done(const std::string& source) const {
  const auto known = intake(source);
  return known ? known->deliveries_done() : std::nullopt;
}

std::vector<std::string> Shell::looks_for(const std::string& source) const {
  auto known = intake(source);
  return known ? std::move(known->looks_for) : std::vector<std::string>{};
}

Json Shell::intakes() const {
  const std::scoped_lock lock(status_mutex_);
  Json all = Json::array();
  for (const auto& [source, doc] : intakes_) {
    if (auto parsed = parse_own_json(doc)) all.push_back(std::move(*parsed));
  }
  return all;
}

Json Shell::definitions() const {
  const std::scoped_lock lock(status_mutex_);
  return definitions_;
}

}  // namespace aright::engine
