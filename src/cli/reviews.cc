#include "cli/reviews.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/terminal_text.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t page_max = 100;

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
  command.add_flag("--break-glass", break_glass_,
                   "Root, who is no member of the team, decides alone; recorded as such");
}

std::string ReviewCommands::target(const std::string& id, const std::string& verb) const {
  return "/v1/reviews/" + id + "/" + verb + (break_glass_ ? "?break_glass=1" : "");
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
  approve->add_flag("--plan", plan_, "With --workflow: only show the differences")->excludes(id);
  approve->add_option("--hash", hash_, "Only if it is of the plan with this hash, as `reviews list -o json` shows it");
  takes_reason(*approve);
  approve->callback([this, end] {
    if (id_.empty() && workflow_.empty()) throw CLI::RequiredError("id or --workflow");
    if (session_.reason.empty() && !plan_) throw CLI::RequiredError("--reason");
    if (!workflow_.empty()) return end(approve_all());
    Json body{{"reason", session_.reason}};
    if (!hash_.empty()) body["hash"] = hash_;
    end(session_.print_answer(target(id_, "approve"), body));
  });
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
      end(session_.print_answer(target(id_, verb), body, show_denied));
    });
  }
}

/// All of them, oldest first.
Result<Json> ReviewCommands::open_of(const std::string& workflow) const {
  Json found = Json::array();
  std::string before;
  while (true) {
    auto page =
        session_.get(fmt::format("/v1/reviews?limit={}{}", page_max, before.empty() ? "" : "&before=" + before));
    if (!page) return page;
    for (const Json& review : page->at("items")) {
      if (review.value("workflow", "") == workflow) found.insert(found.begin(), review);
      before = fmt::to_string(review.value("id", std::uint64_t{0}));
    }
    if (page->at("more").get<std::uint64_t>() == 0) return found;
  }
}

/// Each is shown before it is approved, and approved only as it was shown: what has changed meanwhile is refused.
int ReviewCommands::approve_all() {
  const auto open = open_of(workflow_);
  if (!open) return complain(open.error());
  if (open->empty()) fmt::print("nothing of workflow {} waits for a person\n", safe(workflow_));
  int code = 0;
  for (const Json& review : *open) {
    const std::string id = fmt::to_string(review.value("id", std::uint64_t{0}));
    const std::string hash = review.value("plan_hash", "");
    const auto run = session_.get(fmt::format("/v1/runs/{}", review.value("run", std::uint64_t{0})));
    if (!run) {
      code = complain(run.error());
      continue;
    }
    if (run->value("plan_hash", "") != hash) {
      code = complain({Errc::conflict, Retry::yes, fmt::format("review {} has changed meanwhile; ask again", id)});
      continue;
    }
    fmt::print("review {}, plan {}\n{}\n", id, safe(hash), show_run(*run, session_.format));
    if (plan_) continue;
    code = std::max(code, session_.print_answer(target(id, "approve"), {{"reason", session_.reason}, {"hash", hash}}));
  }
  return code;
}

}  // namespace aright::cli
