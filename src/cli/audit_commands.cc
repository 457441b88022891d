#include "cli/audit_commands.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/time.h"
#include "cli/audit_proofs.h"
#include "cli/audit_verify.h"
#include "cli/cosigned.h"
#include "cli/evidence_folder.h"
#include "cli/evidence_pack.h"
#include "cli/file_syntax.h"
#include "cli/offline_log.h"
#include "cli/prover.h"
#include "cli/witness_file.h"
#include "cli/words.h"
#include "store/state_folder.h"

namespace aright::cli {

namespace {

int complain_of_files(Error error, const char* others) {
  if (is_unread(error)) error.message += "; name the state folder with --state, or " + std::string(others);
  return complain_of_file(error);
}

constexpr std::size_t key_bytes_max = 4096;
constexpr std::size_t proof_bytes_max = 65'536;
constexpr std::uint32_t entries_a_read = 4096;
constexpr auto signature_patience = std::chrono::seconds(5);  // a daemon signs at most a second later

Result<audit::VerifyKey> read_key(const std::string& file) {
  const auto text = read_whole(file, key_bytes_max);
  if (!text) return std::unexpected(text.error());
  auto key = audit::VerifyKey::parse(*text);
  if (!key) return fail(Errc::invalid, file + ": " + key.error().message);
  return key;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);  // it has been checked
  return value;
}

}  // namespace

std::string AuditCommands::database() const { return database_.empty() ? session_.state + "/aright.db" : database_; }

int AuditCommands::verify() const {
  const auto checked = verify_log(database(), key_file(), {checkpoint_, witness_});
  if (!checked) return complain_of_files(checked.error(), "the files with --database and --key");
  if (session_.format == Format::table) {
    const auto number = [&](const char* key) { return (*checked)[key].get<std::uint64_t>(); };
    fmt::print("ok: {}, {}, {} under a signature\n", counted(number("entries"), "entry"),
               counted(number("checkpoints"), "checkpoint"), counted(number("signed_entries"), "entry"));
    if (checked->contains("witnessed")) {
      const Json& witnessed = checked->at("witnessed");
      fmt::print("the witness holds {} of it, the newest that agrees for {}\n",
                 counted(witnessed.at("checkpoints").get<std::uint64_t>(), "checkpoint"),
                 counted(witnessed.at("agreed_entries").get<std::uint64_t>(), "entry"));
    }
    if (checked->at("set_back") != 0) {
      fmt::print("note: it was set back {}, as entries of kind {} say\n",
                 counted(checked->at("set_back").get<std::size_t>(), "time"), set_back_kind);
    }
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

/// All of them, also behind one that is wrong.
int AuditCommands::check_proofs() const {
  const auto key = read_key(key_file());
  if (!key) return complain_of_files(key.error(), "the public key with --key");
  int code = 0;
  for (const std::string& file : proofs_) code = std::max(code, check_proof(file, *key));
  return code;
}

int AuditCommands::check_proof(const std::string& file, const audit::VerifyKey& key) const {
  const auto text = read_whole(file, proof_bytes_max);
  if (!text) return complain_of_file(text.error());
  const auto show = [&](bool holds, const std::string& says) {
    Json shown{{"holds", holds}, {"says", says}};
    if (proofs_.size() > 1) shown["file"] = file;
    fmt::print("{}", show_one(shown, session_.format));
  };
  const auto refuse = [&](Errc code, const std::string& why) {
    if (session_.format != Format::table) show(false, why);
    return complain({code, Retry::no, file + ": " + why});
  };
  const auto doc = parse_json(*text);
  if (!doc) {
    return refuse(doc.error().code, doc.error().message +
                                        "; what can be checked is what `audit prove` and `audit consistency` give with "
                                        "`-o json`");
  }
  const auto holds = verify_proof(*doc, key);
  if (!holds) return refuse(holds.error().code, holds.error().message);
  if (session_.format != Format::table) {
    show(true, *holds);
  } else {
    fmt::print("{}{}", proofs_.size() > 1 ? file + ": " : std::string(), *holds);
  }
  return 0;
}

int AuditCommands::consistency() const {
  const auto key = read_key(key_file());
  if (!key) return complain_of_files(key.error(), "the public key with --key");
  const auto older = read_note(older_);
  if (!older) return complain_of_file(older.error());
  const auto newer = newer_.empty() ? Result<std::string>(std::string()) : read_note(newer_);
  if (!newer) return complain_of_file(newer.error());
  const auto proof =
      read_log(database(), [&](store::SqliteHistory& log) { return prove_consistency(log, *key, *older, *newer); });
  if (!proof) return complain_of_files(proof.error(), "the file with --database");
  if (session_.format != Format::table) {
    fmt::print("{}", show_one(*proof, session_.format));
    return 0;
  }
  const auto holds = verify_proof(*proof, *key);
  if (!holds) return complain(holds.error());
  fmt::print("{}", *holds);
  return 0;
}

/// Each line the bytes that were hashed: whoever has all of them can make the root again.
int AuditCommands::export_entries() const {
  const auto write = [this](store::SqliteHistory& log) -> Result<Json> {
    const std::uint64_t last = last_.empty() ? std::numeric_limits<std::uint64_t>::max() : number(last_);
    std::uint64_t written = 0;
    const auto end = [&] {
      if (written == 0) fmt::print(stderr, "no entry has a number in that range\n");
      return Json();
    };
    for (std::uint64_t next = number(first_);;) {
      const auto page = log.entries(next, entries_a_read);
      if (!page) return std::unexpected(page.error());
      for (const Entry& entry : *page) {
        if (entry.seq > last) return end();
        fmt::print("{}\n", entry.bytes);
        ++written;
      }
      if (page->empty()) return end();
      next = page->back().seq + 1;
    }
  };
  const auto done = read_log(database(), write);
  if (!done) return complain_of_files(done.error(), "the file with --database");
  return 0;
}

Result<Json> AuditCommands::collect() const {
  EvidenceRequest request;
  request.control = control_;
  if (store::StateFolder::in_use(std::filesystem::path(database()).parent_path()))
    request.patience = signature_patience;
  if (!run_.empty()) request.run = number(run_);
  if (!since_.empty()) {
    const auto since = parse_past(since_, std::chrono::system_clock::now());
    if (!since) return std::unexpected(since.error());
    request.since = *since;
  }
  return read_log(database(), [&](store::SqliteHistory& log) { return collect_evidence(log, request); });
}

int AuditCommands::evidence() const {
  const auto key = read_whole(key_file(), key_bytes_max);
  if (!key) return complain_of_files(key.error(), "the files with --database and --key");
  auto pack = collect();
  if (!pack && pack.error().message.starts_with(database())) {
    return complain_of_files(pack.error(), "the files with --database and --key");
  }
  if (!pack) return complain(pack.error());
  auto& checkpoint = pack->at("checkpoint").get_ref<std::string&>();
  checkpoint +=
      cosignatures_on((std::filesystem::path(database()).parent_path() / cosigned_folder).string(), checkpoint);
  const std::string folder = !out_.empty() ? out_ : run_.empty() ? "evidence-" + control_ : "evidence-run-" + run_;
  if (auto ok = write_evidence(folder, *pack, *key); !ok) return complain(ok.error());
  const std::size_t hidden = definitions_kept_back(*pack);
  if (session_.format != Format::table) {
    const Json made{{"folder", folder},
                    {"entries", pack->at("entries").size()},
                    {"kept_back", pack->at("kept_back").size()},
                    {"definitions_kept_back", hidden}};
    fmt::print("{}", show_one(made, session_.format));
    return 0;
  }
  fmt::print(
      "{}: {} entries of the log; {} and {} kept back as sensitive\nread {}/index.html; check it with `python3 -I "
      "{}/verify.py`\n",
      folder, pack->at("entries").size(), counted(pack->at("kept_back").size(), "content"),
      counted(hidden, "definition"), folder, folder);
  return 0;
}

void AuditCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* audit = app.add_subcommand("audit", "The log nobody can quietly change");
  audit->require_subcommand(1);
  CLI::App* check = audit->add_subcommand("verify", "Check the whole log, offline, with the public key only");
  check->add_option("--database", database_, "Database file, if not the state folder's");
  check->add_option("--key", key_, "Public key file, if not the state folder's");
  check->add_option(
      "--checkpoint", checkpoint_,
      "A checkpoint kept elsewhere, its file or itself, such as that line of the daemon's log: the log must "
      "still hold it");
  check->add_option("--witness", witness_,
                    "What a witness holds (its file, or an export of the system log): the log must be the one it saw");
  check->callback([this, end] { end(verify()); });
  CLI::App* one = audit->add_subcommand("prove", "One entry with its proof of inclusion; needs no daemon");
  one->add_option("seq", seq_, "Its number")->required()->check(a_number());
  one->add_option("--database", database_, "Database file, if not the state folder's");
  one->callback([this, end] { end(prove()); });
  CLI::App* proof = audit->add_subcommand(
      "verify-proof", "Check what `audit prove` or `audit consistency` gave; needs only the public key");
  proof->add_option("file", proofs_, "The proof, as JSON; several are checked one after the other")->required();
  proof->add_option("--key", key_, "Public key file, if not the state folder's");
  proof->callback([this, end] { end(check_proofs()); });
  CLI::App* longer =
      audit->add_subcommand("consistency", "That the log still begins with the one a kept checkpoint signed");
  longer->add_option("older", older_, "The kept checkpoint: its file, or itself, such as that line of the daemon's log")
      ->required();
  longer->add_option("newer", newer_, "A later one, if not the newest");
  longer->add_option("--database", database_, "Database file, if not the state folder's");
  longer->add_option("--key", key_, "Public key file, if not the state folder's");
  longer->callback([this, end] { end(consistency()); });
  CLI::App* lines = audit->add_subcommand("export", "Every entry, a line each, byte for byte as it was hashed");
  lines->add_option("--from", first_, "The first, by its number")->check(a_number());
  lines->add_option("--to", last_, "The last, by its number")->check(a_number());
  lines->add_option("--database", database_, "Database file, if not the state folder's");
  lines->callback([this, end] {
    if (session_.format == Format::yaml) {
      throw CLI::ValidationError("--output", "the entries are lines of JSON, byte for byte as they were hashed");
    }
    end(export_entries());
  });
  add_evidence(*audit, end);
}

void AuditCommands::add_evidence(CLI::App& audit, const std::function<void(int)>& end) {
  CLI::App* pack =
      audit.add_subcommand("evidence", "A folder for whoever must believe it: a page, entries, proofs, a verifier");
  CLI::Option* run = pack->add_option("--run", run_, "Of one run, by its number")->check(a_number());
  pack->add_option("--control", control_, "Of all about one control: runs, findings, waivers")
      ->check(a_name())
      ->excludes(run);
  pack->add_option("--since", since_, "With --control: from how long ago on (30d) or from when")
      ->check(a_past_time())
      ->excludes(run);
  pack->add_option("--out,--to", out_, "The new folder; else evidence-run-N or evidence-CONTROL here");
  pack->add_option("--database", database_, "Database file, if not the state folder's");
  pack->add_option("--key", key_, "Public key file, if not the state folder's");
  pack->callback([this, end] {
    if (run_.empty() && control_.empty()) throw CLI::RequiredError("--run or --control");
    end(evidence());
  });
}

}  // namespace aright::cli
