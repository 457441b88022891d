#include "circles.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "entry_field.h"
#include "log.h"

namespace aright::sim {

namespace {

constexpr std::size_t longest_chain = 6;

bool is_of_a_log(const std::string& subject) { return subject.find('=') != std::string::npos; }

}  // namespace

Circles::Chain Circles::with(Chain chain, Link newest) {
  chain.push_back(std::move(newest));
  if (chain.size() > longest_chain) chain.erase(chain.begin());
  return chain;
}

Json Circles::as_told(const Chain& chain) {
  Json list = Json::array();
  for (const Link& link : chain) {
    list.push_back({{"run", link.run},
                    {"workflow", link.workflow},
                    {"changed", link.changed},
                    {"by", link.by_token ? "identity" : "state"}});
  }
  return list;
}

/// "A restart knows what the last run of each workflow made for the last episode of each finding."
bool Circles::lasts(const Known& known) const {
  const auto answers = answers_.find(known.key);
  if (answers == answers_.end()) return false;
  const auto answer = answers->second.find(known.workflow);
  return answer != answers->second.end() && answer->second.run == known.run;
}

void Circles::started() {
  for (auto& [resource, list] : made_) std::erase_if(list, [&](const Known& k) { return !lasts(k); });
  std::erase_if(asked_, [&](const auto& item) { return !lasts(item.second); });
}

void Circles::definition(const Json& entry) {
  if (text(entry, "definition") == "workflow") versions_[text(entry, "name")] = entry.value("hash", "");
}

/// As the engine marks a state, so that two of its entries can be compared with what was read.
std::string Circles::mark(const std::string& subject, const std::string& state) const {
  const Digest whole = hmac_sha256(world_.key, subject + '\0' + state);
  return hex(std::span(whole).first(16));
}

/// nullopt: nobody has ever read it so.
std::optional<std::string> Circles::state_of(const std::string& subject, const std::string& about) {
  auto& [looked_at, states] = read_[subject];
  const auto readings = world_.readings.find(subject.substr(subject.find(':') + 1));
  const std::size_t all = readings == world_.readings.end() ? 0 : readings->second.size();
  for (; looked_at < all; ++looked_at) {
    const std::string state = canonical_json(readings->second[looked_at].fields).value();
    states[mark(subject, state)] = state;
  }
  const auto known = states.find(about);
  return known == states.end() ? std::nullopt : std::optional(known->second);
}

std::string Circles::finding(const std::string& kind, const Json& entry, const Moment& at, Nanos time) {
  if (kind == "finding.opened") return open(entry, at, time);
  if (kind == "finding.occurred") return occur(entry);
  close(text(entry, "finding"));
  return {};
}

std::string Circles::open(const Json& entry, const Moment& at, Nanos time) {
  Found found;
  found.subject = text(entry, "subject");
  found.key = text(entry, "control") + " " + found.subject;
  found.about = entry.value("about", "");
  if (!found.about.empty() && !state_of(found.subject, found.about)) {
    return found.key + " is found in a state that nobody has read";
  }
  count_returns(found.key, found.about, at, time);
  answers_[found.key].clear();
  last_finding_[found.key] = text(entry, "finding");
  std::string wrong = linked(found, entry, true);
  findings_[text(entry, "finding")] = std::move(found);
  return wrong;
}

std::string Circles::occur(const Json& entry) {
  Found& found = findings_.at(text(entry, "finding"));
  const std::string about = entry.value("about", found.about);
  if (!about.empty() && !state_of(found.subject, about)) {
    return found.key + " occurs in a state that nobody has read";
  }
  const bool anew = about != found.about || is_of_a_log(found.subject);
  found.about = about;
  return linked(found, entry, anew);
}

void Circles::forgotten(const std::string& key) {
  answers_.erase(key);
  returns_.erase(key);
  last_finding_.erase(key);  // what a run on it comes to later, such as an undo, is kept with nothing
}

void Circles::close(const std::string& finding) {
  const auto found = findings_.find(finding);
  if (found == findings_.end()) return;
  for (auto& [id, run] : runs_) {
    if (run.finding == finding) run.left = found->second.chain;
  }
  findings_.erase(found);
}

/// "The very same state came back … in a row": each of those before was put right, and came back as it was.
void Circles::count_returns(const std::string& key, const std::string& about, const Moment& at, Nanos time) {
  std::map<std::string, std::vector<Return>> now;
  for (const auto& [workflow, answer] : answers_[key]) {
    if (about.empty() || answer.state != "succeeded" || answer.about != about) continue;
    now[workflow] = std::move(returns_[key][workflow]);
    now[workflow].push_back({at, time, versions_[workflow]});
  }
  returns_[key] = std::move(now);
}

/// `anew`: another state, or another event. The entry must say of the chain what follows from the entries before it.
std::string Circles::linked(Found& found, const Json& entry, bool anew) {
  const Json before = as_told(found.chain);
  if (anew && !is_of_a_log(found.subject)) found.chain = led_by_state(found.subject, found.about);
  Json said = before;
  if (entry.contains("causes")) {
    said = Json::array();
    for (const Json& cause : entry.at("causes")) {
      said.push_back({{"run", cause.at("run")},
                      {"workflow", cause.at("workflow")},
                      {"changed", cause.at("changed")},
                      {"by", cause.at("by")}});
    }
  }
  if (anew && is_of_a_log(found.subject)) {
    const auto led = led_by_token(found.subject, entry);
    if (!led) return {};  // which of several events was the first is not known
    if (!led->empty()) found.chain = *led;
  }
  if (said == as_told(found.chain)) return {};
  return fmt::format("{} says that {} led to it, and what did is {}", found.key, said.dump(),
                     as_told(found.chain).dump());
}

/// "What is read is … what the last run that made this resource made."
Circles::Chain Circles::led_by_state(const std::string& subject, const std::string& about) {
  const auto made = made_.find(subject);
  const auto state = state_of(subject, about);
  if (!state || made == made_.end() || made->second.empty()) return {};
  const Known& last = made->second.back();
  return last.state == *state ? last.chain : Chain();
}

Circles::Chain Circles::led_by_run(std::uint64_t run) const {
  if (const auto open = runs_.find(run); open != runs_.end()) {
    const Begun& r = open->second;
    return with(chain_of(r), {run, r.workflow, r.version, r.control_hash, r.subject, true});
  }
  const auto ended = asked_.find(run);
  return ended == asked_.end() ? Chain() : ended->second.chain;
}

/// By the first of the events that the entry is about. nullopt: nobody can tell which that is.
std::optional<Circles::Chain> Circles::led_by_token(const std::string& subject, const Json& entry) const {
  const std::string address = subject.substr(subject.find('=') + 1);
  const std::size_t newest = entry.at("offset").get<std::uint64_t>() / log_step;
  std::uint64_t count = entry.value("count", std::uint64_t{1});
  if (newest >= world_.told.size()) return Chain();
  if (count != 1 && !subject.starts_with("host=")) return std::nullopt;
  for (std::size_t i = newest + 1; i-- > 0;) {
    const Told& line = world_.told[i];
    if (line.address != address || --count != 0) continue;
    return line.run == 0 ? Chain() : led_by_run(line.run);
  }
  return std::nullopt;
}

const Circles::Chain& Circles::chain_of(const Begun& run) const {
  const auto found = findings_.find(run.finding);
  static const Chain none;
  if (found != findings_.end()) return found->second.chain;
  return run.left ? *run.left : none;
}

void Circles::created(const Json& entry) {
  Begun run;
  run.finding = text(entry, "finding");
  run.subject = text(entry, "subject");
  run.key = text(entry, "control") + " " + run.subject;
  run.workflow = text(entry, "workflow");
  run.version = text(entry, "version");
  run.control_hash = text(entry, "control_hash");
  const auto found = findings_.find(run.finding);
  run.about = entry.value("about", found == findings_.end() ? std::string() : found->second.about);
  runs_[number(entry, "run")] = std::move(run);
}

void Circles::told(const Json& entry) {
  if (entry.contains("about")) runs_.at(number(entry, "run")).about = text(entry, "about");
}

void Circles::ended(std::uint64_t id, const std::string& state, const std::vector<Made>& made) {
  const Begun run = runs_.at(id);
  Known known{id, run.key, run.workflow, {}, {}};
  const auto link = [&](const std::string& changed, bool by_token) {
    return with(chain_of(run), {id, run.workflow, run.version, run.control_hash, changed, by_token});
  };
  for (const Made& one : made) {
    known.state = one.state;
    known.chain = link(one.resource, false);
    made_[one.resource].push_back(known);
  }
  known.chain = link(run.subject, true);
  if (run.asked) asked_[id] = known;
  // What lapsed was no answer: the one before it stays the last.
  if (state != "lapsed" && last_finding_[run.key] == run.finding)
    answers_[run.key][run.workflow] = {id, state, run.about};
  runs_.erase(id);
}

void Circles::undo_ended(std::uint64_t id, const std::string& state, const std::vector<Made>& made) {
  const Begun run = runs_.at(id);
  auto& answers = answers_[run.key];
  const auto before = answers.find(run.workflow);
  const auto kept = before == answers.end() ? std::nullopt : std::optional(before->second);
  ended(id, state, made);
  if (last_finding_[run.key] != run.finding) return;
  if (state == "taken back" || state == "succeeded") {
    answers[run.workflow].about.clear();
  } else if (kept) {
    answers[run.workflow] = *kept;
  } else {
    answers.erase(run.workflow);
  }
}

std::string Circles::planned_on(std::uint64_t id, const std::string& state) const {
  const Begun& run = runs_.at(id);
  if (run.about.empty() || run.about == mark(run.subject, state)) return {};
  return "is planned on another state of " + run.subject + " than it says";
}

bool Circles::comes_back(std::uint64_t id, const std::vector<std::string>& changes) const {
  const Begun& run = runs_.at(id);
  const Chain& chain = chain_of(run);
  if (chain.size() >= longest_chain) return true;
  return std::ranges::any_of(chain, [&](const Link& link) {
    return link.workflow == run.workflow && link.version == run.version && link.control_hash == run.control_hash &&
           std::ranges::find(changes, link.changed) != changes.end();
  });
}

const std::vector<Circles::Return>& Circles::returns(std::uint64_t id) const {
  static const std::vector<Return> none;
  const Begun& run = runs_.at(id);
  const auto key = returns_.find(run.key);
  if (key == returns_.end()) return none;
  const auto list = key->second.find(run.workflow);
  return list == key->second.end() ? none : list->second;
}

}  // namespace aright::sim
