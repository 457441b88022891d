#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/time.h"
#include "base/yaml.h"
#include "base/yaml_boolean.h"

namespace aright::yaml {

Fields::Fields(const Node& node, std::string what, Diagnostics& out) : node_(node), what_(std::move(what)), out_(out) {
  if (node.kind != Node::Kind::map) {
    out_.push_back({Severity::error, node.at, fmt::format("{} must be a map, not {}", what_, node.describe()), {}});
  }
  if (node_.shape) node_.shape->what = what_;
}

void Fields::asks(std::string_view key, Question::Type type) {
  if (node_.shape) node_.shape->questions[std::string(key)].type = type;
}

/// Of what is no map, everything else that is missing in it follows from that.
void Fields::error(const Position& at, std::string message, std::string hint) {
  if (node_.kind != Node::Kind::map) return;
  out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
}

void report_no_text(const Node& node, const std::string& must_be, Diagnostics& out) {
  const bool quotes_help = node.kind == Node::Kind::scalar;
  out.push_back({Severity::error, node.at, fmt::format("{}, not {}", must_be, node.describe()),
                 quotes_help ? fmt::format("if it is meant as text, quote it: \"{}\"", node.scalar) : ""});
}

const Node* Fields::node(std::string_view key) {
  asked_.emplace_back(key);
  if (node_.shape) node_.shape->questions.try_emplace(std::string(key));
  return node_.find(key);
}

const Node* Fields::required(std::string_view key) {
  const Node* found = node(key);
  if (node_.shape) node_.shape->questions[std::string(key)].required = true;
  if (found == nullptr && node_.kind == Node::Kind::map) {
    error(node_.at, fmt::format("{} needs a field `{}`", what_, key));
  }
  return found;
}

std::optional<std::string> Fields::text(std::string_view key, const std::string& example) {
  const Node* found = node(key);
  asks(key, Question::Type::text);
  if (found == nullptr) return std::nullopt;
  if (found->is_text()) return found->scalar;
  report_no_text(*found, fmt::format("`{}` must be text", key), out_);
  if (!example.empty()) out_.back().hint = "such as " + example;
  return std::nullopt;
}

std::optional<std::string> Fields::required_text(std::string_view key, const std::string& example) {
  return required(key) == nullptr ? std::nullopt : text(key, example);
}

void Fields::words(std::string_view key, const std::vector<std::string>& words) {
  if (node_.shape) node_.shape->questions[std::string(key)].words = words;
}

std::optional<std::string> Fields::word(std::string_view key, const std::vector<std::string>& known,
                                        const std::string& plural) {
  auto seen = text(key);
  words(key, known);
  if (!seen || std::ranges::find(known, *seen) != known.end()) return seen;
  error(node_.find(key)->at, fmt::format("unknown {} `{}`", key, *seen), suggest(*seen, known, plural));
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const Node* found = node(key);
  asks(key, Question::Type::boolean);
  if (found == nullptr) return std::nullopt;
  if (const auto value = boolean_of(*found)) return value;
  error(found->at, fmt::format("`{}` must be true or false, not {}", key, found->describe()));
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const Node* found = node(key);
  asks(key, Question::Type::integer);
  if (node_.shape) node_.shape->questions[std::string(key)].min = min;
  if (node_.shape) node_.shape->questions[std::string(key)].max = max;
  if (found == nullptr) return std::nullopt;
  std::int64_t value = 0;
  const std::string& text = found->scalar;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = found->kind == Node::Kind::scalar && !found->quoted && bad == std::errc{} &&
                     stop == text.data() + text.size() && !text.empty();
  if (whole && value >= min && value <= max) return value;
  error(found->at, fmt::format("`{}` must be a whole number from {} to {}, not {}", key, min, max, found->describe()));
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> Fields::duration(std::string_view key) {
  const Node* found = node(key);
  asks(key, Question::Type::duration);
  if (found == nullptr) return std::nullopt;
  if (found->kind == Node::Kind::scalar) {
    if (const auto span = parse_duration(found->scalar)) return *span;
    if (found->scalar.starts_with('0') && parse_duration("1" + found->scalar)) {
      error(found->at, fmt::format("`{}` must be longer than {}", key, found->scalar), "such as 5s, 10m, 1h or 7d");
      return std::nullopt;
    }
  }
  error(found->at, fmt::format("`{}` must be a duration, not {}", key, found->describe()),
        "a whole number and a unit: 5s, 10m, 1h or 7d");
  return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view key) {
  const Node* found = node(key);
  asks(key, Question::Type::texts);
  if (found == nullptr) return std::nullopt;
  if (found->is_text()) return std::vector{found->scalar};
  const std::string must_be = fmt::format("`{}` must be a list of texts, or one text", key);
  if (found->kind != Node::Kind::list) {
    report_no_text(*found, must_be, out_);
    return std::nullopt;
  }
  std::vector<std::string> list;
  for (const Node& item : found->items) {
    if (item.is_text()) {
      list.push_back(item.scalar);
    } else {
      report_no_text(item, fmt::format("each of `{}` must be text", key), out_);
    }
  }
  return list.size() == found->items.size() ? std::optional(std::move(list)) : std::nullopt;
}

void Fields::not_yet(std::string_view key) {
  const auto pair = std::ranges::find(node_.pairs, key, &Pair::key);
  later_.emplace_back(key);
  if (pair == node_.pairs.end()) return;
  error(pair->key_at, fmt::format("`{}` in {} is known, but not in this version", key, what_));
}

void Fields::finish() {
  if (node_.shape) node_.shape->closed = true;
  for (const Pair& pair : node_.pairs) {
    if (std::ranges::find(asked_, pair.key) != asked_.end()) continue;
    if (std::ranges::find(later_, pair.key) != later_.end()) continue;
    std::vector<std::string> known = asked_;
    std::ranges::sort(known);
    known.erase(std::ranges::unique(known).begin(), known.end());
    error(pair.key_at, fmt::format("unknown field `{}` in {}", pair.key, what_), suggest(pair.key, known, "fields"));
  }
}

}  // namespace aright::yaml
