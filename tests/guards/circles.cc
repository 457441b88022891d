#include "circles.h"

#include <algorithm>
#include <utility>

namespace aright::timelines {

namespace {

constexpr std::size_t chain_max = 6;

/// "3 times within 24 h, or as often as the threshold admits runs of the workflow."
Oscillation limit_of(const Workflow& w) {
  if (w.guards.oscillation) return *w.guards.oscillation;
  std::vector<std::uint32_t> admits;
  for (const Threshold& t : w.guards.threshold) {
    if (t.per == Per::workflow) admits.push_back(t.runs);
  }
  return {*std::ranges::min_element(admits), std::chrono::hours{24}};
}

}  // namespace

std::string Circles::attempt(const std::string& control) const {
  const auto found = revisions_.find(control);
  return control + " " + std::to_string(found == revisions_.end() ? 0 : found->second);
}

/// "What is read is what the last run that made this resource made."
Circles::Chain Circles::led_to(const std::string& resource, const std::string& state) const {
  const auto found = made_.find(resource);
  return found == made_.end() || found->second.first != state ? Chain{} : found->second.second;
}

/// "The very same state came back … in a row": each time after the workflow had put it right.
void Circles::opened(const std::string& control, const std::string& subject, const std::string& state,
                     const Clock& at) {
  auto& all = episodes_[control + " " + subject];
  Episode next{state, led_to(subject, state), {}, {}};
  for (const Workflow& w : config_.workflows) {
    const Oscillation limit = limit_of(w);
    if (all.empty() || limit.returns == 0) continue;
    const auto answer = all.back().answers.find(w.name);
    if (answer == all.back().answers.end()) continue;
    if (answer->second.how != "succeeded" || answer->second.state != state) continue;
    std::vector<Clock> moments = all.back().returns[w.name];
    moments.push_back(at);
    if (moments.size() > limit.returns + 1) moments.erase(moments.begin());
    next.returns[w.name] = std::move(moments);
  }
  all.push_back(std::move(next));
}

void Circles::seen(const std::string& control, const std::string& subject, const std::string& state) {
  Episode& now = episodes_.at(control + " " + subject).back();
  if (now.state == state) return;
  now.state = state;
  now.chain = led_to(subject, state);
}

void Circles::begun(const Workflow& w, const std::string& control, const std::string& subject, std::uint64_t run) {
  const std::string finding = control + " " + subject;
  const auto& all = episodes_.at(finding);
  runs_[run] = {w.name, attempt(control), finding, all.size() - 1, all.back().state};
}

void Circles::ended(std::uint64_t run, const std::string& how, const std::map<std::string, std::string>& made) {
  const Begun& begun = runs_.at(run);
  auto& all = episodes_.at(begun.finding);
  Answer answer{how, begun.state, {}, ++ends_};
  for (const auto& [resource, state] : made) {
    Chain chain = all.at(begun.episode).chain;
    chain.push_back({begun.workflow, begun.attempt, resource});
    if (chain.size() > chain_max) chain.erase(chain.begin());
    answer.made[resource] = {state, std::move(chain)};
  }
  if (begun.episode + 1 != all.size()) return;  // "of an episode that another has followed, nothing"
  for (const auto& [resource, result] : answer.made) made_[resource] = result;
  all.back().answers[begun.workflow] = std::move(answer);
}

/// "A restart knows what the last run of each workflow for the last episode of each finding made."
void Circles::restarted() {
  std::map<std::string, std::size_t> newest;
  made_.clear();
  for (const auto& [finding, all] : episodes_) {
    for (const auto& [workflow, answer] : all.back().answers) {
      for (const auto& [resource, result] : answer.made) {
        if (newest[resource] > answer.order) continue;
        newest[resource] = answer.order;
        made_[resource] = result;
      }
    }
  }
}

/// "Held where its workflow, in the same version and for the same control, and something it would change are in the
/// chain already. A chain of six is held whoever is next."
bool Circles::loops(const Workflow& w, const std::string& control, const std::string& subject,
                    const std::vector<std::string>& changes) const {
  const Chain& chain = episodes_.at(control + " " + subject).back().chain;
  if (chain.size() >= chain_max) return true;
  for (const Link& link : chain) {
    const bool changed = std::ranges::find(changes, link.changed) != changes.end();
    if (link.workflow == w.name && link.attempt == attempt(control) && changed) return true;
  }
  return false;
}

bool Circles::oscillates(const Workflow& w, const std::string& control, const std::string& subject,
                         const Clock& now) const {
  const Oscillation limit = limit_of(w);
  const auto& returns = episodes_.at(control + " " + subject).back().returns;
  const auto found = returns.find(w.name);
  if (limit.returns == 0 || found == returns.end()) return false;
  const auto recent =
      std::ranges::count_if(found->second, [&](const Clock& at) { return elapsed_ms(at, now) < ms(limit.within); });
  return recent > limit.returns;
}

}  // namespace aright::timelines
