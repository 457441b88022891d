#include "cli/audit_commands.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/audit_verify.h"
#include "cli/offline_log.h"
#include "cli/prover.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

int complain_of_files(Error error, const char* others) {
  if (error.code == Errc::not_found || error.code == Errc::denied) {
    error.message += "; name the state folder with --state, or " + std::string(others);
  }
  return complain(error);
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);  // it has been checked
  return value;
}

}  // namespace

std::string AuditCommands::database() const { return database_.empty() ? session_.state + "/aright.db" : database_; }

int AuditCommands::verify() const {
  const auto checked = verify_log(database(), key_.empty() ? session_.state + "/signing.pub" : key_, checkpoint_);
  if (!checked) return complain_of_files(checked.error(), "the files with --database and --key");
  if (session_.format == Format::table) {
    fmt::print("ok: {} entries, {} checkpoints, {} entries under a signature\n", (*checked)["entries"].dump(),
               (*checked)["checkpoints"].dump(), (*checked)["signed_entries"].dump());
  } else {
    fmt::print("{}", show_one(*checked, session_.format));
  }
  return 0;
}

/// A daemon remembers what it has read of a long log, and answers those who cannot read its files.
int AuditCommands::prove() const {
  const auto nobody = Error{Errc::not_found, Retry::no, "no daemon is asked"};
  const Result<Json> asked =
      database_.empty() ? session_.get("/v1/audit/prove/" + seq_) : Result<Json>(std::unexpected(nobody));
  const bool answered = asked || (asked.error().code != Errc::not_found && asked.error().code != Errc::denied);
  const auto read = [this](store::SqliteHistory& log) { return Prover(log).prove(number(seq_)); };
  const Result<Json> proof = answered ? asked : read_log(database(), read);
  if (!proof && !answered && asked.error().code == Errc::denied) return complain(asked.error());
  if (!proof && proof.error().message.starts_with(database())) {
    return complain_of_files(proof.error(), "the file with --database");
  }
  if (!proof) return complain(proof.error());
  fmt::print("{}", show_proof(*proof, session_.format));
  return 0;
}

void AuditCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* audit = app.add_subcommand("audit", "The log nobody can quietly change");
  audit->require_subcommand(1);
  CLI::App* check = audit->add_subcommand("verify", "Check the whole log, offline, with the public key only");
  check->add_option("--database", database_, "Database file, if not the state folder's");
  check->add_option("--key", key_, "Public key file, if not the state folder's");
  check->add_option("--checkpoint", checkpoint_,
                    "A checkpoint kept elsewhere (such as that line of the daemon's log): the log must still hold it");
  check->callback([this, end] { end(verify()); });
  CLI::App* one = audit->add_subcommand("prove", "One entry with its proof of inclusion; needs no daemon");
  one->add_option("seq", seq_, "Its number")->required()->check(a_number());
  one->add_option("--database", database_, "Database file, if not the state folder's");
  one->callback([this, end] { end(prove()); });
}

}  // namespace aright::cli
