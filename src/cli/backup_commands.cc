#include "cli/backup_commands.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "cli/backup.h"
#include "cli/own_paths.h"
#include "cli/show.h"
#include "cli/terminal_text.h"
#include "cli/words.h"

namespace aright::cli {

int BackupCommands::backup() const {
  const auto made = back_up(session_.state, folder_);
  if (!made) return complain(made.error());
  if (session_.format != Format::table) {
    fmt::print("{}", show_one(*made, session_.format));
    return 0;
  }
  fmt::print(
      "ok: {} holds {} entries of the log {}, {} of them signed, checked as `audit verify` does\n"
      "it holds the key that signs: keep it as safe as the state folder\n",
      safe(folder_), made->at("entries").dump(), made->at("log").get<std::string>(), made->at("signed_entries").dump());
  return 0;
}

int BackupCommands::bring_back() const {
  const auto mark = restore(folder_, session_.state, session_.reason);
  if (!mark) return complain(mark.error());
  if (session_.format != Format::table) {
    Json said = *mark;
    said["state"] = absolute(session_.state);
    fmt::print("{}", show_one(said, session_.format));
    return 0;
  }
  fmt::print(
      "ok: {} is as it was at {}, with {} entries, checked as `audit verify` does\n"
      "what was done since is not in it; the next start records that it was restored and tells others new keys, and a "
      "witness that knows more must be overruled there with --accept-older-than-witness\n",
      safe(absolute(session_.state)), mark->at("made_at").get<std::string>(), mark->at("entries").dump());
  return 0;
}

void BackupCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* make =
      app.add_subcommand("backup", "Copy the state folder, also while its daemon runs, and check the copy");
  make->add_option("folder", folder_, "The new folder")->required();
  make->callback([this, end] { end(backup()); });
  CLI::App* back = app.add_subcommand("restore", "Make a state folder (--state) of a backup");
  back->add_option("folder", folder_, "What `aright backup` made")->required();
  back->add_option("--reason", session_.reason, "Goes into the audit log at the next start")->required();
  back->callback([this, end] { end(bring_back()); });
}

}  // namespace aright::cli
