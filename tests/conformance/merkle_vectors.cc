#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "audit/merkle.h"
#include "base/json.h"
#include "conformance.h"

namespace aright::conformance {

namespace fs = std::filesystem;

void Tally::add(bool good, const std::string& what) {
  good ? ++passed : ++failed;
  if (!good) fmt::print("failed: {}\n", what);
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

namespace {

/// A case's fields; a missing one or one of another type is remembered: such a case proves nothing.
class Case {
 public:
  explicit Case(const Json& doc) : doc_(doc) {}

  std::uint64_t number(const char* key) {
    const auto found = doc_.find(key);
    if (found != doc_.end() && found->is_number_unsigned()) return found->get<std::uint64_t>();
    note(key);
    return 0;
  }
  bool boolean(const char* key) {
    const auto found = doc_.find(key);
    if (found != doc_.end() && found->is_boolean()) return found->get<bool>();
    note(key);
    return false;
  }
  /// nullopt: text, but not of 32 bytes; no hash at all can be that.
  std::optional<Digest> hash(const char* key) {
    const auto found = doc_.find(key);
    if (found == doc_.end()) note(key);
    return found == doc_.end() ? std::nullopt : digest(*found, key);
  }
  std::optional<std::vector<Digest>> proof() {
    std::vector<Digest> list;
    const auto found = doc_.find("proof");
    if (found == doc_.end() || !(found->is_array() || found->is_null())) {
      note("proof");
      return std::nullopt;
    }
    for (const Json& node : *found) {
      const auto one = digest(node, "proof");
      if (!one) return std::nullopt;
      list.push_back(*one);
    }
    return list;
  }
  [[nodiscard]] const char* bad() const { return bad_; }

 private:
  void note(const char* key) {
    if (bad_ == nullptr) bad_ = key;
  }
  std::optional<Digest> digest(const Json& value, const char* key) {
    if (!value.is_string()) {
      note(key);
      return std::nullopt;
    }
    const auto bytes = unbase64(value.get_ref<const std::string&>());
    Digest out{};
    if (!bytes || bytes->size() != out.size()) return std::nullopt;
    std::ranges::copy(as_bytes(*bytes), out.begin());
    return out;
  }
  const Json& doc_;
  const char* bad_{nullptr};
};

bool inclusion(Case& c) {
  const auto index = c.number("leafIdx");
  const auto size = c.number("treeSize");
  const auto leaf = c.hash("leafHash");
  const auto root = c.hash("root");
  const auto proof = c.proof();
  return leaf && root && proof && audit::verify_inclusion(index, size, *leaf, *proof, *root).has_value();
}

bool consistency(Case& c) {
  const auto size1 = c.number("size1");
  const auto size2 = c.number("size2");
  const auto root1 = c.hash("root1");
  const auto root2 = c.hash("root2");
  const auto proof = c.proof();
  return root1 && root2 && proof && audit::verify_consistency(size1, size2, *root1, *root2, *proof).has_value();
}

void one(const Json& doc, const std::string& where, Tally& tally) {
  if (!doc.is_object()) return tally.add(false, where + ": is not a case");
  const auto id = doc.find("id");
  const std::string name = id != doc.end() && id->is_string() ? id->get<std::string>() : where;
  if (doc.contains("start") || doc.contains("end")) {
    ++tally.skipped;
    return;
  }
  Case c(doc);
  const bool wanted = !c.boolean("wantErr");
  const bool accepted = doc.contains("leafIdx") ? inclusion(c) : consistency(c);
  if (c.bad() != nullptr)
    return tally.add(false, fmt::format("{}: field {} is missing or of another type", name, c.bad()));
  tally.add(accepted == wanted, fmt::format("{}: {}", name, accepted ? "accepted" : "refused"));
}

void in_file(const fs::path& file, Tally& tally) {
  const std::string text = read(file);
  const std::string where = file.string();
  if (const auto doc = parse_json(text)) {
    if (!doc->is_array()) return one(*doc, where, tally);
    for (const Json& item : *doc) one(item, where, tally);
    return;
  }
  std::size_t line = 1;
  bool any = false;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (part.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    any = true;
    const auto doc = parse_json(part);
    const std::string at = fmt::format("{}:{}", where, line);
    doc ? one(*doc, at, tally) : tally.add(false, at + ": " + doc.error().message);
  }
  if (!any) tally.add(false, where + ": cannot be read or is empty");
}

}  // namespace

void merkle(const fs::path& path, Tally& tally) {
  if (!fs::is_directory(path)) return in_file(path, tally);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".json" || extension == ".jsonl")) in_file(entry.path(), tally);
  }
}

}  // namespace aright::conformance
