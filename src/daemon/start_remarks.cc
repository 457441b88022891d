#include "daemon/start_remarks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/digest.h"
#include "base/time.h"
#include "cli/backup.h"
#include "cli/file_syntax.h"
#include "cli/prover.h"
#include "cli/terminal_text.h"
#include "cli/witness_file.h"
#include "daemon/http_witness.h"
#include "engine/record.h"

namespace aright::daemon {

namespace {

constexpr std::size_t mark_bytes_max = 65'536;
constexpr std::uint32_t entries_at_once = 1000;
constexpr std::chrono::seconds server_waited_for{3};  ///< a start is not to hang on somebody else's machine
constexpr const char* go_on =
    "if the older copy is meant to go on, start once with --accept-older-than-witness --reason TEXT: that goes into "
    "the "
    "audit log";

/// What others were told since is not in this log: nothing new may be told by the same names (docs/decisions/0166).
std::string new_epoch() {
  const Digest drawn = random_digest();
  return hex(std::span(drawn).first<4>());
}

engine::Remark set_back(const cli::WitnessPlace& witness, const cli::Parted& parted, const std::string& reason,
                        const std::string& epoch) {
  engine::Remark remark{cli::set_back_kind,
                        {{"epoch", epoch},
                         {"witness", engine::line(witness.path)},
                         {"held", parted.back.size},
                         {"root", base64(as_text(parted.back.root))},
                         {"agreed", parted.back.agreed},
                         {"reason", engine::line(reason)}}};
  if (parted.back.from != 0) {
    remark.fields["from"] = parted.back.from;
    remark.fields["from_root"] = base64(as_text(parted.back.from_root));
  }
  return remark;
}

/// A server never forgets what it has cosigned, so that it says the same at every start: once on record is enough.
Result<bool> accepted_before(store::SqliteHistory& history, const std::string& witness, std::uint64_t held) {
  for (std::uint64_t next = 0;;) {
    const auto page = history.entries(next, entries_at_once);
    if (!page) return std::unexpected(page.error());
    if (page->empty()) return false;
    for (const Entry& entry : *page) {
      if (!entry.bytes.contains(cli::set_back_kind)) continue;
      const auto doc = parse_own_json(entry.bytes);
      const auto back = doc ? cli::set_back_of(*doc) : std::nullopt;
      if (back && back->size >= held && doc->value("witness", "") == engine::line(witness)) return true;
    }
    next = page->back().seq + 1;
  }
}

/// It tells only how many entries it has cosigned, and whether they are the beginning of this log.
Result<std::optional<cli::Parted>> meet_server(store::SqliteHistory& history, const cli::WitnessPlace& witness) {
  const auto newest = history.newest_checkpoint();
  if (!newest) return std::unexpected(newest.error());
  if (!*newest) return std::nullopt;
  cli::Prover prover(history);
  auto server = HttpWitness::create(
      witness, [&](std::uint64_t from, std::uint64_t to) { return prover.consistency(from, to); }, server_waited_for);
  const auto said = server ? (*server)->submit((*newest)->note, (*newest)->size) : std::unexpected(server.error());
  if (!said) {
    spdlog::warn("witness {}: nothing to compare the log with: {}", cli::safe(witness.name()),
                 cli::safe(said.error().message));
    return std::nullopt;
  }
  if (said->what == HttpWitness::Said::What::cosigned) return std::nullopt;
  const std::string why = witness.name() + ": " + in_words(*said, (*newest)->size);
  const auto known = accepted_before(history, witness.path, said->size);
  if (!known) return std::unexpected(known.error());
  if (!*known) return cli::Parted{{said->size, {}, 0}, why};
  spdlog::warn("witness {}, as was accepted before; until its owner forgets this log it cosigns nothing",
               cli::safe(why));
  return std::nullopt;
}

/// A disk that is not there must not keep the daemon from starting: it would be a way to stop it.
Result<std::optional<cli::Parted>> meet(store::SqliteHistory& history, const cli::WitnessPlace& witness,
                                        const audit::VerifyKey& key) {
  if (witness.kind == cli::WitnessPlace::Kind::http) return meet_server(history, witness);
  auto parted = cli::compare_with_witness(history, witness.path, key);
  if (parted) {
    const auto newest = cli::newest_witnessed(witness.path, key);
    if (newest && !*newest) {
      spdlog::warn("witness {}: holds nothing of this log: the log is new, or the witness is",
                   cli::safe(witness.name()));
    }
    return parted;
  }
  if (parted.error().code == Errc::invalid || parted.error().code == Errc::corrupt) return parted;
  spdlog::warn("witness {}: nothing to compare the log with: {}", cli::safe(witness.name()),
               cli::safe(parted.error().message));
  return std::nullopt;
}

std::optional<engine::Remark> restored(const std::string& state, const std::string& epoch) {
  const std::string path = state + "/" + cli::restored_mark;
  const auto text = cli::read_whole(path, mark_bytes_max);
  if (!text && text.error().code == Errc::not_found) return std::nullopt;
  // Whatever it says, that it is here is what counts.
  const auto parsed = text ? parse_own_json(*text) : Result<Json>(std::unexpected(text.error()));
  const Json mark = parsed && parsed->is_object() ? *parsed : Json::object();
  const auto said = [&](const char* key) {
    const auto found = mark.find(key);
    return found != mark.end() && found->is_string() ? engine::line(found->get<std::string>()) : std::string();
  };
  const auto entries = mark.find("entries");
  const bool counted = entries != mark.end() && entries->is_number_unsigned();
  spdlog::warn("this state folder was restored from a backup made at {}: {}", cli::safe(said("made_at")),
               cli::safe(said("reason")));
  return engine::Remark{"node.restored",
                        {{"epoch", epoch},
                         {"made_at", said("made_at")},
                         {"held", counted ? entries->get<std::uint64_t>() : 0},
                         {"restored_at", said("restored_at")},
                         {"reason", said("reason")}}};
}

/// The mark goes after the commit that records it: who dies between, or loses the power before it has gone for good,
/// finds it once more.
Result<bool> on_record(store::SqliteHistory& history, engine::Remark& mark) {
  const Json when = mark.fields["restored_at"];
  const bool told = when.is_string() && !when.get_ref<const std::string&>().empty();
  std::uint64_t from = mark.fields["held"].get<std::uint64_t>();
  while (told) {
    const auto some = history.entries(from, entries_at_once);
    if (!some) return std::unexpected(some.error());
    if (some->empty()) return false;
    for (const Entry& entry : *some) {
      const auto doc = parse_own_json(entry.bytes);
      if (doc && doc->value("kind", "") == mark.kind && doc->value("restored_at", Json()) == when) return true;
    }
    from = some->back().seq + 1;
  }
  return false;
}

}  // namespace

Result<std::vector<engine::Remark>> start_remarks(store::SqliteHistory& history, const audit::VerifyKey& key,
                                                  const std::vector<cli::WitnessPlace>& witnesses,
                                                  const cli::ServeOptions& options) {
  std::vector<engine::Remark> remarks;
  const std::string epoch = new_epoch();  // if it begins one
  bool set_back_now = false;
  for (const cli::WitnessPlace& witness : witnesses) {
    if (witness.kind == cli::WitnessPlace::Kind::syslog) continue;
    const auto parted = meet(history, witness, key);
    if (!parted) return std::unexpected(parted.error());
    if (!*parted) continue;
    if (!options.accept_older) {
      return fail(Errc::denied,
                  fmt::format("the log is not the one that its witness knows: {}; {}", (*parted)->why, go_on));
    }
    spdlog::warn("taken up although its witness knows another log: {}", cli::safe((*parted)->why));
    set_back_now = true;
    remarks.push_back(set_back(witness, **parted, options.reason, epoch));
  }
  if (options.accept_older && !set_back_now) {
    spdlog::warn("--accept-older-than-witness was not needed: leave it out from now on");
  }
  if (auto mark = restored(options.state, epoch)) {
    const auto known = on_record(history, *mark);
    if (!known) return std::unexpected(known.error());
    if (!*known) remarks.insert(remarks.begin(), std::move(*mark));
  }
  return remarks;
}

void tell_of_pauses(const std::vector<engine::Paused>& pauses) {
  for (const engine::Paused& pause : pauses) {
    const bool all = pause.scope.of() == engine::PauseScope::Of::everything;
    const std::string number = pause.id == 0 ? std::string() : fmt::format(" {}", pause.id);
    const std::string end = pause.origin == "file" ? "the file `pause` in the state folder is removed"
                                                   : "`aright resume" + number + "` ends it";
    spdlog::warn("{}; in force since {}: no effect {}begins until {}", cli::safe(pause.text()), rfc3339(pause.since),
                 all ? std::string() : "of " + cli::safe(pause.scope.text()) + " ", end);
  }
}

void forget_restored(const std::string& state) {
  const std::string path = state + "/" + cli::restored_mark;
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return;
  spdlog::warn("{}: cannot be removed ({}): the next start will record it once more", cli::safe(path),
               std::strerror(errno));
}

}  // namespace aright::daemon
