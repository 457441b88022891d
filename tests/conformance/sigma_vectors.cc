// Published rules are loaded; events that say which rule must find them are matched against all of them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/json.h"
#include "conformance.h"
#include "detect/sigma/rule_set.h"
#include "detect/sigma/taxonomy.h"

namespace aright::conformance {

namespace {

namespace fs = std::filesystem;
namespace dsigma = detect::sigma;

/// The reason without what is particular to one rule, so that equal reasons are counted together.
std::string kind_of(const std::string& message) {
  std::string kind;
  bool quoted = false;
  for (const char c : message) {
    if (c == '`') quoted = !quoted;
    if (!quoted) kind += c;
    if (quoted && c == '`') kind += "`…";
  }
  return kind;
}

struct Load {
  std::vector<dsigma::Document> documents;
  std::map<std::string, int> refused;  ///< reason → documents
  int files{0};
  int whole{0};  ///< files without an error
  int later{0};  ///< files that need what is known, but not in this version, and nothing else
};

bool is_later(const Diagnostic& d) {
  return d.message.find("not in this version") != std::string::npos || d.message.find("old form") != std::string::npos;
}

void load(const fs::path& file, Load& into, Tally& tally) {
  Diagnostics said;
  auto documents = dsigma::read_rules(read(file), file.string(), said);
  std::move(documents.begin(), documents.end(), std::back_inserter(into.documents));
  ++into.files;
  std::erase_if(said, [](const Diagnostic& d) { return d.severity != Severity::error; });
  if (said.empty()) {
    ++into.whole;
    return tally.add(true, file.string());
  }
  for (const Diagnostic& d : said) ++into.refused[kind_of(d.message)];
  // Rules that call themselves unsupported are in old forms of which published ones need none.
  const bool given_up = read(file).find("\nstatus: unsupported") != std::string::npos;
  if (given_up || std::ranges::all_of(said, is_later)) {
    ++into.later;
    ++tally.skipped;
    return;
  }
  std::string all;
  for (const Diagnostic& d : said) all += render(d);
  tally.add(false, all);
}

struct Expected {
  std::uint64_t events{0};
  std::uint64_t matched{0};
  std::uint64_t wanted{1};
};

class Gold {
 public:
  explicit Gold(const dsigma::RuleSet& rules) : rules_(rules) {}

  /// One line: an event with `_rule_id` and maybe `_match_count`: of the events with that id at least so many (else
  /// one) are matched by the rule; 0: none.
  void event(const std::string& line, const std::string& where, Tally& tally) {
    const auto record = parse_json(line);
    if (!record || !record->is_object()) return tally.add(false, where + ": is no JSON object");
    const auto id = record->find("_rule_id");
    if (id == record->end()) return other(*record);
    if (!id->is_string()) return tally.add(false, where + ": `_rule_id` is no text");
    Json body = *record;
    for (const char* key : {"_rule_id", "_test_event", "_match_count"}) body.erase(key);
    Expected& expected = expected_[id->get<std::string>()];
    ++expected.events;
    const auto count = record->find("_match_count");
    if (count != record->end() && count->is_number_unsigned()) expected.wanted = count->get<std::uint64_t>();
    const dsigma::Event event(body, dsigma::log_sources_of(body), dsigma::field_aliases_of(body));
    for (const auto& hit : rules_.match(event)) {
      expected.matched += rules_.rules()[hit.rule].header.id == id->get<std::string>() ? 1U : 0U;
    }
  }
  void report(Tally& tally) const {
    if (others_ != 0) {
      fmt::print("other events: {}, with {} matches of {} rules\n", others_, other_matches_, other_rules_.size());
    }
    if (expected_.empty()) return;
    int agreeing = 0;
    for (const auto& [id, one] : expected_) {
      const bool good = one.wanted == 0 ? one.matched == 0 : one.matched >= one.wanted;
      agreeing += good ? 1 : 0;
      tally.add(good,
                fmt::format("rule {}: matched {} of {} events, expected {}", id, one.matched, one.events, one.wanted));
    }
    fmt::print("matched as expected: {} of {} rules\n", agreeing, expected_.size());
  }

 private:
  /// An event that says nothing about rules: what matches it is only counted.
  void other(const Json& body) {
    ++others_;
    const dsigma::Event event(body, dsigma::log_sources_of(body), dsigma::field_aliases_of(body));
    for (const auto& hit : rules_.match(event)) {
      ++other_matches_;
      other_rules_.insert(hit.rule);
    }
  }

  const dsigma::RuleSet& rules_;
  std::map<std::string, Expected> expected_;
  std::uint64_t others_{0};
  std::uint64_t other_matches_{0};
  std::set<std::size_t> other_rules_;
};

std::vector<fs::path> files(const fs::path& path, const std::set<std::string>& suffixes) {
  std::vector<fs::path> list;
  if (!fs::is_directory(path)) {
    if (suffixes.contains(path.extension().string())) list.push_back(path);
    return list;
  }
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const bool fits = suffixes.contains(entry.path().extension().string()) && entry.path().filename() != "info.yml";
    if (fits && entry.is_regular_file()) list.push_back(entry.path());
  }
  std::ranges::sort(list);
  return list;
}

}  // namespace

void sigma(const fs::path& path, Tally& tally) {
  Load loaded;
  for (const fs::path& file : files(path, {".yml", ".yaml"})) load(file, loaded, tally);
  fmt::print("loaded: {} of {} files, {} more need what is not in this version\n", loaded.whole, loaded.files,
             loaded.later);
  for (const auto& [reason, count] : loaded.refused) fmt::print("  refused {:4}: {}\n", count, reason);
  Diagnostics said;
  const auto rules = dsigma::RuleSet::build(std::move(loaded.documents), said);
  for (const Diagnostic& d : said) tally.add(d.severity != Severity::error, render(d));
  Gold gold(rules);
  for (const fs::path& file : files(path, {".jsonl"})) {
    const std::string text = read(file);
    std::size_t number = 1;
    for (std::size_t begin = 0; begin < text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      if (!line.empty()) gold.event(line, fmt::format("{}:{}", file.string(), number), tally);
    }
  }
  gold.report(tally);
}

}  // namespace aright::conformance
