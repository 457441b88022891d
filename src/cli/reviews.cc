#include "cli/reviews.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/approval.h"
#include "cli/show.h"
#include "cli/terminal_text.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t page_max = 100;

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
  list->callback([this, end] { end(print_open()); });
  CLI::App* show = reviews.add_subcommand("show", "One review: why, who is asked, who has said yes, the difference");
  show->add_option("id", id_)->required()->check(a_number());
  show->callback([this, end] { end(print_shown()); });
}

/// Who has said yes is shown where teams are.
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
  const bool teams = std::ranges::any_of(docs, [](const Json& review) { return review.contains("team"); });
  if (teams && session_.format == Format::table) {
    columns.insert(columns.end() - 2, {{"TEAM", "team"}, {"YES", "said"}});
    for (Json& review : docs) {
      review["said"] = fmt::format("{}/{}", review.value("yes", Json::array()).size(), review.value("quorum", 1));
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
  auto answer = session_.post(target(id, "approve"), body);
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
  approve->add_flag("--plan", plan_, "With --workflow: only show the differences")->excludes(id);
  approve->add_option("--hash", hash_, "Only if it is of the plan with this hash, as `reviews show` has it");
  takes_reason(*approve);
  approve->callback([this, end] {
    if (id_.empty() && workflow_.empty()) throw CLI::RequiredError("id or --workflow");
    if (session_.reason.empty() && !plan_) throw CLI::RequiredError("--reason");
    if (!workflow_.empty()) return end(approve_all());
    Json body{{"reason", session_.reason}};
    if (!hash_.empty()) body["hash"] = hash_;
    end(say_yes(id_, body));
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
  if (open->empty()) {
    const auto known = session_.get("/v1/workflows/" + workflow_);
    if (!known) return complain(known.error());
    fmt::print("nothing of workflow {} waits for a person\n", safe(workflow_));
  }
  int code = 0;
  for (const Json& review : *open) {
    const std::string id = fmt::to_string(review.value("id", std::uint64_t{0}));
    const std::string hash = review.value("plan_hash", "");
    const auto run = session_.get(fmt::format("/v1/runs/{}", review.value("run", std::uint64_t{0})));
    if (!run) {
      code = complain(run.error());
      continue;
    }
    if (run->value("review", Json()) != review.at("id")) {  // another plan is asked about under another number
      code = complain({Errc::conflict, Retry::yes, fmt::format("review {} has changed meanwhile; ask again", id)});
      continue;
    }
    fmt::print("review {}, plan {}\n{}\n", id, safe(hash), show_run(*run, session_.format));
    if (plan_) continue;
    code = std::max(code, say_yes(id, {{"reason", session_.reason}, {"hash", hash}}));
  }
  return code;
}

}  // namespace aright::cli
