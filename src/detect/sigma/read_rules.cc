#include "detect/sigma/read_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <variant>

#include "base/yaml.h"
#include "detect/sigma/content_digest.h"
#include "detect/sigma/fold.h"
#include "detect/sigma/read_condition.h"
#include "detect/sigma/read_correlation.h"
#include "detect/sigma/read_header.h"
#include "detect/sigma/read_item.h"

namespace aright::detect::sigma {

namespace {

using Kind = yaml::Node::Kind;

bool has_errors_since(const Diagnostics& out, std::size_t before) {
  return std::any_of(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

class RuleReader {
 public:
  RuleReader(std::string_view text, const yaml::Node& document, Diagnostics& out)
      : text_(text), document_(document), out_(out) {}

  Rule read() {
    yaml::Fields top(document_, "rule", out_);
    rule_.header = read_header(top);
    if (const yaml::Node* node = top.required("logsource")) log_source(*node);
    if (const yaml::Node* node = top.required("detection")) detection(*node);
    return std::move(rule_);
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }
  void warn(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::warning, at, std::move(message), std::move(hint)});
  }

  void log_source(const yaml::Node& node) {
    yaml::Fields in(node, "`logsource`", out_);
    if (node.kind != Kind::map) return;
    rule_.logsource.category = fold(in.text("category").value_or(""));
    rule_.logsource.product = fold(in.text("product").value_or(""));
    rule_.logsource.service = fold(in.text("service").value_or(""));
    if (rule_.logsource == LogSource{}) {
      in.error(node.at, "`logsource` gives no category, product or service", "without one the rule has no events");
    }
  }

  void detection(const yaml::Node& node) {
    if (node.kind != Kind::map) return error(node.at, "`detection` must be a map, not " + node.describe());
    for (const yaml::Pair& pair : node.pairs) {
      if (pair.key == "condition") continue;
      if (pair.key == "timeframe") {
        error(pair.key_at, "`timeframe` is the old form of counting and not supported",
              "write a second document with `correlation:` and its `timespan`");
      } else {
        search(pair);
      }
    }
    if (const yaml::Node* written = node.find("condition")) {
      conditions(node, *written);
    } else {
      error(node.at, "`detection` needs a `condition`");
    }
  }

  static void note_used(const Condition& condition, std::set<std::size_t>& used) {
    if (condition.kind == Condition::Kind::search) used.insert(condition.search);
    for (const Condition& part : condition.parts) note_used(part, used);
  }
  /// Most likely its name was to stand in the condition: without it the rule says something else.
  void warn_of_unused(const yaml::Node& detection, const yaml::Node& written) {
    std::set<std::size_t> used;
    note_used(rule_.condition, used);
    for (std::size_t i = 0; i < rule_.searches.size(); ++i) {
      if (used.contains(i)) continue;
      const std::string& name = rule_.searches[i].name;
      const auto pair = std::ranges::find(detection.pairs, name, &yaml::Pair::key);
      warn(pair == detection.pairs.end() ? written.at : pair->key_at,
           fmt::format("no condition uses the search identifier `{}`, so it changes nothing", name),
           "name it in `condition`, or take it away");
    }
  }

  void search(const yaml::Pair& pair) {
    Search search;
    search.name = pair.key;
    if (pair.key.find('|') != std::string::npos) {
      warn(pair.key_at, fmt::format("`|` in the name of the search identifier `{}`", pair.key),
           "modifiers belong to field names; here they change nothing");
    }
    const yaml::Node& node = pair.value;
    if (node.kind != Kind::list) {
      alternative(node, search);
    } else if (node.items.empty()) {
      error(node.at, fmt::format("search identifier `{}` is empty", pair.key));
    } else {
      for (const yaml::Node& item : node.items) alternative(item, search);
    }
    rule_.searches.push_back(std::move(search));
  }
  void note_fields(const Item& item, const yaml::Pair& pair) {
    if (const auto* value = std::get_if<ValueItem>(&item)) {
      if (value->field) rule_.fields.push_back({*value->field, pair.key_at});
    } else if (const auto* exists = std::get_if<ExistsItem>(&item)) {
      rule_.fields.push_back({exists->field, pair.key_at});
    } else if (const auto* reference = std::get_if<ReferenceItem>(&item)) {
      rule_.fields.push_back({reference->field, pair.key_at});
      for (const std::string& other : reference->others) rule_.fields.push_back({other, pair.value.at});
    }
  }
  void alternative(const yaml::Node& node, Search& search) {
    std::vector<Item> items;
    if (node.kind == Kind::map) {
      for (const yaml::Pair& pair : node.pairs) {
        auto item = read_item(pair, out_);
        if (!item) continue;
        note_fields(*item, pair);
        items.push_back(std::move(*item));
      }
    } else if (node.kind == Kind::scalar) {
      if (auto item = read_keyword(node, out_)) items.push_back(std::move(*item));
    } else {
      return error(node.at, fmt::format("search identifier `{}` holds a map, a list of maps or keywords, not {}",
                                        search.name, node.describe()));
    }
    if (items.empty() && node.pairs.empty() && node.kind == Kind::map) {
      error(node.at, fmt::format("search identifier `{}` has an empty map", search.name));
    }
    search.any_of.push_back(std::move(items));
  }

  /// Several conditions are several rules in one: any of them.
  void conditions(const yaml::Node& detection, const yaml::Node& node) {
    std::vector<Condition> parts;
    const auto one = [&](const yaml::Node& written) {
      if (written.kind != Kind::scalar || written.scalar.empty()) {
        return error(written.at, "`condition` must be text, not " + written.describe());
      }
      if (auto part = condition(written)) parts.push_back(std::move(*part));
    };
    if (node.kind != Kind::list) one(node);
    for (const yaml::Node& item : node.items) one(item);
    if (node.kind == Kind::list && node.items.empty()) error(node.at, "`condition` has an empty list");
    if (parts.empty()) return;
    const bool whole = parts.size() == std::max<std::size_t>(node.items.size(), 1);
    rule_.condition =
        parts.size() == 1 ? std::move(parts.front()) : Condition{Condition::Kind::at_least, 0, 1, std::move(parts)};
    if (whole) warn_of_unused(detection, node);
  }
  std::optional<Condition> condition(const yaml::Node& node) {
    std::vector<std::string> names;
    names.reserve(rule_.searches.size());
    for (const Search& search : rule_.searches) names.push_back(search.name);
    return read_condition(node.scalar, names, [&](ConditionMistake mistake) {
      error(place(node.at, mistake), std::move(mistake.message), std::move(mistake.hint));
    });
  }
  /// Where a word of the condition stands in the file: exactly where that is sure, else where the condition begins.
  [[nodiscard]] Position place(const Position& start, const ConditionMistake& mistake) const {
    Position at = start;
    at.column += static_cast<std::uint32_t>(mistake.offset);
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < at.line; ++line) begin = text_.find('\n', begin) + 1;
    const std::string_view line = text_.substr(begin, text_.find('\n', begin) - begin);
    // Columns count code points here as in yaml-cpp; a condition in ASCII has as many bytes.
    const bool there = at.column - 1 <= line.size() && line.substr(at.column - 1).starts_with(mistake.word);
    return there ? at : start;
  }

  std::string_view text_;
  const yaml::Node& document_;
  Diagnostics& out_;
  Rule rule_;
};

std::optional<Document> read_document(std::string_view text, const yaml::Node& document, Diagnostics& out) {
  const auto error = [&](const Position& at, std::string message, std::string hint = {}) {
    out.push_back({Severity::error, at, std::move(message), std::move(hint)});
    return std::nullopt;
  };
  if (document.kind != Kind::map) return error(document.at, "a rule must be a map, not " + document.describe());
  if (document.find("filter") != nullptr && document.find("detection") == nullptr) {
    return error(document.at, "`filter` is known, but not in this version");
  }
  if (document.find("correlation") != nullptr) {
    auto correlation = read_correlation(document, out);
    if (!correlation) return std::nullopt;
    correlation->header.digest = content_digest({&document});
    return std::move(*correlation);
  }
  Rule rule = RuleReader(text, document, out).read();
  rule.header.digest = content_digest({&document});
  rule.matching = content_digest({document.find("logsource"), document.find("detection")});
  return rule;
}

}  // namespace

std::vector<Document> read_rules(std::string_view text, const std::string& file, Diagnostics& out) {
  std::vector<Document> documents;
  const std::size_t first = out.size();
  const auto roots = yaml::parse_documents(text, file, out);
  const bool sound = !has_errors_since(out, first);  // else only to find what is wrong beside
  if (!roots) return documents;
  if (roots->empty()) out.push_back({Severity::error, {file, 0, 0}, "the file holds no rule", {}});
  for (const yaml::Node& root : *roots) {
    const yaml::Node* action = root.find("action");
    if (action == nullptr) continue;
    // The documents behind it are no rules by themselves: nothing else can be said of them.
    out.push_back({Severity::error, action->at, "collections by `action` are the old form and not supported",
                   "write every rule out, separated by `---`"});
    return documents;
  }
  for (const yaml::Node& root : *roots) {
    const std::size_t before = out.size();
    auto document = read_document(text, root, out);
    if (sound && document && !has_errors_since(out, before)) documents.push_back(std::move(*document));
  }
  return documents;
}

}  // namespace aright::detect::sigma
