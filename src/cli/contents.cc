#include "cli/contents.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "cli/explain_about.h"
#include "cli/words.h"

namespace aright::cli {

void ContentCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* contents = app.add_subcommand("contents", "What was before and after, and events: kept beside the log");
  contents->require_subcommand(1);
  CLI::App* erase = contents->add_subcommand(
      "erase",
      "Erase what is kept of one subject, for good; the log and every proof stay as they are. With teams: whoever is "
      "of every team that owns what found or changed it");
  erase->add_option("subject", subject_, "As findings name it, such as file:/etc/motd, or the path")->required();
  erase->add_option("--reason", session_.reason, "Goes into the audit log")->required();
  add_break_glass(*erase, session_);
  erase->callback([this, end] {
    end(session_.print_answer("/v1/contents/erase",
                              {{"subject", written_subject(subject_)}, {"reason", session_.reason}}));
  });
}

}  // namespace aright::cli
