// What the checker asks of people's answers: as many different ones as it takes, and a yes lets go what it was said to.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

/// `e` asks people about a run, answers, or lets it go.
void Checker::people(const std::string& kind, const Json& e) {
  if (kind == "review.approved") return said_yes(e);
  if (kind == "review.decided") return decided_by_people(e);
  if (!kind.starts_with("run.") || !e.contains("run") || !runs_.contains(number(e, "run"))) return;
  RunSeen& r = runs_.at(number(e, "run"));
  if (kind == "run.planning") r.plan_hash.clear();
  if (e.contains("plan_hash")) r.plan_hash = text(e, "plan_hash");
  if (e.contains("review")) {
    // Of an undo that failed on its way the rest is asked about, of which there is no plan yet.
    const bool of_rest = r.undoes != 0 && !e.contains("plan_hash");
    const std::string team = e.value("team", "");
    const std::string plan = of_rest ? std::string() : r.plan_hash;
    const std::string shown = e.value("review_hash", plan);
    const bool again =
        std::ranges::any_of(asked_, [&](const auto& item) { return item.second.run == number(e, "run"); });
    if (again) violation("asks twice about one run");
    asked_[number(e, "review")] = {number(e, "run"), shown, plan, under(r, team), team, {}};
  }
  if (text(e, "input") == "hold") r.asks.reset();
  if (e.contains("asks_step")) r.asks = number(e, "asks_step");
  if (r.asks && text(e, "input") == "go-on") {
    if (r.approved_hash.empty() || r.approved_hash != r.plan_hash)
      violation("passes a question with another plan than people approved");
    r.allowed.insert(*r.asks);
    r.approved = true;  // of all that is left, whatever mode has been set meanwhile
    if (*r.asks < r.steps.size()) r.steps[*r.asks].state = "passed";
    r.asks.reset();
  }
  const bool by_people = text(e, "input") == "admit" && e.value("decided_by", "") != "guards";
  // An undo without one goes on with what was recorded before: who asked for it has decided that.
  const bool unseen = r.approved_hash.empty() ? r.undoes == 0 : r.approved_hash != r.plan_hash;
  if (by_people && r.review != 0 && unseen) {
    violation("goes on with another plan than people approved");
  }
}

/// Of a workflow's own steps; what takes them back is asked for by a person.
void Checker::past_questions(const RunSeen& run, std::uint64_t step) const {
  if (run.undoes != 0) return;
  const std::vector<Step>& steps = workflow(run.workflow).steps;
  for (std::uint64_t i = 0; i < step && i < steps.size(); ++i) {
    if (steps[i].approve() != nullptr && !run.allowed.contains(i))
      violation("goes past a question that nobody has said yes to");
  }
}

void Checker::said_yes(const Json& e) {
  const auto review = asked_.find(number(e, "review"));
  if (review == asked_.end()) violation("takes a yes to a review that is not open");
  if (text(e, "plan_hash") != review->second.plan_hash) violation("takes a yes to another plan");
  if (!review->second.yes.insert(text(e, "by")).second) violation("counts one person twice");
  const auto team = deciding(review->second.team);
  if (!team || !team->has(text(e, "by"), e.at("groups").get<std::vector<std::string>>())) {
    violation("takes a yes of somebody who is no member");
  }
}

void Checker::decided_by_people(const Json& e) {
  const auto review = asked_.find(number(e, "review"));
  if (review == asked_.end()) return;
  const Asked asked = review->second;
  asked_.erase(review);
  const auto run = runs_.find(e.value("run", std::uint64_t{0}));
  if (text(e, "decision") != "approved" || run == runs_.end()) return;
  run->second.approved_hash = asked.plan;
  run->second.approved_under = asked.under;
  run->second.approved_by = asked.team;
  const auto team = deciding(asked.team);
  const bool resolved = run->second.state == "unknown";  // one who has looked says what is
  if (team && !resolved && asked.yes.size() < team->quorum) violation("lets go what too few have approved");
}

}  // namespace aright::sim
