// `./dev conformance merkle|tlog PATH`: public vectors against our own verifier.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "base/json.h"

namespace {

namespace fs = std::filesystem;
using aright::Digest;
using aright::Json;

struct Tally {
  int passed{0};
  int failed{0};
  int skipped{0};
  void add(bool good, const std::string& what) {
    good ? ++passed : ++failed;
    if (!good) fmt::print("failed: {}\n", what);
  }
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<Digest> digest(const Json& text) {
  const auto bytes = aright::unbase64(text.is_string() ? text.get<std::string>() : "");
  Digest out{};
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::ranges::copy(aright::as_bytes(*bytes), out.begin());
  return out;
}

/// Whether our verifier accepts the proof of `c`. A hash of the wrong size cannot be a proof.
bool accepts(const Json& c, bool inclusion) {
  std::vector<Digest> proof;
  const Json nodes = c.value("proof", Json());
  for (const Json& node : nodes.is_array() ? nodes : Json::array()) {
    const auto hash = digest(node);
    if (!hash) return false;
    proof.push_back(*hash);
  }
  if (inclusion) {
    const auto leaf = digest(c.value("leafHash", Json()));
    const auto root = digest(c.value("root", Json()));
    return leaf && root &&
           aright::audit::verify_inclusion(c.value("leafIdx", std::uint64_t{0}), c.value("treeSize", std::uint64_t{0}),
                                           *leaf, proof, *root)
               .has_value();
  }
  const auto root1 = digest(c.value("root1", Json()));
  const auto root2 = digest(c.value("root2", Json()));
  return root1 && root2 &&
         aright::audit::verify_consistency(c.value("size1", std::uint64_t{0}), c.value("size2", std::uint64_t{0}),
                                           *root1, *root2, proof)
             .has_value();
}

void merkle_case(const Json& c, const std::string& where, Tally& tally) {
  const std::string id = c.value("id", where);
  const std::string kind = c.value("kind", fs::path(where).string());
  if (c.contains("start") || kind.find("subtree") != std::string::npos) {
    ++tally.skipped;
    return;
  }
  const bool wanted = !c.value("wantErr", false);
  tally.add(accepts(c, c.contains("leafIdx")) == wanted, id);
}

void merkle_file(const fs::path& file, Tally& tally) {
  const std::string text = read(file);
  if (file.extension() == ".json") {
    const auto doc = aright::parse_json(text);
    return doc ? merkle_case(*doc, file.string(), tally) : tally.add(false, file.string() + ": not JSON");
  }
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) {
      const auto doc = aright::parse_json(std::string_view(text).substr(begin, end - begin));
      doc ? merkle_case(*doc, file.string(), tally) : tally.add(false, file.string() + ": not JSON");
    }
    begin = end + 1;
  }
}

void merkle(const fs::path& path, Tally& tally) {
  if (!fs::is_directory(path)) return merkle_file(path, tally);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".json" || extension == ".jsonl")) merkle_file(entry.path(), tally);
  }
}

/// The entries of all bundles below tile/entries that hold at least `size`: full ones, then one partial.
std::vector<std::string> entries(const fs::path& folder, std::uint64_t size) {
  std::vector<std::string> list;
  for (std::uint64_t bundle = 0; list.size() < size; ++bundle) {
    const std::uint64_t left = size - list.size();
    const std::string name = fmt::format("{:03}", bundle);
    const fs::path base = folder / "tile/entries";
    const fs::path file = left >= 256 ? base / name : base / (name + ".p") / std::to_string(left);
    const std::string bytes = read(file);
    const std::size_t before = list.size();
    for (std::size_t at = 0; at + 2 <= bytes.size();) {
      const auto high = static_cast<unsigned char>(bytes[at]);
      const auto low = static_cast<unsigned char>(bytes[at + 1]);
      const std::size_t length = high * 256U + low;
      list.push_back(bytes.substr(at + 2, length));
      at += 2 + length;
    }
    if (list.size() == before) break;
  }
  return list;
}

Digest root_of(const std::vector<std::string>& list) {
  aright::audit::Frontier tree;
  for (const std::string& entry : list) tree.append(aright::audit::leaf_hash(entry));
  return tree.root();
}

void tlog_checkpoint(const fs::path& file, const aright::audit::VerifyKey& key, Tally& tally) {
  const std::string note = read(file);
  const auto body = aright::audit::open_checkpoint(note, key);
  tally.add(body.has_value(), file.string() + ": " + (body ? "" : body.error().message));
  if (!body) return;
  auto list = entries(file.parent_path(), body->size);
  tally.add(list.size() == body->size && root_of(list) == body->root, file.string() + ": its entries lead elsewhere");
  bool all_refused = true;
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    all_refused = all_refused && !aright::audit::open_checkpoint(changed, key);
  }
  tally.add(all_refused, file.string() + ": accepted with a changed byte");
  bool all_found = true;
  for (std::string& entry : list) {
    for (char& c : entry) {
      c = static_cast<char>(c ^ 1);
      all_found = all_found && root_of(list) != body->root;
      c = static_cast<char>(c ^ 1);
    }
  }
  tally.add(all_found, file.string() + ": a changed entry leads to the same root");
}

void tlog(const fs::path& path, Tally& tally) {
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  const auto key = aright::audit::VerifyKey::parse(read(folder / "verifier.vkey"));
  if (!key) return tally.add(false, "verifier.vkey: " + key.error().message);
  if (!fs::is_directory(path)) return tlog_checkpoint(path, *key, tally);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("checkpoint")) tlog_checkpoint(entry.path(), *key, tally);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc == 3 ? argv[1] : "";
  if (kind != "merkle" && kind != "tlog") {
    fmt::print(stderr, "usage: conformance merkle|tlog PATH\n");
    return 2;
  }
  Tally tally;
  if (!fs::exists(argv[2])) {
    fmt::print(stderr, "error: {} does not exist\n", argv[2]);
    return 1;
  }
  kind == "merkle" ? merkle(argv[2], tally) : tlog(argv[2], tally);
  fmt::print("{} passed, {} failed{}\n", tally.passed, tally.failed,
             tally.skipped == 0 ? std::string() : fmt::format(", {} skipped", tally.skipped));
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}
