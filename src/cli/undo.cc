#include "cli/undo.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/time.h"
#include "cli/show_change.h"
#include "cli/show_errand.h"
#include "cli/terminal_text.h"
#include "cli/words.h"
#include "model/run.h"

namespace aright::cli {

namespace {

using namespace std::chrono_literals;
constexpr auto undo_look_again = 50ms;
constexpr auto undo_wait_max = 60s;     ///< for one undo to end; then it goes on without being watched
constexpr auto undo_begin_within = 3s;  ///< what has not begun by then waits for something: it is told
constexpr std::size_t undo_page = 200;
// What becomes of one of many that is not begun.
constexpr std::string_view superseded_word = "superseded";  ///< nothing of it is left
constexpr std::string_view as_before_word = "as before";    ///< all of it reads so already
constexpr std::string_view refused_word = "refused";
// What becomes of one whose daemon was not there to say more.
constexpr std::string_view asked_word = "asked";
constexpr std::string_view begun_word = "begun";

/// It goes on by itself no more.
bool undo_rests(RunState state) { return is_final(state) || state == RunState::held || state == RunState::unknown; }

bool is_undone(const Json& outcome) {
  const std::string state = outcome.value("state", "");
  return state == "succeeded" || state == superseded_word || state == as_before_word ||
         (state == "cancelled" && outcome.value("reason", "") == "reads as before already");
}

/// Some step of it has done something that may be there.
bool did_something(const Json& run) {
  constexpr std::array<std::string_view, 5> states{"applied", "verified", "intended", "foreign", "undo_failed"};
  return std::ranges::any_of(run.value("steps", Json::array()), [&](const Json& step) {
    return step.value("changes", false) && !step.value("resource", "").starts_with("flow:") &&
           std::ranges::find(states, step.value("state", "")) != states.end();
  });
}

std::string undo_line(const Json& o) {
  const std::string which = fmt::format("run {} on {}", o.at("undoes").dump(), safe(o.value("subject", "")));
  const std::string by = o.contains("run") ? fmt::format(" by run {}", o.at("run").dump()) : "";
  if (o.value("state", "") == superseded_word) {
    return fmt::format("{}: nothing of it is left: {}\n", which, safe(o.value("reason", "")));
  }
  if (is_undone(o)) {
    const bool undone = o.value("state", "") == "succeeded";
    const std::string reason = o.value("reason", "");
    const auto stays = undone ? reason.find("; ") : std::string::npos;  // what of it was left where it is
    return fmt::format("{}: {}{}{}\n", which, undone ? "undone" : "reads as before already", by,
                       stays == std::string::npos ? "" : safe(reason.substr(stays)));
  }
  const std::string state = o.value("state", "");
  const std::string reason = safe(o.value("reason", ""));
  // What ended so, or rests, is the undo: the run that it takes back is as it was.
  if (o.contains("run"))
    return fmt::format("{}: its undo, run {}, is {}: {}\n", which, o.at("run").dump(), state, reason);
  return fmt::format("{}: {}: {}\n", which, state == refused_word ? "not undone" : state, reason);
}

std::string undo_plan_text(const Json& plan) {
  std::string text = fmt::format("undoing run {} on {} would {}\n", plan.at("undoes").dump(),
                                 safe(plan.value("subject", "")), safe(plan.value("would", "")));
  if (plan.contains("refused") && !plan.contains("steps"))
    text += fmt::format("  {}\n", safe(plan.value("refused", "")));
  if (plan.contains("why")) text += fmt::format("  {}\n", safe(plan.value("why", "")));
  for (const Json& step : plan.value("steps", Json::array())) {
    text += fmt::format("\n  {}  {}\n", safe(step.value("resource", "")), safe(step.value("decision", "")));
    if (step.contains("why")) text += fmt::format("    {}\n", safe(step.value("why", "")));
    if (step.contains("difference") && is_of_an_errand(step)) {
      text += errand_plan_text(step);
    } else if (step.contains("difference")) {
      text +=
          show_change(step.value("before", Json::object()), step.value("after", Json::object()), step.at("difference"));
    }
  }
  return text;
}

}  // namespace

void UndoCommand::add_to(CLI::App& runs, const std::function<void(int)>& end) {
  CLI::App* undo =
      runs.add_subcommand("undo",
                          "Take back what an ended run has done, by a run of its own. With teams: who decides "
                          "its workflow's reviews");
  CLI::Option* id = undo->add_option("id", id_, "The run's number")->check(a_number());
  CLI::Option* workflow =
      undo->add_option("--workflow", workflow_, "All runs of it, newest first (with --since)")->excludes(id);
  undo->add_option("--since", since_, "That ended since: 1h, 2d, 2026-12-01, 2026-12-01T08:00:00Z")
      ->check(a_past_time())
      ->needs(workflow);
  CLI::Option* plan = undo->add_flag("--plan", plan_, "Only show what it would do");
  undo->add_option("--reason", session_.reason, "Goes into the audit log")->excludes(plan);
  CLI::Option* waive =
      undo->add_option("--waive", waive_, "For how long its control leaves the subject alone")->check(a_duration());
  undo->add_flag("--no-waiver", no_waiver_, "Its control answers as ever, and may do the same again")->excludes(waive);
  undo->add_flag("--partial", partial_, "What has no inverse stays; undo the rest");
  add_break_glass(*undo, session_);
  undo->callback([this, end] {
    if (id_.empty() == workflow_.empty()) throw CLI::RequiredError("the run's number, or --workflow with --since");
    if (!workflow_.empty() && since_.empty()) throw CLI::RequiredError("--since");
    if (!plan_ && session_.reason.empty()) throw CLI::RequiredError("--reason");
    end(workflow_.empty() ? one() : many());
  });
}

Json UndoCommand::body() const {
  Json body = Json::object();
  if (!session_.reason.empty()) body["reason"] = session_.reason;
  if (!no_waiver_) body["waive"] = waive_;
  if (partial_) body["partial"] = "yes";
  if (plan_) body["plan"] = "yes";
  return body;
}

Result<Json> UndoCommand::ended(const std::string& undo) {
  const auto began = std::chrono::steady_clock::now();
  while (true) {
    auto run = session_.get("/v1/runs/" + undo);
    if (!run) return run;
    const auto state = parse_run_state(run->value("state", ""));
    const auto waited = std::chrono::steady_clock::now() - began;
    const bool stuck = (state == RunState::pending || state == RunState::waiting) && waited > undo_begin_within;
    if (!state || undo_rests(*state) || stuck || waited > undo_wait_max) return run;
    std::this_thread::sleep_for(undo_look_again);
  }
}

Json UndoCommand::outcome(const Json& run) {
  Json told{{"undoes", run.at("id")}, {"subject", run.value("subject", "")}};
  const auto as = [&](std::string_view state, const std::string& reason) {
    told["state"] = state;
    told["reason"] = reason;
    return told;
  };
  const auto begun = session_.post("/v1/runs/" + run.at("id").dump() + "/undo", body());
  if (!begun) {
    const std::string& why = begun.error().message;
    const bool unsure = begun.error().code == Errc::unavailable || begun.error().code == Errc::timeout;
    if (!unsure) return as(refused_word, why);
    return as(asked_word, fmt::format("whether it was begun is not known: {}; `aright runs list` shows it", why));
  }
  const std::string undo = begun->at("run").dump();
  told["run"] = begun->at("run");
  const auto now = ended(undo);
  if (!now) {  // it goes on, in the next life if need be
    return as(begun_word, fmt::format("what became of it is not known: {}; `aright runs show {}` says it",
                                      now.error().message, undo));
  }
  told["state"] = now->value("state", "");
  told["reason"] = now->value("reason", "");
  if (now->contains("undo") && now->at("undo").contains("waiver")) told["waiver"] = now->at("undo").at("waiver");
  return told;
}

int UndoCommand::show(const Json& outcomes) const {
  if (session_.format != Format::table) {
    fmt::print("{}", show_one(outcomes, session_.format));
  } else {
    for (const Json& one : outcomes) fmt::print("{}", undo_line(one));
  }
  return std::ranges::all_of(outcomes, is_undone) ? 0 : 1;
}

int UndoCommand::show_plan(const Json& plan) const {
  fmt::print("{}", session_.format == Format::table ? undo_plan_text(plan) : show_one(plan, session_.format));
  return plan.contains("refused") ? 1 : 0;
}

int UndoCommand::one() {
  if (plan_) {
    const auto plan = session_.post("/v1/runs/" + id_ + "/undo", body());
    return plan ? show_plan(*plan) : complain(plan.error());
  }
  const auto run = session_.get("/v1/runs/" + id_);
  if (!run) return complain(run.error());
  const Json told = outcome(*run);
  if (!told.contains("run")) return complain({Errc::conflict, Retry::no, told.value("reason", "")});
  const int code = show(Json::array({told}));
  if (told.contains("waiver") && session_.format == Format::table) {
    fmt::print("waiver {}: its control leaves it alone for {}; `aright waivers remove {}` ends that\n",
               told.at("waiver").dump(), waive_, told.at("waiver").dump());
  }
  return code;
}

Result<std::vector<Json>> UndoCommand::candidates() {
  const auto now = std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
  const WallTime from = parse_past(since_, now).value_or(WallTime{});  // it has been checked
  std::vector<Json> found;
  std::string before;
  while (true) {
    auto runs = session_.get(fmt::format("/v1/runs?workflow={}&limit={}{}", workflow_, undo_page,
                                         before.empty() ? "" : "&before=" + before));
    if (!runs) return std::unexpected(runs.error());
    for (const Json& run : runs->at("items")) {
      const auto finished =
          parse_rfc3339(run.value("finished_at", Json()).is_string() ? run.value("finished_at", "") : "");
      const bool meant = finished && *finished >= from &&
                         (!run.contains("undoes") || run.at("undo").value("redo", false)) && did_something(run);
      if (meant) found.push_back(run);
    }
    if (runs->at("items").empty() || runs->at("more") == 0) return found;
    before = runs->at("items").back().at("id").dump();
  }
}

UndoChain UndoCommand::chain() {
  return UndoChain([this](std::uint64_t run) { return session_.get(fmt::format("/v1/runs/{}", run)); });
}

/// What an older one meets once a newer is undone is told from what both have on record.
Json UndoCommand::plan_of(const Json& run, const UndoChain::Met& met) {
  using Fate = UndoChain::Fate;
  Json told{{"undoes", run.at("id")}, {"workflow", workflow_}, {"subject", run.value("subject", "")}};
  if (met.fate == Fate::alone) {
    const auto plan = session_.post("/v1/runs/" + run.at("id").dump() + "/undo", body());
    if (plan) return *plan;
    told["would"] = "be refused";
    told["refused"] = plan.error().message;
    return told;
  }
  told["after"] = met.newer;
  switch (met.fate) {
    case Fate::follows: told["would"] = fmt::format("undo, once run {} is undone", met.newer); break;
    case Fate::superseded:
      told["would"] = "do nothing: nothing of it is left";
      told["why"] = met.why;
      break;
    case Fate::hindered:
      told["would"] = "be refused";
      told["refused"] = met.why;
      break;
    default: told["would"] = fmt::format("follow that of run {}: what it finds then cannot be told before", met.newer);
  }
  return told;
}

int UndoCommand::plan_many(const std::vector<Json>& runs) {
  Json plans = Json::array();
  UndoChain chain = this->chain();
  for (const Json& run : runs) {
    if (run.contains("undone_by")) {
      chain.note(run, UndoChain::Fate::alone, true);
      continue;
    }
    const auto met = chain.meet(run);
    plans.push_back(plan_of(run, met));
    chain.note(run, met.fate, !plans.back().contains("refused"));
  }
  if (session_.format != Format::table) {
    fmt::print("{}", show_one(plans, session_.format));
  } else {
    for (const Json& plan : plans) fmt::print("{}{}", &plan == &plans.front() ? "" : "\n", undo_plan_text(plan));
  }
  return std::ranges::any_of(plans, [](const Json& plan) { return plan.contains("refused"); }) ? 1 : 0;
}

/// What would be refused, or has nothing left to take back, is not begun: it would end as a run that failed, or was
/// cancelled, and say no more than a line does.
Json UndoCommand::outcome_among(const Json& run, const UndoChain::Met& met) {
  using Fate = UndoChain::Fate;
  const auto not_begun = [&](std::string_view state, const std::string& why) {
    return Json{{"undoes", run.at("id")}, {"subject", run.value("subject", "")}, {"state", state}, {"reason", why}};
  };
  if (met.fate == Fate::superseded) return not_begun(superseded_word, met.why);
  if (met.fate == Fate::hindered) return not_begun(refused_word, met.why);
  Json look = body();
  look.erase("reason");
  look["plan"] = "yes";
  const auto plan = session_.post("/v1/runs/" + run.at("id").dump() + "/undo", look);
  if (!plan) return not_begun(refused_word, plan.error().message);
  if (plan->value("would", "") == "do nothing") return not_begun(as_before_word, "reads as before already");
  if (!plan->contains("refused")) return outcome(run);
  std::string why = plan->value("refused", "");
  if (met.fate == Fate::unknown) why += fmt::format("; that was before run {} came, or after its undo", met.newer);
  return not_begun(refused_word, why);
}

/// One after the other: what an older one left can only be seen when the newer is undone.
int UndoCommand::many() {
  const auto runs = candidates();
  if (!runs) return complain(runs.error());
  if (std::ranges::all_of(*runs, [](const Json& run) { return run.contains("undone_by"); })) {
    return complain(
        {Errc::not_found, Retry::no,
         fmt::format("no run of {} that ended since {} has done anything that is not undone", workflow_, since_)});
  }
  if (plan_) return plan_many(*runs);
  Json outcomes = Json::array();
  UndoChain chain = this->chain();
  for (const Json& run : *runs) {
    if (run.contains("undone_by")) {
      chain.note(run, UndoChain::Fate::alone, true);
      continue;
    }
    const auto met = chain.meet(run);
    outcomes.push_back(outcome_among(run, met));
    chain.note(run, met.fate, is_undone(outcomes.back()));
  }
  const int code = show(outcomes);
  const bool stays = std::ranges::any_of(outcomes, [](const Json& one) { return one.at("state") == refused_word; });
  if (stays && session_.format == Format::table) {
    fmt::print("what is not undone stays as it is; `aright runs show N` says what run N had changed\n");
  }
  return code;
}

}  // namespace aright::cli
