#include "detect/sigma/rule_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/digest.h"
#include "detect/sigma/fold.h"

namespace aright::detect::sigma {

namespace {

const Header& header_of(const Document& document) {
  return std::visit([](const auto& one) -> const Header& { return one.header; }, document);
}

/// Ids and names are unique over rules and correlations; reports and says no for the second.
class Names {
 public:
  explicit Names(Diagnostics& out) : out_(out) {}

  bool take(const Header& header) {
    // Both are looked at, so that both are reported.
    const bool id = take("id", header.id, header.at);
    const bool name = take("name", header.name, header.at);
    return id && name;
  }

 private:
  bool take(const char* what, const std::string& text, const Position& at) {
    if (text.empty()) return true;
    const auto [first, fresh] = seen_.emplace(text, at);
    if (fresh) return true;
    out_.push_back({Severity::error, at, fmt::format("{} `{}` is used twice", what, text),
                    fmt::format("it stands first in {}:{}", first->second.file, first->second.line)});
    return false;
  }
  Diagnostics& out_;
  std::map<std::string, Position> seen_;
};

std::string reference(const std::string& written, const std::map<std::string, std::size_t>& known) {
  return known.contains(written) ? written : fold(written);  // ids may be written in capitals
}

}  // namespace

RuleSet RuleSet::build(std::vector<Document> documents, Diagnostics& out) {
  RuleSet set;
  Names names(out);
  std::vector<Correlation> waiting;
  std::map<std::string, std::size_t> by_reference;
  for (Document& document : documents) {
    if (!names.take(header_of(document))) continue;
    if (auto* correlation = std::get_if<Correlation>(&document)) {
      waiting.push_back(std::move(*correlation));
      continue;
    }
    const std::size_t index = set.rules_.size();
    set.rules_.push_back(std::move(std::get<Rule>(document)));
    const Header& header = set.rules_.back().header;
    for (const std::string& text : {header.id, header.name}) {
      if (!text.empty()) by_reference[text] = index;
    }
  }
  set.uses_.resize(set.rules_.size());
  set.alone_.assign(set.rules_.size(), true);
  std::set<std::string> correlations;
  for (const Correlation& correlation : waiting) {
    correlations.insert(correlation.header.id);
    correlations.insert(correlation.header.name);
  }
  for (Correlation& correlation : waiting) {
    for (std::size_t i = 0; i < correlation.rules.size(); ++i) {
      if (!correlations.contains(reference(correlation.rules[i], by_reference))) continue;
      out.push_back(
          {Severity::error,
           correlation.rules_at[i],
           fmt::format("`{}` is a correlation; counting those is known, but not in this version", correlation.rules[i]),
           {}});
      correlation.rules.clear();
      break;
    }
    if (!correlation.rules.empty()) set.connect(std::move(correlation), by_reference, out);
  }
  set.index();
  return set;
}

/// What a correlation says is said by the rules it counts as well: another text of one is another correlation, and
/// their authors are its authors, too.
void RuleSet::take_along(Correlation& correlation,
                         const std::vector<std::pair<std::size_t, std::string>>& found) const {
  std::string digests = correlation.header.digest;
  std::vector<std::string>& authors = correlation.header.authors;
  for (const auto& [index, written] : found) {
    const Rule& rule = rules_[index];
    digests += rule.header.digest;
    correlation.counted.push_back(rule.matching);
    for (const std::string& author : rule.header.authors) {
      if (std::ranges::find(authors, author) == authors.end()) authors.push_back(author);
    }
  }
  correlation.header.digest = hex(sha256(digests));
}

void RuleSet::connect(Correlation correlation, const std::map<std::string, std::size_t>& by_reference,
                      Diagnostics& out) {
  std::vector<std::pair<std::size_t, std::string>> found;
  bool whole = true;
  for (std::size_t i = 0; i < correlation.rules.size(); ++i) {
    const std::string& written = correlation.rules[i];
    const auto rule = by_reference.find(reference(written, by_reference));
    if (rule == by_reference.end()) {
      whole = false;
      out.push_back({Severity::error, correlation.rules_at[i], fmt::format("there is no rule `{}`", written),
                     "rules are named by `id` or `name`; the rule must be loaded, too"});
      continue;
    }
    const std::size_t index = rule->second;
    if (std::ranges::find(found, index, &std::pair<std::size_t, std::string>::first) != found.end()) continue;
    found.emplace_back(index, written);
  }
  if (!whole) return;
  take_along(correlation, found);
  for (const auto& [index, written] : found) {
    uses_[index].push_back({correlations_.size(), written});
    // A rule speaks for itself again as soon as one of its correlations wants that.
    const bool first = uses_[index].size() == 1;
    alone_[index] = correlation.generate || (!first && alone_[index]);
  }
  correlations_.push_back(std::move(correlation));
}

void RuleSet::index() {
  for (std::size_t i = 0; i < rules_.size(); ++i) by_source_[rules_[i].logsource].push_back(i);
}

std::vector<RuleSet::Hit> RuleSet::match(const Event& event) const {
  std::set<LogSource> asked;
  std::vector<std::size_t> rules;
  for (const LogSource& source : event.sources()) {
    for (unsigned given = 1; given < 8; ++given) {
      const LogSource wanted{(given & 1U) != 0 ? source.category : std::string(),
                             (given & 2U) != 0 ? source.product : std::string(),
                             (given & 4U) != 0 ? source.service : std::string()};
      if (!asked.insert(wanted).second) continue;
      const auto found = by_source_.find(wanted);
      if (found != by_source_.end()) rules.insert(rules.end(), found->second.begin(), found->second.end());
    }
  }
  std::ranges::sort(rules);
  std::vector<Hit> hits;
  for (const std::size_t rule : rules) {
    if (auto match = sigma::match(rules_[rule], event)) hits.push_back({rule, std::move(*match)});
  }
  return hits;
}

}  // namespace aright::detect::sigma
