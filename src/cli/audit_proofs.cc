#include "cli/audit_proofs.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "base/bytes.h"
#include "cli/file_syntax.h"
#include "model/doc.h"

namespace aright::cli {

namespace {

constexpr std::uint64_t leaves_a_read = 16'384;
constexpr std::size_t note_bytes_max = 4096;

Result<audit::CheckpointBody> body_of(const std::string& note, const audit::VerifyKey& key) {
  auto body = audit::open_checkpoint(note, key);
  if (body && body->origin != key.name) return fail(Errc::invalid, "a checkpoint of the log " + body->origin);
  return body;
}

Result<std::vector<Digest>> path_of(const std::vector<std::string>& texts) {
  std::vector<Digest> path;
  for (const std::string& text : texts) {
    const auto bytes = unbase64(text);
    if (!bytes || bytes->size() != sizeof(Digest)) return fail(Errc::invalid, "a hash of the proof is none");
    std::ranges::copy(as_bytes(*bytes), path.emplace_back().begin());
  }
  return path;
}

Result<std::string> verify_inclusion_doc(const Json& doc, const audit::VerifyKey& key) {
  DocReader in(doc, "proof");
  const std::uint64_t seq = in.number("seq");
  const auto entry = unbase64(in.text("entry"));
  const std::string leaf = in.text("leaf");
  const std::uint64_t size = in.number("tree_size");
  const std::string root = in.text("root");
  const auto path = path_of(in.texts("proof"));
  const auto body = body_of(in.text("checkpoint"), key);
  if (auto ok = in.finish(); !ok) return fail(Errc::invalid, ok.error().message);
  if (!entry) return fail(Errc::invalid, "the entry is no base64");
  if (!path) return std::unexpected(path.error());
  if (!body) return std::unexpected(body.error());
  const Digest hash = audit::leaf_hash(*entry);
  if (base64(as_text(hash)) != leaf) return fail(Errc::invalid, fmt::format("entry {}: the leaf is not its hash", seq));
  if (body->size != size || base64(as_text(body->root)) != root) {
    return fail(Errc::invalid, "the checkpoint is of another tree than the proof");
  }
  if (auto ok = audit::verify_inclusion(seq, size, hash, *path, body->root); !ok) return std::unexpected(ok.error());
  return fmt::format("ok: entry {} is in the log {} of {} entries, as signed\n{}\n", seq, body->origin, size, *entry);
}

Result<std::string> verify_consistency_doc(const Json& doc, const audit::VerifyKey& key) {
  DocReader in(doc, "proof");
  const auto older = body_of(in.text("older"), key);
  const auto newer = body_of(in.text("newer"), key);
  const auto path = path_of(in.texts("consistency"));
  if (auto ok = in.finish(); !ok) return fail(Errc::invalid, ok.error().message);
  if (!older) return fail(Errc::invalid, "older: " + older.error().message);
  if (!newer) return fail(Errc::invalid, "newer: " + newer.error().message);
  if (!path) return std::unexpected(path.error());
  if (auto ok = audit::verify_consistency(older->size, newer->size, older->root, newer->root, *path); !ok) {
    return std::unexpected(ok.error());
  }
  return fmt::format("ok: the log {} of {} entries begins with the signed one of {}\n", newer->origin, newer->size,
                     older->size);
}

Result<std::vector<Digest>> all_leaves(store::SqliteHistory& log, std::uint64_t size) {
  std::vector<Digest> all;
  while (all.size() < size) {
    auto more = log.leaves(all.size(), std::min(leaves_a_read, size - all.size()));
    if (!more) return more;
    if (more->empty()) {
      return fail(Errc::corrupt,
                  fmt::format("the log ends at {}, but the checkpoint is for {} entries: it was cut back or begun anew",
                              all.size(), size));
    }
    all.insert(all.end(), more->begin(), more->end());
  }
  return all;
}

}  // namespace

Result<std::string> verify_proof(const Json& proof, const audit::VerifyKey& key) {
  if (!proof.is_object()) return fail(Errc::invalid, "is no proof; `audit prove -o json` makes one");
  return proof.contains("consistency") ? verify_consistency_doc(proof, key) : verify_inclusion_doc(proof, key);
}

Result<Json> prove_consistency(store::SqliteHistory& log, const audit::VerifyKey& key, const std::string& older,
                               const std::string& newer) {
  if (auto ok = log.stand_still(); !ok) return std::unexpected(ok.error());
  const auto newest = log.newest_checkpoint();
  if (!newest) return std::unexpected(newest.error());
  if (newer.empty() && !*newest) return fail(Errc::not_found, "no checkpoint has been signed yet", Retry::yes);
  const std::string note = newer.empty() ? (*newest)->note : newer;
  const auto from = body_of(older, key);
  if (!from) return fail(Errc::invalid, "older: " + from.error().message);
  const auto to = body_of(note, key);
  if (!to) return fail(Errc::invalid, "newer: " + to.error().message);
  if (from->size == 0 || from->size > to->size) {
    return fail(Errc::invalid, fmt::format("a log of {} entries cannot begin with one of {}", to->size, from->size));
  }
  const auto leaves = all_leaves(log, to->size);
  if (!leaves) return std::unexpected(leaves.error());
  const auto path = audit::consistency_proof(*leaves, from->size);
  if (auto ok = audit::verify_consistency(from->size, to->size, from->root, to->root, path); !ok) {
    return fail(Errc::corrupt,
                fmt::format("the log is not the one that was signed at {}: {}", from->size, ok.error().message));
  }
  Json texts = Json::array();
  for (const Digest& node : path) texts.push_back(base64(as_text(node)));
  return Json{{"older", older}, {"newer", note}, {"consistency", texts}};
}

Result<std::string> read_note(const std::string& file) {
  const bool itself = file.find('|') != std::string::npos && file.size() <= note_bytes_max;
  auto text = read_whole(file, note_bytes_max);
  if (!text && !itself) return text;
  if (!text) text = file;  // it is no file's name, and looks like a line of a log
  if (const auto bar = text->find('|'); bar != std::string::npos) {
    const auto begin = text->rfind(' ', bar);
    text->erase(0, begin == std::string::npos ? 0 : begin + 1);
    if (text->ends_with('\n')) text->pop_back();
    std::ranges::replace(*text, '|', '\n');
  }
  return text;
}

}  // namespace aright::cli
