// The Common Expression Language against vectors in JSON lines: id, expr, bindings, expect, tags.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "cel/program.h"
#include "cel_values.h"
#include "conformance.h"

namespace aright::conformance {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono;

constexpr seconds one_test_max{1};

/// The outcome of one group of tags.
struct Share {
  int passed{0};
  int failed{0};
  int skipped{0};
};

struct Score {
  std::map<std::string, Share> shares;  ///< "core", "extension", …
  std::map<std::string, int> missing;   ///< what we do not have → how many needed it
};

std::string text_of(const Json& doc, const char* key) {
  const auto found = doc.find(key);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const Json& doc, const char* key) {
  const auto found = doc.find(key);
  return found != doc.end() && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> tags_of(const Json& doc) {
  std::vector<std::string> out;
  const auto found = doc.find("tags");
  if (found == doc.end() || !found->is_array()) return {"without tags"};
  for (const Json& tag : *found) out.push_back(tag.is_string() ? tag.get<std::string>() : "?");
  return out;
}

/// What a test needs and we do not have; empty: nothing.
std::string missing(const Json& doc, const std::vector<std::string>& tags) {
  const auto tagged = [&](const char* tag) { return std::ranges::find(tags, tag) != tags.end(); };
  if (tagged("protobuf")) return "protobuf";
  if (tagged("unknown")) return "partial evaluation";
  const std::string id = text_of(doc, "id");
  const std::string library = id.substr(0, id.find('/'));
  if (tagged("extension") && library != "network_ext") return library;
  const bool own_types = doc.contains("expect") && doc["expect"].dump().find("\"abstract\"") != std::string::npos;
  if (tagged("type-check") && own_types) return "types of other libraries";
  if (flag_of(doc, "disable_macros")) return "expressions without macros";
  return {};
}

cel::Environment environment_of(const Json& doc) {
  cel::Environment out;
  out.container = text_of(doc, "container");
  out.check = !flag_of(doc, "disable_check");
  out.zones = "/usr/share/zoneinfo";
  const auto declare = [&](const std::string& name, const cel::Type& type) {
    if (std::ranges::find(out.variables, name, &cel::Variable::name) == out.variables.end()) {
      out.variables.push_back({name, type});
    }
  };
  const Json types = doc.value("type_env", Json::array());
  for (const Json& entry : types) {
    if (entry.contains("ident")) declare(text_of(entry, "name"), cel_type(entry["ident"]));
  }
  const Json bindings = doc.value("bindings", Json::object());
  for (const auto& [name, value] : bindings.items()) declare(name, {});
  return out;
}

/// What was seen, as text for a failure; nullopt: as expected.
std::optional<std::string> judge(const Json& doc) {
  const Json expect = doc.value("expect", Json::object());
  const bool error_wanted = expect.contains("error") || expect.contains("any_error");
  const auto program = cel::compile(text_of(doc, "expr"), environment_of(doc));
  if (!program) {
    if (error_wanted) return std::nullopt;
    return fmt::format("mistake at {}: {}", program.error()[0].offset, program.error()[0].message);
  }
  if (expect.contains("deduced_type")) {
    const cel::Type wanted = cel_type(expect["deduced_type"]);
    if (program->type() != wanted) {
      return fmt::format("type {}, not {}", program->type().describe(), wanted.describe());
    }
    if (flag_of(doc, "check_only")) return std::nullopt;
  }
  cel::Bindings bindings;
  const Json forms = doc.value("bindings", Json::object());
  for (const auto& [name, value] : forms.items()) {
    const auto made = cel_value(value);
    if (!made) return "binding: " + made.error().message;
    bindings.set(name, *made);
  }
  const auto result = cel::evaluate(*program, bindings);
  if (!result) return error_wanted ? std::nullopt : std::optional("error: " + result.error().message);
  const auto wanted = expect.find("value");
  if (wanted == expect.end()) return "a value where an error was expected: " + cel_shown(*result);
  if (cel_matches(*result, *wanted)) return std::nullopt;
  return cel_shown(*result) + ", not " + wanted->dump();
}

void one(const Json& doc, const std::string& where, Score& score, Tally& tally) {
  if (!doc.is_object() || text_of(doc, "expr").empty() || !doc.contains("expect")) {
    return tally.add(false, where + ": is not a case");
  }
  const auto tags = tags_of(doc);
  const std::string group = tags.empty() ? "core" : fmt::format("{}", fmt::join(tags, "+"));
  const std::string name = text_of(doc, "id").empty() ? where : text_of(doc, "id");
  Share& share = score.shares[group];
  if (const std::string what = missing(doc, tags); !what.empty()) {
    ++share.skipped;
    ++score.missing[what];
    ++tally.skipped;
    return;
  }
  const auto begin = steady_clock::now();
  auto seen = judge(doc);
  const auto took = steady_clock::now() - begin;
  if (took > one_test_max) seen = fmt::format("took {} ms", duration_cast<milliseconds>(took).count());
  ++(seen ? share.failed : share.passed);
  tally.add(!seen, fmt::format("{}: {}: {}", name, text_of(doc, "expr"), seen.value_or("")));
}

void in_file(const fs::path& file, Score& score, Tally& tally) {
  const std::string text = read(file);
  std::size_t line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (part.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto doc = parse_json(part);
    const std::string at = fmt::format("{}:{}", file.string(), line);
    doc ? one(*doc, at, score, tally) : tally.add(false, at + ": " + doc.error().message);
  }
}

std::string percent(const Share& share) {
  const int run = share.passed + share.failed;
  return fmt::format("{} of {} ({:.1f} %)", share.passed, run, run == 0 ? 0.0 : 100.0 * share.passed / run);
}

void print(const Score& score, Tally& tally) {
  if (const auto core = score.shares.find("core"); core != score.shares.end()) {
    fmt::print("core: {}\n", percent(core->second));
  }
  for (const auto& [group, share] : score.shares) {
    if (group == "core") continue;
    if (share.passed + share.failed == 0) {
      fmt::print("{}: {} skipped\n", group, share.skipped);
    } else {
      fmt::print("{}: {}{}\n", group, percent(share),
                 share.skipped == 0 ? std::string() : fmt::format(", {} skipped", share.skipped));
    }
  }
  for (const auto& [what, count] : score.missing) {
    tally.why_skipped += fmt::format("{}{} {}", tally.why_skipped.empty() ? "" : ", ", what, count);
  }
}

}  // namespace

void cel(const fs::path& path, Tally& tally) {
  Score score;
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
  } else {
    files.push_back(path);
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) in_file(file, score, tally);
  print(score, tally);
}

}  // namespace aright::conformance
