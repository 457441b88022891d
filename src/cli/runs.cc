#include "cli/runs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "cli/words.h"
#include "model/run.h"

namespace aright::cli {

void RunCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* runs = app.add_subcommand("runs", "What was done about it");
  runs->require_subcommand(1);
  add_showing(*runs, end);
  add_changing(*runs, "cancel", "End a run between two effects; what it has made stays, and its finding stays open",
               end);
  CLI::App* retry = add_changing(*runs, "retry",
                                 "Answer what an ended run was about once more, through the guards. With teams: who "
                                 "decides its workflow's reviews",
                                 end);
  add_break_glass(*retry, session_);
  CLI::App* resolve =
      add_changing(*runs, "resolve", "Say what you have found where nobody knew whether an effect happened", end);
  add_break_glass(*resolve, session_);
  resolve
      ->add_option("--as", as_,
                   "done: it happened; not-done: it did not, so it is answered again. Of what was being taken back: "
                   "whether that is done")
      ->required()
      ->check(CLI::IsMember({"done", "not-done"}));
  undo_.add_to(*runs, end);
}

std::string RunCommands::chosen() const {
  std::vector<std::string> parts;
  if (open_) parts.emplace_back("open=1");
  if (!workflow_.empty()) parts.push_back("workflow=" + workflow_);
  if (!states_.empty()) parts.push_back(fmt::format("state={}", fmt::join(states_, ",")));
  if (!since_.empty()) parts.push_back("since=" + since_);
  return fmt::format("{}", fmt::join(parts, "&"));
}

void RunCommands::add_showing(CLI::App& runs, const std::function<void(int)>& end) {
  CLI::App* list = runs.add_subcommand("list", "Runs, newest first (--open: unfinished only)");
  list->add_flag("--open", open_, "Only those that have not ended");
  list->add_option("--workflow", workflow_, "Only those of this workflow")->check(a_name());
  list->add_option("--state", states_, "Only those in one of these states, such as failed,held")
      ->delimiter(',')
      ->check(one_of(run_state_names(), "states"));
  list->add_option("--since", since_, "Only those that began so long ago, such as 2h, or after a day or time in UTC")
      ->check(a_past_time());
  add_paging(*list, session_);
  list->callback([this, end] {
    const bool some = !workflow_.empty() || !states_.empty() || !since_.empty();
    end(session_.print_page("/v1/runs", chosen(),
                            {{"ID", "id"},
                             {"STATE", "state"},
                             {"WORKFLOW", "workflow"},
                             {"SUBJECT", "subject"},
                             {"CREATED", "created_at"},
                             {"UNDOES", "undoes"},
                             {"UNDONE BY", "undone_by"},
                             {"REASON", "reason"}},
                            some ? "no such runs" : (open_ ? "no open runs" : "no runs yet")));
  });
  CLI::App* show = runs.add_subcommand("show", "One run: before, after, difference, who decided, the proof");
  show->add_option("id", id_, "Its number; without one the newest run")->check(a_number());
  show->add_flag("--all-output", whole_, "All that is kept of what its programs wrote");
  show->callback([this, end] {
    const auto form = whole_ ? show_run_whole : show_run;
    end(id_.empty() ? session_.print_newest("/v1/runs", form, "no runs yet")
                    : session_.print_shown("/v1/runs/" + id_, form));
  });
}

CLI::App* RunCommands::add_changing(CLI::App& runs, const std::string& verb, const std::string& help,
                                    const std::function<void(int)>& end) {
  CLI::App* command = runs.add_subcommand(verb, help);
  command->add_option("id", id_, "The run's number")->required()->check(a_number());
  command->add_option("--reason", session_.reason, "Goes into the audit log")->required();
  command->callback([this, verb, end] {
    Json body{{"reason", session_.reason}};
    if (!as_.empty()) body["as"] = as_;
    end(session_.print_answer("/v1/runs/" + id_ + "/" + verb, body));
  });
  return command;
}

}  // namespace aright::cli
