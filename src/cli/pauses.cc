#include "cli/pauses.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "cli/words.h"

namespace aright::cli {

void PauseCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* pause = add_verb(app, "pause",
                             "Stop effects at once: every one, or those of one workflow or one driver. Where this "
                             "cannot reach the daemon: SIGUSR1 to it, or a file `pause` in its state folder");
  pause->callback([this, end] { end(session_.print_answer("/v1/pause", body())); });
  CLI::App* resume = add_verb(app, "resume", "End one pause: yours, or the one with that number");
  CLI::Option* id = resume->add_option("number", id_, "As `pause` and `status` say it")->check(a_number());
  for (const char* scope : {"--workflow", "--driver"}) resume->get_option(scope)->excludes(id);
  resume->callback([this, end] {
    end(session_.print_answer(id_.empty() ? "/v1/resume" : "/v1/pauses/" + id_ + "/resume", body()));
  });
}

CLI::App* PauseCommands::add_verb(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("--reason", session_.reason, "Goes into the audit log")->required();
  CLI::Option* workflow = command->add_option("--workflow", workflow_, "Only of this one")->check(a_name());
  command->add_option("--driver", driver_, "Only by this one: file, exec or call")
      ->check(one_of({"file", "exec", "call"}, "drivers"))
      ->excludes(workflow);
  return command;
}

Json PauseCommands::body() const {
  Json body{{"reason", session_.reason}};
  if (!workflow_.empty()) body["workflow"] = workflow_;
  if (!driver_.empty()) body["driver"] = driver_;
  return body;
}

}  // namespace aright::cli
