// A configuration takes the place of another: at the start that of the last life, in a reload the one in force.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "engine/core.h"
#include "engine/definition_fields.h"
#include "engine/reviewing.h"

namespace aright::engine {

namespace {

/// Whether `control` would read `subject` again. What is no resource, only its control can tell.
bool looks_at(const Control& control, const std::string& subject) {
  if (control.driver.empty()) return true;
  if (!subject.starts_with(control.driver + ":")) return false;
  const std::string id = subject.substr(control.driver.size() + 1);
  const std::string folder = id.substr(0, id.rfind('/'));
  return std::ranges::find(control.select.ids, id) != control.select.ids.end() ||
         std::ranges::find(control.select.within, folder) != control.select.within.end();
}

/// A folder of rules may hold thousands that nobody answers.
void count_from_zero(KeyFigures& keys, const Config& config) {
  std::set<std::string> workflows;
  std::set<std::string> controls;
  for (const Workflow& w : config.workflows) workflows.insert(w.name);
  for (const Control& c : config.controls) {
    const auto answers = [&](const Workflow& w) { return w.answers_to(c); };
    if (std::ranges::any_of(config.workflows, answers)) controls.insert(c.name);
  }
  keys.in_force(std::move(workflows), std::move(controls));
}

bool only_steers(const Workflow& w) {
  return std::ranges::none_of(w.steps, [](const Step& step) { return step.ensure() != nullptr || step.is_errand(); });
}

/// Whether it finds by the same what it found before, whoever it belongs to and whatever it is called.
bool finds_the_same(const Control& now, const Control& before) {
  const auto looked_for = [](const Control& control) {
    Json doc = control.to_json();
    for (const char* key : {"title", "tags", "owner", "review_by_ms", "every_ms", "authors"}) doc.erase(key);
    return doc;
  };
  return looked_for(now) == looked_for(before);
}

/// They are kept under one name; who changed one is told of that one.
std::vector<std::string> limits_changed(const RunLimits& before, const RunLimits& now) {
  std::vector<std::string> changed;
  const auto compare = [&](const std::string& key, auto was, auto is) {
    if (was != is) changed.push_back(fmt::format("limits {} {} to {}", key, was, is));
  };
  compare("runs", before.runs, now.runs);
  compare("waiting", before.waiting, now.waiting);
  compare("findings", before.findings, now.findings);
  compare("subjects", before.subjects, now.subjects);
  compare("subject", before.subject, now.subject);
  compare("held", before.held, now.held);
  if (before.drivers != now.drivers) changed.emplace_back("limits drivers changed");
  return changed;
}

}  // namespace

/// Whatever is derived from the configuration in force.
void Core::index_config() {
  hashes_.clear();
  judges_.clear();
  whens_.clear();
  by_id_.clear();
  by_folder_.clear();
  guarding_.reconfigured();
  notices_.configure(config_.notify);
  acting_.clear();
  const Demands demands(config_.controls);
  for (const Workflow& w : config_.workflows) {
    acting_[w.name] = {w.version(), demands.on(w)};
    hashes_["workflow " + w.name] = w.version();
    workflows_[w.version()] = w;
    whens_.emplace(w.name, workflow::When::make(w));
  }
  for (const SharedBudget& b : config_.budgets) hashes_["budget " + b.name] = b.hash();
  for (const Team& t : config_.teams) hashes_["team " + t.name] = t.hash();
  at_work_.change(config_.limits);
  backlog_.free_all();
  if (config_.limits != RunLimits{}) {
    hashes_["limits runs"] = hex(sha256(canonical_json(config_.limits.to_json()).value_or(std::string())));
  }
  for (const Control& c : config_.controls) {
    hashes_["control " + c.name] = c.hash();
    controls_[c.hash()] = c;
    if (c.on_events()) continue;
    judges_.emplace(c.name, detect::Judge::make(c));
    for (const std::string& id : c.select.ids) by_id_[c.driver + ":" + id].push_back(&c);
    for (const std::string& folder : c.select.within) by_folder_[c.driver + ":" + folder].push_back(&c);
  }
  count_from_zero(*figures_.keys, config_);
}

/// Records what differs from the definitions last recorded, and says what: "control motd changed".
std::vector<std::string> Core::note_definitions(const Identity* editor) {
  std::vector<std::string> changed;
  const std::map<std::string, std::string> before = projection_.definitions();
  const Reviewing reviewing(*this);
  const auto note = [&](const std::string& kind, const std::string& name, const Json& doc, Fields more = {}) {
    const std::string key = kind + " " + name;
    const std::string& hash = hashes_.at(key);
    const auto known = before.find(key);
    if (known != before.end() && known->second == hash) return;
    Fields fields = std::move(more);
    fields.add({{"definition", kind}, {"name", name}, {"hash", hash}});
    if (known != before.end()) fields["old"] = known->second;
    record("definition.loaded", std::move(fields));
    out_.definitions.push_back({hash, kind, canonical_json(doc).value_or(std::string())});
    changed.push_back(key + (known == before.end() ? " added" : " changed"));
  };
  for (const Control& c : config_.controls) {
    Fields fields = reviewing.dated("control " + c.name, c.origin, editor);
    const auto old = before.find("control " + c.name);
    const auto known = old == before.end() ? controls_.end() : controls_.find(old->second);
    if (c.on_events() || (known != controls_.end() && finds_the_same(c, known->second))) fields["keeps_told"] = true;
    note("control", c.name, c.to_json(), std::move(fields));
  }
  for (const Workflow& w : config_.workflows) {
    Fields fields = fields_of(w);
    fields.append(reviewing.dated("workflow " + w.name, w.origin, editor));
    if (only_steers(w)) fields["keeps_told"] = true;
    note("workflow", w.name, w.to_json(), std::move(fields));
  }
  for (const Team& t : config_.teams) {
    const auto decided = asking_.deciders.find(t.name);
    const bool as_before = decided != asking_.deciders.end() && decided->second == deciders(&t);
    note("team", t.name, t.to_json(), as_before ? Fields{} : reviewing.dated(t, editor));
  }
  asking_.deciders.clear();
  for (const Team& t : config_.teams) asking_.deciders[t.name] = deciders(&t);
  for (const SharedBudget& b : config_.budgets) note("budget", b.name, b.budget.to_json(), fields_of(b));
  if (config_.limits != RunLimits{}) note("limits", "runs", config_.limits.to_json());
  for (const auto& [key, hash] : before) {
    if (hashes_.contains(key)) continue;
    const auto space = key.find(' ');
    Fields fields{{"definition", key.substr(0, space)}, {"name", key.substr(space + 1)}, {"old", hash}};
    const auto& editors = projection_.ages().editors(key);
    if (!editors.empty()) fields["editors"] = short_list(editors);
    record("definition.removed", std::move(fields));
    changed.push_back(key + " removed");
  }
  return changed;
}

/// Nobody would ever read these subjects again, so nobody could say that they are right.
void Core::dismiss_orphans() {
  std::vector<std::pair<std::string, std::string>> orphans;
  for (const auto& [id, finding] : projection_.findings()) {
    const auto control = std::ranges::find(config_.controls, finding.control, &Control::name);
    if (control == config_.controls.end()) {
      orphans.emplace_back(id, "control removed");
    } else if (!looks_at(*control, finding.subject)) {
      orphans.emplace_back(id, "the control no longer looks at it");
    }
  }
  for (const auto& [id, why] : orphans) close_finding(id, FindingState::dismissed, why);
}

/// The subjects of open findings: a folder's list does not name what was deleted.
void Core::read_findings(const std::string& source, std::uint64_t offset) {
  for (const auto& [id, finding] : projection_.findings()) {
    if (const auto resource = resource_of(finding.subject)) read(*resource, source, offset);
  }
}

/// Troubles of what nobody looks at any more are no longer anybody's.
void Core::forget_unwatched() {
  std::set<std::string> lists;
  for (const Control& control : config_.controls) {
    if (!control.select.within.empty()) lists.insert("list of control " + control.name);
  }
  std::erase_if(troubles_, [&](const auto& item) {
    const auto colon = item.first.find(':');
    if (lists.contains(item.first)) return false;
    return colon == std::string::npos ||
           controls_about({item.first.substr(0, colon), item.first.substr(colon + 1)}).empty();
  });
}

/// Those that neither the configuration nor an open run needs.
void Core::forget_definitions() {
  std::set<std::string> needed;
  for (const auto& [key, hash] : hashes_) needed.insert(hash);
  for (const auto& [id, r] : projection_.runs()) {
    needed.insert(r.version);
    needed.insert(r.control_hash);
  }
  const auto unneeded = [&](const auto& item) { return !needed.contains(item.first); };
  std::erase_if(workflows_, unneeded);
  std::erase_if(controls_, unneeded);
}

/// The ceiling is no part of a workflow's version.
std::vector<std::string> Core::rules_changed(const Reload& to) const {
  std::vector<std::string> changed;
  if (to.tests.rule != tests_rule_) {
    changed.push_back(fmt::format("tests {} to {}", name(tests_rule_), name(to.tests.rule)));
  }
  for (const Workflow& now : to.config.workflows) {
    const auto before = std::ranges::find(config_.workflows, now.name, &Workflow::name);
    if (before == config_.workflows.end() || before->mode == now.mode) continue;
    changed.push_back(fmt::format("workflow {} ceiling {} to {}", now.name, name(before->mode), name(now.mode)));
  }
  return changed;
}

/// Of everything in force, so that two entries can be told to speak of the same.
std::string Core::config_hash() const {
  std::string text;
  for (const auto& [key, hash] : hashes_) text += key + " " + hash + "\n";
  for (const Workflow& w : config_.workflows) text += fmt::format("{} {}\n", w.name, name(w.mode));
  for (const std::string& path : config_.protected_paths) text += path + "\n";
  if (tests_rule_ != TestsRule::off) text += fmt::format("tests {}\n", name(tests_rule_));
  return hex(sha256(text));
}

Result<Json> Core::carry_out(const Reload& command, const Identity& who) {
  if (draining_)
    return fail(Errc::unavailable, "stopping; the new configuration is read at the next start", Retry::yes);
  const std::string old = config_hash();
  std::vector<std::string> rules = rules_changed(command);
  const std::map<std::string, Mode> modes = Reviewing(*this).modes();
  const RunLimits limits = std::exchange(config_, command.config).limits;
  index_config();
  change_rules(command.rules);
  asking_.teams = command.teams;
  std::vector<std::string> changed = note_definitions(&who);
  for (const std::string& what : changed) {
    const auto end = what.rfind(' ');
    if (!what.starts_with("workflow ") || !what.ends_with(" changed")) continue;
    const std::string prefix = what.substr(9, end - 9) + " ";
    for (auto& [key, left] : left_) left.news = left.news || key.starts_with(prefix);  // the new one may do better
  }
  std::erase_if(changed, [](const std::string& what) { return what.starts_with("limits "); });
  std::ranges::move(limits_changed(limits, config_.limits), std::back_inserter(changed));
  std::ranges::move(rules, std::back_inserter(changed));
  for (const std::string& what : command.beside) changed.push_back(line(what));
  tests_rule_ = command.tests.rule;
  record("config.reloaded", {{"by", line(who.user)},
                             {"groups", short_list(who.groups)},
                             {"old", old},
                             {"new", config_hash()},
                             {"changes", changed.size()},
                             {"changed", short_list(changed)}});
  VersionLines lines = take_tests(command.tests);
  ++figures_.reloads;
  figures_.reload_refusal.clear();
  dismiss_orphans();
  Reviewing(*this).date_definitions();
  Reviewing(*this).lapse_outdated();
  Reviewing(*this).watch_all();
  asking_.ages_due.reset();
  forget_unwatched();
  forget_definitions();
  read_all("reload", projection_.entries());
  answer_events(false);
  std::vector<std::string> waiting = Reviewing(*this).still_asked_since(modes);
  tell(false,
       fmt::format("configuration reloaded by {}: {}, {}, {}", who.user, counted(config_.controls.size(), "control"),
                   counted(config_.workflows.size(), "workflow"), counted(changed.size(), "change")));
  return Json{{"reloaded", true},
              {"controls", config_.controls.size()},
              {"workflows", config_.workflows.size()},
              {"changed", changed},
              {"untested", std::move(lines.untested)},
              {"unplanned", std::move(lines.unplanned)},
              {"waiting", std::move(waiting)}};
}

Result<Json> Core::carry_out(const ReloadRefused& command, const Identity& who) {
  record("config.refused", {{"by", line(who.user)},
                            {"groups", short_list(who.groups)},
                            {"mistakes", command.mistakes},
                            {"first", line(command.first)}});
  ++figures_.reloads_refused;
  figures_.reload_refusal = command.mistakes < 2
                                ? command.first
                                : fmt::format("{}: the first of {} mistakes", command.first, command.mistakes);
  tell(true, fmt::format("reload by {} refused, the configuration in force stays: {}, the first: {}", who.user,
                         counted(command.mistakes, "mistake"), command.first));
  return Json{{"reloaded", false}};
}

}  // namespace aright::engine
