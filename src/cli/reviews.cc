#include "cli/reviews.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/approve_shown.h"
#include "cli/show.h"
#include "cli/terminal_text.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

/// The last line is what to type next: it must not drown in the rest.
std::string show_denied(const Json& doc, Format format) {
  if (format != Format::table || !doc.contains("was_it_right")) return show_one(doc, format);
  Json brief = doc;
  brief.erase("was_it_right");
  return show_one(brief, format) +
         fmt::format("was the finding right? {}\n", safe(doc.at("was_it_right").get<std::string>()));
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
  list->add_flag("--all", all_);
  add_paging(*list, session_);
  list->callback([this, end] {
    end(session_.print_page("/v1/reviews", all_ ? "all=1" : "",
                            {{"ID", "id"},
                             {"STATE", "state"},
                             {"RUN", "run"},
                             {"WORKFLOW", "workflow"},
                             {"SUBJECT", "subject"},
                             {"EXPIRES", "expires_at"},
                             {"REASON", "reason"}},
                            "nothing waits for a person"));
  });
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
  approve->add_option("--hash", hash_, "Only if it is of the plan with this hash, as `reviews list -o json` shows it");
  takes_reason(*approve);
  approve->callback([this, end] {
    if (id_.empty() && workflow_.empty()) throw CLI::RequiredError("id or --workflow");
    if (session_.reason.empty() && !plan_) throw CLI::RequiredError("--reason");
    if (!workflow_.empty()) return end(approve_all());
    if (plan_ || !shown_.empty()) throw CLI::RequiredError("--workflow");
    Json body{{"reason", session_.reason}};
    if (!hash_.empty()) body["hash"] = hash_;
    end(session_.print_answer("/v1/reviews/" + id_ + "/approve", body));
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
