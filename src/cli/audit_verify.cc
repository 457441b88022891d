#include "cli/audit_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "audit/log_check.h"
#include "cli/audit_proofs.h"
#include "cli/audit_tail.h"
#include "cli/expected_numbers.h"
#include "cli/expected_rows.h"
#include "cli/file_syntax.h"
#include "cli/named_contents.h"
#include "cli/offline_log.h"
#include "cli/witness_file.h"
#include "engine/projection.h"
#include "store/sqlite_history.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t chunk = 1024;
constexpr std::uint64_t rows_every = std::uint64_t{16} * chunk;

std::uint64_t run_of(const Json& entry) {
  const auto found = entry.find("run");
  return found != entry.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

audit::LogCheck log_check(const audit::VerifyKey& key, const std::vector<Checkpoint>& stored,
                          std::vector<audit::HeldCheckpoint> held) {
  std::vector<audit::StoredNote> notes;
  notes.reserve(stored.size());
  for (const Checkpoint& c : stored) notes.push_back({c.size, c.note});
  return {key, std::move(notes), std::move(held)};
}

/// What others hold.
struct Outside {
  std::optional<audit::CheckpointBody> kept;
  std::vector<audit::HeldCheckpoint> witnessed;
};

/// Two threads take turns over the parts of a log: one reads, hashes and parses, the other replays what was read
/// before.
class Verification {
 public:
  Verification(store::SqliteHistory& history, const audit::VerifyKey& key, const std::vector<Checkpoint>& checkpoints,
               const Outside& outside)
      : history_(history),
        origin_(key.name),
        checkpoints_(checkpoints.size()),
        log_(log_check(key, checkpoints, outside.witnessed)),
        kept_(outside.kept),
        signed_(log_.signed_size()),
        witnessed_(outside.witnessed.size()) {}

  Result<Json> run() {
    auto tree = history_.tree();
    if (tree) size_ = tree->size;
    if (auto ok = entries(); !ok) return std::unexpected(ok.error());
    if (kept_ && kept_->size > log_.size()) {
      return fail(Errc::corrupt,
                  fmt::format("the log ends at {}, but the kept checkpoint is for {} entries: it was cut "
                              "back or begun anew",
                              log_.size(), kept_->size));
    }
    if (auto ok = log_.end(set_back_); !ok) return std::unexpected(ok.error());
    if (!tree) return std::unexpected(tree.error());
    if (tree->size != log_.size() || tree->edge != log_.tree().edge()) {
      return fail(Errc::corrupt, "table tree, row 1: is not the tree of the entries");
    }
    if (auto ok = rows(); !ok) return std::unexpected(ok.error());
    if (auto ok = definitions(); !ok) return std::unexpected(ok.error());
    if (auto ok = contents_.compare(history_); !ok) return std::unexpected(ok.error());
    Json said{{"entries", log_.size()},
              {"checkpoints", checkpoints_},
              {"signed_entries", log_.signed_size()},
              {"set_back", set_back_.size()},
              {"origin", origin_}};
    if (witnessed_ != 0) said["witnessed"] = {{"checkpoints", witnessed_}, {"agreed_entries", log_.agreed()}};
    return said;
  }

 private:
  struct NamedDefinition {
    std::uint64_t seq{0};  ///< of the first entry that names it
    std::string kind{};
  };
  /// Entries that follow what is before them, as they are and as trees.
  struct Part {
    std::vector<Entry> entries;
    std::vector<Json> docs;      ///< of the first of them, as far as they are what was recorded
    std::optional<Error> wrong;  ///< the one after those is not
  };

  Result<Part> read(std::uint64_t first) {
    auto entries = history_.entries(first, chunk);
    if (!entries) return std::unexpected(entries.error());
    auto leaves = history_.leaves(first, chunk);
    if (!leaves) return std::unexpected(leaves.error());
    Part part{std::move(*entries), {}, {}};
    const std::size_t count = std::min(part.entries.size(), leaves->size());
    part.docs.reserve(count);
    while (part.docs.size() < count && !part.wrong) {
      auto doc = recorded(part.entries[part.docs.size()], (*leaves)[part.docs.size()]);
      if (doc) {
        part.docs.push_back(std::move(*doc));
      } else {
        part.wrong = std::move(doc.error());
      }
    }
    return part;
  }

  /// The entry as a tree, if it is the one that was recorded there.
  Result<Json> recorded(const Entry& entry, const Digest& leaf) {
    if (auto ok = log_.add(entry.seq, entry.bytes, leaf); !ok) return std::unexpected(ok.error());
    if (kept_ && kept_->size == log_.size() && kept_->root != log_.tree().root()) {
      return fail(Errc::corrupt,
                  fmt::format("the kept checkpoint at {}: the entries lead to another root", kept_->size));
    }
    auto doc = parse_own_json(entry.bytes);
    if (!doc) return fail(Errc::corrupt, fmt::format("entry {}: {}", entry.seq, doc.error().message));
    try {
      note(entry.seq, *doc);
    } catch (const Json::exception& error) {  // it asks for fields by their types
      return fail(Errc::corrupt,
                  fmt::format("entry {}: is not of the form that entries have: {}", entry.seq, error.what()));
    }
    return doc;
  }

  /// What it names, and what explains that something else is gone: compared after the last entry.
  void note(std::uint64_t seq, const Json& entry) {
    name_definitions(seq, entry);
    contents_.take(seq, entry);
    numbers_.take(seq, entry);
    if (const std::string before = entry.value("rows_before", ""); !before.empty()) note_gone(entry, before);
    if (auto back = set_back_of(entry)) set_back_.push_back(*back);
  }

  /// What the next part says is held against the tree and the signatures while that is replayed which this one says.
  Result<Done> entries() {
    auto part = read(0);
    for (std::uint64_t next = 0;;) {
      if (!part) return std::unexpected(part.error());
      if (part->entries.empty()) break;
      next += part->entries.size();
      std::future<Result<Part>> following;
      if (!part->wrong) following = std::async(std::launch::async, [this, next] { return read(next); });
      for (std::size_t i = 0; i < part->docs.size(); ++i) {
        if (auto ok = replay(part->entries[i], part->docs[i]); !ok) return ok;
      }
      if (part->wrong) return std::unexpected(*part->wrong);
      if (part->docs.size() < part->entries.size()) break;
      // Not after each part: most rows change with several entries, and only what came last is compared.
      if (next % rows_every == 0) {
        if (auto ok = expected_.take(projection_.take_rows()); !ok) return ok;
      }
      part = following.get();
    }
    return expected_.take(projection_.take_rows());
  }

  Result<Done> replay(const Entry& entry, const Json& doc) {
    if (entry.run != run_of(doc)) {
      return fail(Errc::corrupt, fmt::format("table entry, row {}: is kept under run {}", entry.seq, entry.run));
    }
    if (auto ok = projection_.apply(doc); !ok) return ok;
    if (entry.seq + 1 == signed_) tail_.follows(doc);
    return entry.seq >= signed_ ? tail_.add(doc, size_) : Result<Done>(Done{});
  }

  void note_gone(const Json& entry, const std::string& before) {
    const auto time = parse_rfc3339(before);
    if (time && entry.value("kind", "") == "retention.applied") gone_before_ = std::max(gone_before_, *time);
  }

  void name_definitions(std::uint64_t seq, const Json& entry) {
    const std::string kind = entry.value("kind", "");
    if (kind != "definition.loaded" && kind != "finding.opened" && kind != "run.created") return;
    for (const auto& [key, of] :
         {std::pair("hash", ""), std::pair("version", "workflow"), std::pair("control_hash", "control")}) {
      const auto found = entry.find(key);
      if (found == entry.end() || !found->is_string()) continue;
      NamedDefinition& named = named_.try_emplace(found->get<std::string>(), NamedDefinition{seq}).first->second;
      const std::string said = of[0] == '\0' ? entry.value("definition", "") : of;
      if (named.kind.empty()) named.kind = said;
    }
  }

  /// `check_contents` finds those that are not what their name says; here, those that are gone.
  Result<Done> definitions() {
    auto stored = history_.definitions();
    if (!stored) return std::unexpected(stored.error());
    for (const auto& [hash, named] : named_) {
      const auto found = stored->find(hash);
      if (found == stored->end()) {
        return fail(Errc::corrupt,
                    fmt::format("table definition, row {}: is missing, entry {} names it", hash, named.seq));
      }
      if (named.kind.empty() || found->second == named.kind) continue;
      return fail(Errc::corrupt, fmt::format("table definition, row {}: is kept as {}, entry {} names a {}", hash,
                                             found->second, named.seq, named.kind));
    }
    return Done{};
  }

  Result<Done> rows() {
    expected_.gone_before(gone_before_);
    if (auto ok = expected_.compare(); !ok) return ok;
    if (auto ok = numbers_.compare(history_); !ok) return ok;
    auto context = history_.context();
    if (!context) return std::unexpected(context.error());
    if (log_.size() != 0 && *context != projection_.context()) {
      return fail(Errc::corrupt, "table context, row 1: is not what the entries imply");
    }
    return Done{};
  }

  store::SqliteHistory& history_;
  std::string origin_;
  std::size_t checkpoints_;
  audit::LogCheck log_;
  engine::Projection projection_;
  std::optional<audit::CheckpointBody> kept_;
  std::uint64_t signed_;
  std::size_t witnessed_;
  std::uint64_t size_{0};  ///< as the stored tree says
  UnsignedTail tail_;
  std::vector<audit::SetBack> set_back_;
  WallTime gone_before_{};                        ///< rows that ended before were taken away
  std::map<std::string, NamedDefinition> named_;  ///< definitions by hash
  NamedContents contents_;
  ExpectedNumbers numbers_;
  ExpectedRows expected_{history_};
};

/// What needs no entry to be checked: the file itself, and each content by its own name.
struct Substance {
  Result<Done> file;
  Result<std::uint64_t> contents;
};

/// SQLite says several things in one text, below a heading.
std::string damage_text(const std::vector<std::string>& said) {
  constexpr std::size_t told = 5;
  std::vector<std::string> lines;
  for (const std::string& text : said) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && !line.starts_with("***")) lines.push_back(std::move(line));
    }
  }
  std::string all = "the database is damaged";
  for (std::size_t i = 0; i < std::min(told, lines.size()); ++i) all += (i == 0 ? ": " : "; ") + lines[i];
  if (lines.size() > told) all += fmt::format("; and {} more", lines.size() - told);
  return all;
}

Substance check_substance(store::SqliteHistory& history) {
  auto damage = history.integrity();
  if (!damage) return {std::unexpected(damage.error()), 0};
  if (!damage->empty()) return {fail(Errc::corrupt, damage_text(*damage)), 0};
  if (auto ok = history.check_columns(); !ok) return {ok, 0};
  return {Done{}, history.check_contents()};
}

Result<Json> verify_entries(store::SqliteHistory& history, const audit::VerifyKey& key, const Outside& outside) {
  auto checkpoints = history.checkpoints();
  if (!checkpoints) return std::unexpected(checkpoints.error());
  return Verification(history, key, *checkpoints, outside).run();
}

Result<Json> verify(store::SqliteHistory& history, const audit::VerifyKey& key, const Outside& outside) {
  if (auto ok = history.stand_still(); !ok) return std::unexpected(ok.error());
  auto beside = history.again();
  if (!beside) return std::unexpected(beside.error());
  if (auto ok = (*beside)->stand_still(); !ok) return std::unexpected(ok.error());
  auto substance = std::async(std::launch::async, [&] { return check_substance(**beside); });
  auto said = verify_entries(history, key, outside);
  // In the order in which one explains the other: a damaged page can look like a changed entry.
  const Substance found = substance.get();
  if (!found.file) return std::unexpected(found.file.error());
  if (!said) return said;
  if (!found.contents) return std::unexpected(found.contents.error());
  (*said)["blobs"] = *found.contents;
  return said;
}

Result<audit::CheckpointBody> read_kept(const std::string& file, const audit::VerifyKey& key) {
  const auto text = read_note(file);
  if (!text) return std::unexpected(text.error());
  auto body = audit::open_checkpoint(*text, key);
  if (!body) return fail(Errc::invalid, file + ": " + body.error().message);
  if (body->origin != key.name) return fail(Errc::invalid, file + ": is a checkpoint of the log " + body->origin);
  return body;
}

}  // namespace

Result<Json> verify_log(const std::string& database, const std::string& key_file, const OutsideFiles& files) {
  auto text = read_whole(key_file, 4096);
  if (!text) return std::unexpected(text.error());
  auto key = audit::VerifyKey::parse(*text);
  if (!key) return fail(Errc::invalid, key_file + ": " + key.error().message);
  Outside outside;
  if (!files.checkpoint.empty()) {
    auto body = read_kept(files.checkpoint, *key);
    if (!body) return std::unexpected(body.error());
    outside.kept = std::move(*body);
  }
  if (!files.witness.empty()) {
    if (std::error_code unknown; std::filesystem::is_directory(files.witness, unknown))
      return fail(Errc::denied, files.witness + ": is a folder");
    auto held = read_witness(files.witness, *key);
    if (!held) return std::unexpected(held.error());
    if (held->empty()) return fail(Errc::invalid, files.witness + ": holds no checkpoint of the log " + key->name);
    outside.witnessed = std::move(*held);
  }
  return read_log(database, [&](store::SqliteHistory& history) -> Result<Json> {
    auto said = verify(history, *key, outside);
    if (!said || said->at("entries") != 0) return said;
    const auto begun = has_begun(history, database, key_file);  // nothing else is wrong with an emptied one
    return begun ? std::move(said) : Result<Json>(std::unexpected(begun.error()));
  });
}

}  // namespace aright::cli
