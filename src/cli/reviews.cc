#include "cli/reviews.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/approval.h"
#include "cli/approve_shown.h"
#include "cli/show.h"
#include "cli/terminal_text.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

std::string page_of(const Session& session, bool all) {
  return fmt::format("/v1/reviews?limit={}{}{}", session.limit,
                     session.before.empty() ? "" : "&before=" + session.before, all ? "&all=1" : "");
}

/// The last line is what to type next: it must not drown in the rest.
std::string show_denied(const Json& doc, Format format) {
  if (format != Format::table || !doc.contains("was_it_right")) return show_one(doc, format);
  Json brief = doc;
  brief.erase("was_it_right");
  return show_one(brief, format) +
         fmt::format("was the finding right? {}\n", safe(doc.at("was_it_right").get<std::string>()));
}

/// What a reader of the list has to know before he types anything.
void say_more(Json& review) {
  const std::string in_vain = review.value("in_vain", "");
  const std::string seen_by = review.value("acknowledged_by", "");
  const std::string text = review.value("text", "");
  if (!text.empty() && !review.value("reason", "").ends_with(text)) review["reason"] = "approve: " + text;
  if (review.value("outdated", false)) {
    review["reason"] = "outdated (its subject reads otherwise now): " + review.value("reason", "");
  }
  if (!in_vain.empty()) review["reason"] = fmt::format("in vain ({}): {}", in_vain, review.value("reason", ""));
  if (review.value("state", "") == "open" && !seen_by.empty()) review["state"] = "open, seen by " + seen_by;
}

}  // namespace

void ReviewCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* reviews = app.add_subcommand("reviews", "What waits for a person");
  reviews->require_subcommand(1);
  add_listing(*reviews, end);
  add_approving(*reviews, end);
  add_others(*reviews, end);
}

void ReviewCommands::takes_reason(CLI::App& command) {
  command.add_option("--reason", session_.reason, "Goes into the audit log");
  add_break_glass(command, session_);
}

void ReviewCommands::add_listing(CLI::App& reviews, const std::function<void(int)>& end) {
  CLI::App* list = reviews.add_subcommand("list", "Open reviews, newest first (--all: decided too)");
  list->add_flag("--all", all_, "Decided ones too");
  add_paging(*list, session_);
  list->callback([this, end] { end(print_open()); });
  CLI::App* show = reviews.add_subcommand("show", "One review: why, who is asked, who has said yes, the difference");
  show->add_option("id", id_)->required()->check(a_number());
  show->callback([this, end] { end(print_shown()); });
}

/// Who has said yes is shown where teams are, or where it takes more than one.
int ReviewCommands::print_open() {
  auto page = session_.get(page_of(session_, all_));
  if (!page) return complain(page.error());
  Json& docs = page->at("items");
  Columns columns{{"ID", "id"},
                  {"STATE", "state"},
                  {"SEVERITY", "severity"},
                  {"RUN", "run"},
                  {"WORKFLOW", "workflow"},
                  {"SUBJECT", "subject"},
                  {"EXPIRES", "expires_at"},
                  {"REASON", "reason"}};
  for (Json& review : docs) {
    if (session_.format == Format::table) say_more(review);
  }
  const bool teams = std::ranges::any_of(docs, [](const Json& review) { return review.contains("team"); });
  const bool several = std::ranges::any_of(docs, [](const Json& review) { return review.value("quorum", 1) > 1; });
  if (teams && session_.format == Format::table) columns.insert(columns.end() - 2, {"TEAM", "team"});
  if ((teams || several) && session_.format == Format::table) {
    columns.insert(columns.end() - 2, {"YES", "said"});
    for (Json& review : docs) {
      review["said"] = fmt::format("{}/{}", said_yes(review).size(), review.value("quorum", 1));
    }
  }
  fmt::print("{}", show_list(docs, columns, session_.format, "nothing waits for a person"));
  fmt::print(stderr, "{}", show_more(page->at("more").get<std::uint64_t>(), docs));
  return 0;
}

int ReviewCommands::print_shown() {
  auto review = session_.get("/v1/reviews/" + id_);
  if (!review) return complain(review.error());
  if (session_.format == Format::table) {
    const auto run = session_.get(fmt::format("/v1/runs/{}", review->value("run", std::uint64_t{0})));
    if (run) (*review)["of"] = *run;
  }
  fmt::print("{}", show_review(*review, session_.format));
  return 0;
}

int ReviewCommands::say_yes(const std::string& id, const Json& body) {
  auto answer = session_.post("/v1/reviews/" + id + "/approve", body);
  if (!answer) return complain(answer.error());
  const Approval approval = what_came_of(session_, std::move(*answer));
  fmt::print("{}", show_one(approval.answer, session_.format));
  return approval.code;
}

void ReviewCommands::add_approving(CLI::App& reviews, const std::function<void(int)>& end) {
  CLI::App* approve = reviews.add_subcommand("approve", "Let that one run go on; with --workflow all that wait");
  CLI::Option* id = approve->add_option("id", id_)->check(a_number());
  approve->add_option("--workflow", workflow_, "All open reviews of one workflow, each bound to its own difference")
      ->check(a_name())
      ->excludes(id);
  CLI::Option* plan =
      approve
          ->add_flag("--plan", plan_, "With --workflow: only show the differences, and the digest that approves them")
          ->excludes(id);
  approve
      ->add_option("--shown", shown_,
                   "With --workflow: exactly what --plan has shown under this digest; what came later stays open")
      ->check(a_digest())
      ->excludes(id)
      ->excludes(plan);
  approve->add_option("--hash", hash_, "Only if it is of the plan with this hash, as `reviews show` has it");
  takes_reason(*approve);
  approve->callback([this, end] {
    if (id_.empty() && workflow_.empty()) throw CLI::RequiredError("id or --workflow");
    if (session_.reason.empty() && !plan_) throw CLI::RequiredError("--reason");
    if (!workflow_.empty()) return end(approve_all());
    if (plan_ || !shown_.empty()) throw CLI::RequiredError("--workflow");
    Json body{{"reason", session_.reason}};
    if (!hash_.empty()) body["hash"] = hash_;
    end(say_yes(id_, body));
  });
}

int ReviewCommands::approve_all() const {
  const ApproveShown all(session_, workflow_);
  if (plan_) return all.plan();
  return shown_.empty() ? all.ask() : all.approve(shown_);
}

void ReviewCommands::add_others(CLI::App& reviews, const std::function<void(int)>& end) {
  for (const std::string verb : {"deny", "acknowledge"}) {
    const bool denies = verb == "deny";
    CLI::App* command = reviews.add_subcommand(
        verb, denies ? "End it" : "You have seen it: nobody else is told; it still waits for an answer");
    command->add_option("id", id_)->required()->check(a_number());
    takes_reason(*command);
    if (denies) {
      command->add_option("--as", as_, "What its finding was: true, or false-positive")
          ->check(CLI::IsMember({"true", "false-positive"}));
      command->add_option("--waive", waive_, "For how long its control leaves the subject alone")->check(a_duration());
    }
    command->callback([this, verb, denies, end] {
      if (session_.reason.empty() && denies) throw CLI::RequiredError("--reason");
      Json body{{"reason", session_.reason.empty() ? "acknowledged" : session_.reason}};
      if (!as_.empty()) body["as"] = as_;
      if (!waive_.empty()) body["waive"] = waive_;
      end(session_.print_answer("/v1/reviews/" + id_ + "/" + verb, body, show_denied));
    });
  }
}

}  // namespace aright::cli
