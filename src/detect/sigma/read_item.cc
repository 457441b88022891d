#include "detect/sigma/read_item.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/yaml_boolean.h"
#include "detect/sigma/modifiers.h"

namespace aright::detect::sigma {

namespace {

/// RE2 keeps compiled code and what it learns while matching below this; a pattern that needs more is refused.
constexpr std::int64_t regex_bytes_max = 1 << 20;

std::optional<Number> number_of(const yaml::Node& node) {
  if (node.kind != yaml::Node::Kind::scalar || node.quoted) return std::nullopt;
  return parse_number(node.scalar);
}

bool is_null(const yaml::Node& node) {
  if (node.kind == yaml::Node::Kind::null) return true;
  return node.kind == yaml::Node::Kind::scalar && !node.quoted && (node.scalar == "Null" || node.scalar == "NULL");
}

/// What RE2's messages mean to somebody who wrote for another engine.
std::string regex_hint(std::string_view pattern) {
  constexpr auto unknown = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"(?=", "look-ahead"},
      {"(?!", "look-ahead"},
      {"(?<=", "look-behind"},
      {"(?<!", "look-behind"},
      {"(?>", "an atomic group"},
      {"(?<", "a group named as (?<x>…); write (?P<x>…)"},
      {"\\1", "a reference back to a group"},
  });
  for (const auto& [mark, what] : unknown) {
    if (pattern.find(mark) != std::string_view::npos) {
      return fmt::format("it has {}; only what is matched in linear time is supported", what);
    }
  }
  return "the syntax is RE2's: what is matched in linear time";
}

/// Reads the values behind one key.
class ItemReader {
 public:
  ItemReader(std::string_view key, const FieldKey& parsed, Diagnostics& out) : key_(key), parsed_(parsed), out_(out) {}

  std::optional<Item> read(const yaml::Node& node) {
    const Modifiers& m = parsed_.modifiers;
    const bool list = node.kind == yaml::Node::Kind::list;
    if (m.comparison == Comparison::exists) return exists(node);
    if (m.all && !(list && node.items.size() > 1)) {
      return refuse(node, fmt::format("`all` in `{}` needs a list of at least two values", key_),
                    "Sigma allows it for no single value; leave it out, the meaning is the same");
    }
    if (list && node.items.empty()) return refuse(node, fmt::format("`{}` has an empty list", key_));
    if (m.reference) return reference(node);
    ValueItem item{.field = parsed_.field, .wanted = {}, .all = m.all, .negated = m.negated};
    for_each(node, [&](const yaml::Node& one) {
      if (list && is_null(one)) {
        out_.push_back({Severity::warning, one.at, fmt::format("null inside a list of values of `{}`", key_),
                        "it is taken for `absent or null`; rules should say that in a search of its own"});
      }
      if (auto wanted = value(one)) item.wanted.push_back(std::move(*wanted));
    });
    return finished(std::move(item));
  }

 private:
  std::nullopt_t refuse(const yaml::Node& node, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, node.at, std::move(message), std::move(hint)});
    failed_ = true;
    return std::nullopt;
  }
  std::optional<Item> finished(Item item) const {
    if (failed_) return std::nullopt;
    return item;
  }
  template <class Use>
  void for_each(const yaml::Node& node, Use use) {
    if (node.kind != yaml::Node::Kind::list) return use(node);
    for (const yaml::Node& item : node.items) use(item);
  }

  std::optional<Item> exists(const yaml::Node& node) {
    if (!parsed_.field) return refuse(node, "`exists` needs a field before it");
    const auto wanted = node.kind == yaml::Node::Kind::scalar ? yaml::boolean_of(node.scalar) : std::nullopt;
    if (!wanted) return refuse(node, fmt::format("`{}` must be true or false, not {}", key_, node.describe()));
    return ExistsItem{*parsed_.field, *wanted};
  }

  std::optional<Item> reference(const yaml::Node& node) {
    const Modifiers& m = parsed_.modifiers;
    if (!parsed_.field) return refuse(node, "`fieldref` needs a field before it");
    ReferenceItem item;
    item.field = *parsed_.field;
    item.relation = relation(m.comparison);
    item.all = m.all;
    item.negated = m.negated;
    item.cased = m.cased;
    for_each(node, [&](const yaml::Node& one) {
      if (one.kind == yaml::Node::Kind::scalar && !one.scalar.empty()) return item.others.push_back(one.scalar);
      refuse(one, fmt::format("`{}` names other fields, not {}", key_, one.describe()));
    });
    return finished(std::move(item));
  }
  static ReferenceItem::Relation relation(Comparison comparison) {
    using enum ReferenceItem::Relation;
    switch (comparison) {
      case Comparison::contains: return contains;
      case Comparison::startswith: return startswith;
      case Comparison::endswith: return endswith;
      default: return equals;  // `Chain::fits` lets nothing else come here
    }
  }

  std::optional<Wanted> value(const yaml::Node& node) {
    if (is_null(node)) return null(node);
    if (node.kind != yaml::Node::Kind::scalar) {
      return refuse(node, fmt::format("a value of `{}` must be text, a number or null, not {}", key_, node.describe()));
    }
    switch (parsed_.modifiers.comparison) {
      case Comparison::re: return regex(node);
      case Comparison::cidr: return network(node);
      case Comparison::lt: return bound(node, Bound::Order::lt);
      case Comparison::lte: return bound(node, Bound::Order::lte);
      case Comparison::gt: return bound(node, Bound::Order::gt);
      case Comparison::gte: return bound(node, Bound::Order::gte);
      default: return text(node);
    }
  }
  std::optional<Wanted> null(const yaml::Node& node) {
    const Modifiers& m = parsed_.modifiers;
    const bool plain = m.comparison == Comparison::equals && m.base64 == Base64::none && !m.windash && !m.cased;
    if (parsed_.field && plain) return Null{};
    if (!parsed_.field) return refuse(node, "null is no keyword", "quote it if the word is meant");
    return refuse(node, fmt::format("null has no use with the modifiers of `{}`", key_));
  }
  std::optional<Wanted> regex(const yaml::Node& node) {
    const Modifiers& m = parsed_.modifiers;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(regex_bytes_max);
    options.set_case_sensitive(!m.ignore_case);
    options.set_dot_nl(m.dotall);
    const std::string pattern = m.multiline ? "(?m)" + node.scalar : node.scalar;
    auto compiled = std::make_shared<const re2::RE2>(pattern, options);
    if (compiled->ok()) return Regex{std::move(compiled)};
    return refuse(node, fmt::format("the regular expression of `{}` cannot be used: {}", key_, compiled->error()),
                  regex_hint(node.scalar));
  }
  std::optional<Wanted> network(const yaml::Node& node) {
    const auto refused = [&](const std::string& why) {
      return refuse(node, fmt::format("`{}` needs networks: {}", key_, why), "10.0.0.0/8 or fe80::/10");
    };
    const auto network = parse_cidr(node.scalar);
    if (!network) return refused(network.error().message);
    if (network->masked() == *network) return *network;
    return refused(fmt::format("\"{}\" has bits set behind the first {}", node.scalar, network->length));
  }
  std::optional<Wanted> bound(const yaml::Node& node, Bound::Order order) {
    if (const auto number = number_of(node)) return Bound{order, *number};
    return refuse(node, fmt::format("`{}` needs a number, not {}", key_, node.describe()));
  }

  std::optional<Wanted> text(const yaml::Node& node) {
    const Modifiers& m = parsed_.modifiers;
    PatternForm form{.cased = m.cased, .windash = m.windash};
    // A keyword is looked for anywhere; fields are compared as a whole.
    const bool keyword = !parsed_.field && m.comparison == Comparison::equals;
    form.open_begin = keyword || m.comparison == Comparison::contains || m.comparison == Comparison::endswith;
    form.open_end = keyword || m.comparison == Comparison::contains || m.comparison == Comparison::startswith;
    if (m.base64 != Base64::none) return encoded(node, form);
    Text wanted;
    wanted.any_of.push_back(Pattern::parse(node.scalar, form));
    if (m.comparison == Comparison::equals && parsed_.field) wanted.number = number_of(node).transform(as_double);
    return wanted;
  }
  std::optional<Wanted> encoded(const yaml::Node& node, const PatternForm& form) {
    const Modifiers& m = parsed_.modifiers;
    if (has_wildcards(node.scalar)) {
      return refuse(node, fmt::format("`{}` encodes its values, which leaves no wildcards", key_),
                    "write \\* or \\? where the character itself is meant");
    }
    const std::string plain = unescape(node.scalar);
    const std::string bytes = m.utf16 ? utf16(plain, *m.utf16) : plain;
    Text wanted;
    if (m.base64 == Base64::whole) {
      wanted.any_of.push_back(Pattern::literal(base64(bytes), form));
      return wanted;
    }
    const auto shifted = base64_at_any_offset(bytes);
    if (!shifted) return refuse(node, shifted.error().message);
    for (const std::string& one : *shifted) wanted.any_of.push_back(Pattern::literal(one, form));
    return wanted;
  }

  std::string_view key_;
  const FieldKey& parsed_;
  Diagnostics& out_;
  bool failed_{false};
};

}  // namespace

std::optional<Item> read_item(const yaml::Pair& pair, Diagnostics& out) {
  const auto parsed = parse_field_key(pair.key, pair.key_at, out);
  if (!parsed) return std::nullopt;
  return ItemReader(pair.key, *parsed, out).read(pair.value);
}

std::optional<Item> read_keyword(const yaml::Node& value, Diagnostics& out) {
  return ItemReader("keywords", FieldKey{}, out).read(value);
}

}  // namespace aright::detect::sigma
