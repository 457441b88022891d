#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "conformance.h"

namespace aright::conformance {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t bundle_entries = 256;
constexpr std::uint64_t hashes_max = 20'000'000;  ///< above: one changed byte an entry, not each

/// C2SP tlog-tiles: 1234067 is x001/x234/067.
fs::path bundle_path(std::uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) path = fmt::format("x{:03}/{}", index % 1000, path);
  return path;
}

/// nullopt: a bundle is missing or cut off.
std::optional<std::vector<std::string>> entries(const fs::path& folder, std::uint64_t size) {
  std::vector<std::string> list;
  for (std::uint64_t bundle = 0; list.size() < size; ++bundle) {
    const std::uint64_t left = size - list.size();
    fs::path file = folder / "tile/entries" / bundle_path(bundle);
    if (left < bundle_entries && !fs::is_regular_file(file)) file += ".p/" + std::to_string(left);
    const std::string bytes = read(file);
    const std::uint64_t wanted = list.size() + std::min(left, bundle_entries);
    std::size_t at = 0;
    while (list.size() < wanted) {
      if (at + 2 > bytes.size()) return std::nullopt;
      const std::size_t length =
          static_cast<unsigned char>(bytes[at]) * 256U + static_cast<unsigned char>(bytes[at + 1]);
      if (at + 2 + length > bytes.size()) return std::nullopt;
      list.push_back(bytes.substr(at + 2, length));
      at += 2 + length;
    }
  }
  return list;
}

/// Whether every changed byte of every entry leads to another root.
bool changes_show(std::vector<std::string>& list, const Digest& root) {
  std::vector<Digest> leaves;
  std::uint64_t bytes = 0;
  for (const std::string& entry : list) {
    leaves.push_back(audit::leaf_hash(entry));
    bytes += entry.size();
  }
  const bool each = bytes * list.size() < hashes_max;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Digest whole = leaves[i];
    for (std::size_t k = 0; k < (each ? list[i].size() : std::min<std::size_t>(list[i].size(), 1)); ++k) {
      list[i][k] = static_cast<char>(list[i][k] ^ 1);
      leaves[i] = audit::leaf_hash(list[i]);
      list[i][k] = static_cast<char>(list[i][k] ^ 1);
      if (each ? audit::root_of(leaves) == root : leaves[i] == whole) return false;
    }
    leaves[i] = whole;
  }
  return true;
}

void checkpoint(const fs::path& file, Tally& tally) {
  const std::string where = file.string();
  const auto key = audit::VerifyKey::parse(read(file.parent_path() / "verifier.vkey"));
  if (!key) return tally.add(false, where + ": verifier.vkey beside it: " + key.error().message);
  const std::string note = read(file);
  const auto body = audit::open_checkpoint(note, *key);
  if (!body) return tally.add(false, where + ": " + body.error().message);
  tally.add(true, where);
  auto list = entries(file.parent_path(), body->size);
  if (!list)
    return tally.add(false,
                     fmt::format("{}: the bundles below tile/entries do not hold {} entries", where, body->size));
  std::vector<Digest> leaves;
  for (const std::string& entry : *list) leaves.push_back(audit::leaf_hash(entry));
  tally.add(audit::root_of(leaves) == body->root, where + ": its entries lead elsewhere");
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    accepted += audit::open_checkpoint(changed, *key) ? 1U : 0U;
  }
  tally.add(accepted == 0, fmt::format("{}: accepted with {} of its bytes changed", where, accepted));
  tally.add(changes_show(*list, body->root), where + ": a changed entry leads to the same root");
}

}  // namespace

void tlog(const fs::path& path, Tally& tally) {
  if (!fs::is_directory(path)) return checkpoint(path, tally);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const bool named = entry.path().filename().string().starts_with("checkpoint");
    if (named && entry.is_regular_file()) checkpoint(entry.path(), tally);
  }
}

}  // namespace aright::conformance
