#include "daemon/start_remarks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/terminal_text.h"
#include "cli/witness_file.h"
#include "engine/record.h"

namespace aright::daemon {

namespace {

constexpr const char* go_on =
    "if the older copy is meant to go on, start once with --accept-older-than-witness --reason TEXT: that goes into "
    "the "
    "audit log";

engine::Remark set_back(const cli::WitnessPlace& witness, const cli::Parted& parted, const std::string& reason) {
  return {cli::set_back_kind,
          {{"witness", engine::line(witness.path)},
           {"held", parted.back.size},
           {"root", base64(as_text(parted.back.root))},
           {"agreed", parted.back.agreed},
           {"reason", engine::line(reason)}}};
}

/// A disk that is not there must not keep the daemon from starting: it would be a way to stop it.
Result<std::optional<cli::Parted>> meet(store::SqliteHistory& history, const cli::WitnessPlace& witness,
                                        const audit::VerifyKey& key) {
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

}  // namespace

Result<std::vector<engine::Remark>> start_remarks(store::SqliteHistory& history, const audit::VerifyKey& key,
                                                  const std::vector<cli::WitnessPlace>& witnesses,
                                                  const cli::ServeOptions& options) {
  std::vector<engine::Remark> remarks;
  bool set_back_now = false;
  for (const cli::WitnessPlace& witness : witnesses) {
    if (witness.kind != cli::WitnessPlace::Kind::file) continue;
    const auto parted = meet(history, witness, key);
    if (!parted) return std::unexpected(parted.error());
    if (!*parted) continue;
    if (!options.accept_older) {
      return fail(Errc::denied,
                  fmt::format("the log is not the one that its witness knows: {}; {}", (*parted)->why, go_on));
    }
    spdlog::warn("taken up although its witness knows another log: {}", cli::safe((*parted)->why));
    set_back_now = true;
    remarks.push_back(set_back(witness, **parted, options.reason));
  }
  if (options.accept_older && !set_back_now) {
    spdlog::warn("--accept-older-than-witness was not needed: leave it out from now on");
  }
  return remarks;
}

}  // namespace aright::daemon
