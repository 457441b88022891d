// For the property test of approvals: in its own words, from the entries and the configuration in force alone, what
// must hold of every effect and of every question.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/projection.h"
#include "model/workflow.h"

namespace aright::engine::test {

class ApprovalsWatcher {
 public:
  /// A configuration comes into force; `by`: who reloaded it, empty: a start has read it.
  void in_force(const Config& config, const std::string& by) {
    const auto hashes = hashes_of(config);
    for (const auto& [key, hash] : hashes) {
      const auto known = hashes_.find(key);
      const bool changed = known == hashes_.end() || known->second != hash;
      if (changed && !by.empty()) editors_[key].insert(by);
    }
    hashes_ = hashes;
    for (const Workflow& w : config.workflows) {
      for (const Step& step : w.steps) {
        if (step.approve() != nullptr) asked_by_step_[w.version()] = step.approve()->quorum;
      }
    }
    config_ = config;
  }
  void look(const std::vector<Json>& entries) {
    for (; seen_ < entries.size(); ++seen_) take(entries[seen_]);
  }
  /// Between two commands: no question is left that was asked under another definition, or of other people.
  void look_at_questions(const Projection& now) const {
    for (const auto& [id, review] : now.reviews()) {
      const auto run = now.runs().find(review.run);
      if (run == now.runs().end() || run->second.state != RunState::held) continue;
      RC_ASSERT(reviews_.at(id).under == under(run->second.workflow, run->second.control));
      if (effects_of(review.run) != 0) continue;
      RC_ASSERT(run->second.version == version(run->second.workflow));
      RC_ASSERT(run->second.control_hash == control(run->second.control));
    }
  }

  std::size_t effects{0};        ///< that people have let go
  std::size_t lapsed{0};         ///< reviews
  std::size_t asked_again{0};    ///< about runs that had made something
  std::size_t programs{0};       ///< started, that people have let go
  std::size_t told{0};           ///< notices of steps, that people have let go
  std::size_t without_teams{0};  ///< questions that several people have said yes to

 private:
  struct Plan {
    std::string content;  ///< before and after, as committed to
    std::string after;    ///< alone: of a program's request
    Json difference;
    bool operator==(const Plan&) const = default;
  };
  struct Asked {
    std::uint64_t run{0};
    std::string under;
    std::map<std::size_t, Json> differences;
    std::set<std::string> yes;
    std::optional<std::uint32_t> of_step;  ///< so many people, as the step that asks says
    bool decided{false};
    std::set<std::size_t> used;  ///< steps that were done on it
  };
  struct Going {
    std::string workflow, control, version, control_hash;
    std::map<std::size_t, Plan> plan;
    std::optional<std::uint64_t> asks;    ///< its last question
    std::optional<std::uint64_t> let_go;  ///< the question whose yes it goes on with
    std::size_t made{0};
    bool held{false};
    std::optional<std::size_t> asks_before;  ///< a step `approve`: those behind it need a yes
  };

  [[nodiscard]] static std::map<std::string, std::string> hashes_of(const Config& config) {
    std::map<std::string, std::string> all;
    for (const Workflow& w : config.workflows) all["workflow " + w.name] = w.version();
    for (const Control& c : config.controls) all["control " + c.name] = c.hash();
    for (const Team& t : config.teams) all["team " + t.name] = t.hash();
    return all;
  }
  [[nodiscard]] bool edited(const std::string& key, const std::string& who) const {
    const auto editor = editors_.find(key);
    return editor != editors_.end() && editor->second.contains(who);
  }
  [[nodiscard]] std::string version(const std::string& name) const {
    const auto w = std::ranges::find(config_.workflows, name, &Workflow::name);
    return w == config_.workflows.end() ? "none" : w->version();
  }
  [[nodiscard]] std::string control(const std::string& name) const {
    const auto c = std::ranges::find(config_.controls, name, &Control::name);
    return c == config_.controls.end() ? "none" : c->hash();
  }
  /// Definitions, and the one team that decides wherever there are teams.
  [[nodiscard]] std::string under(const std::string& workflow, const std::string& of) const {
    std::string text = version(workflow) + " " + control(of);
    for (const Team& team : config_.teams) text += " " + team.hash();
    return text;
  }
  [[nodiscard]] bool is_member(const std::string& who) const {
    return config_.teams.empty() || std::ranges::count(config_.teams[0].users, who) != 0;
  }
  [[nodiscard]] std::size_t effects_of(std::uint64_t run) const {
    const auto found = runs_.find(run);
    return found == runs_.end() ? 0 : found->second.made;
  }

  void take(const Json& e) {
    const std::string kind = e.at("kind").get<std::string>();
    if (kind == "run.created") {
      Going& r = runs_[e.at("run").get<std::uint64_t>()];
      r.workflow = e.at("workflow").get<std::string>();
      r.control = e.at("control").get<std::string>();
      r.version = e.at("version").get<std::string>();
      r.control_hash = e.at("control_hash").get<std::string>();
    }
    if (kind == "step.planned") planned(e);
    if (kind.starts_with("run.") && e.contains("review")) asked(e);
    if (kind.starts_with("run.") && e.contains("run"))
      runs_.at(e.at("run").get<std::uint64_t>()).held = kind == "run.held";
    if (kind == "definition.reviewed") reviewed(e);
    if (kind == "review.approved") said_yes(e);
    if (kind == "review.decided") decided(e);
    if (kind == "step.intended" && e.at("state") == "intended") intended(e);
    const bool by_program = kind == "step.done" && e.contains("ran") && e.at("state") == "applied";
    if (by_program || (kind == "step.done" && e.at("state") == "verified")) done(e);
    if (kind == "notification.queued" && e.at("notice") == "step") tells(e);
    if (kind == "step.done" && e.at("state") == "undone") --runs_.at(e.at("run").get<std::uint64_t>()).made;
  }
  /// It ends what others have changed, not what he has himself.
  void reviewed(const Json& e) {
    const std::string by = e.at("by").get<std::string>();
    const auto editors = editors_.find(e.at("definition").get<std::string>() + " " + e.at("name").get<std::string>());
    if (editors != editors_.end()) std::erase_if(editors->second, [&](const std::string& user) { return user != by; });
  }
  void planned(const Json& e) {
    Going& r = runs_.at(e.at("run").get<std::uint64_t>());
    const std::size_t step = e.at("step").get<std::size_t>();
    const Json& plan = e.at("plan");
    const std::string after = plan.at("after").at("id").get<std::string>();
    r.plan[step] = {plan.at("before").at("id").get<std::string>() + " " + after, after, plan.at("difference")};
    if (plan.at("resource").get<std::string>().starts_with("flow:approve")) r.asks_before = step;
  }
  void asked(const Json& e) {
    const std::uint64_t review = e.at("review").get<std::uint64_t>();
    RC_ASSERT(!reviews_.contains(review));
    const std::uint64_t run = e.at("run").get<std::uint64_t>();
    Going& r = runs_.at(run);
    if (r.made != 0 && r.asks && reviews_.at(*r.asks).decided) ++asked_again;
    r.asks = review;
    r.let_go.reset();
    Asked& its = reviews_[review];
    its.run = run;
    its.under = under(r.workflow, r.control);
    if (e.contains("asks_step")) its.of_step = asked_by_step_.at(r.version);
    for (const auto& [step, plan] : r.plan) its.differences[step] = plan.difference;
  }
  void said_yes(const Json& e) {
    Asked& its = reviews_.at(e.at("review").get<std::uint64_t>());
    const std::string who = e.at("by").get<std::string>();
    RC_ASSERT(!its.decided);
    RC_ASSERT(is_member(who));
    RC_ASSERT(its.under == under(runs_.at(its.run).workflow, runs_.at(its.run).control));
    const Going& r = runs_.at(its.run);
    const bool edited_it = edited("workflow " + r.workflow, who) || edited("control " + r.control, who);
    const bool kept_apart = !config_.teams.empty();
    RC_ASSERT_FALSE(kept_apart && edited_it);
    const bool edited_team = kept_apart && edited("team " + config_.teams[0].name, who);
    RC_ASSERT_FALSE(edited_team);
    RC_ASSERT(its.yes.insert(who).second);
  }
  /// Once, and where it is a yes, by as many members as it takes now, to what is in force now.
  void decided(const Json& e) {
    Asked& its = reviews_.at(e.at("review").get<std::uint64_t>());
    RC_ASSERT(!its.decided);
    its.decided = true;
    Going& r = runs_.at(its.run);
    if (e.at("decision") == "lapsed") ++lapsed;
    if (e.at("decision") != "approved") return;
    if (!r.held) return RC_ASSERT(is_member(e.at("by").get<std::string>()));  // it has ended, and somebody has looked
    RC_ASSERT(its.under == under(r.workflow, r.control));
    std::set<std::string> those;
    for (const std::string& who : its.yes) {
      if (is_member(who)) those.insert(who);
    }
    const std::uint32_t needed = its.of_step.value_or(config_.teams.empty() ? 1 : config_.teams[0].quorum);
    if (config_.teams.empty() && needed == 1) those.insert(e.at("by").get<std::string>());
    RC_ASSERT(those.size() >= needed);
    if (!config_.teams.empty() || needed > 1) {
      RC_ASSERT(e.at("quorum") == needed);
      RC_ASSERT(e.at("approvers").size() == those.size());
      for (const Json& who : e.at("approvers")) RC_ASSERT(those.contains(who.get<std::string>()));
    }
    if (config_.teams.empty() && needed > 1) ++without_teams;
    r.let_go = e.at("review").get<std::uint64_t>();
  }
  [[nodiscard]] static bool needs_a_yes(const Going& r, std::size_t step, bool proposes) {
    return proposes || (r.asks_before && step > *r.asks_before);
  }
  void intended(const Json& e) {
    Going& r = runs_.at(e.at("run").get<std::uint64_t>());
    const std::size_t step = e.at("step").get<std::size_t>();
    if (!needs_a_yes(r, step, !r.asks_before)) return;
    if (r.made == 0) {  // what has begun goes on as it began
      RC_ASSERT(r.version == version(r.workflow));
      RC_ASSERT(r.control_hash == control(r.control));
    }
    RC_ASSERT(r.let_go.has_value());
    const Asked& its = reviews_.at(*r.let_go);
    if (r.made == 0) RC_ASSERT(its.under == under(r.workflow, r.control));
    RC_ASSERT(r.asks == r.let_go);
    RC_ASSERT(!its.used.contains(step));
    RC_ASSERT(its.differences.at(step) == r.plan.at(step).difference);
    if (e.contains("plan_commitment")) {
      RC_ASSERT(r.plan.at(step).after == e.at("plan_commitment").get<std::string>());
      ++programs;
      return;
    }
    RC_ASSERT(r.plan.at(step).content == e.at("before").get<std::string>() + " " + e.at("after").get<std::string>());
  }
  /// Its step stands behind whatever asks.
  void tells(const Json& e) {
    const Going& r = runs_.at(e.at("run").get<std::uint64_t>());
    RC_ASSERT(r.let_go.has_value());
    RC_ASSERT(r.asks == r.let_go);
    ++told;
  }
  void done(const Json& e) {
    Going& r = runs_.at(e.at("run").get<std::uint64_t>());
    const std::size_t step = e.at("step").get<std::size_t>();
    ++r.made;
    if (!needs_a_yes(r, step, !r.asks_before)) return;
    ++effects;
    RC_ASSERT(reviews_.at(*r.let_go).used.insert(step).second);
  }

  Config config_;
  std::map<std::string, std::optional<std::uint32_t>> asked_by_step_;  ///< by version: quorum of its step `approve`
  std::size_t seen_{0};
  std::map<std::uint64_t, Going> runs_;
  std::map<std::uint64_t, Asked> reviews_;
  std::map<std::string, std::string> hashes_;             ///< in force: "workflow NAME" → version
  std::map<std::string, std::set<std::string>> editors_;  ///< by that: who changed it since another one looked
};

}  // namespace aright::engine::test
