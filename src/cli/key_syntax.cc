#include "cli/key_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/yaml_boolean.h"
#include "cli/sshd_keywords.h"
#include "model/key_wish.h"

namespace aright::cli {

namespace {

class KeysParser {
 public:
  KeysParser(yaml::Fields& in, Diagnostics& out) : in_(in), out_(out) {}

  void parse(Desired& desired) {
    const std::size_t before = out_.size();
    const yaml::Node* keys = in_.node("keys");
    if (keys == nullptr) return without_keys();
    KeyWish wish;
    const bool known = format(wish.format);
    if (keys->kind != yaml::Node::Kind::map) {
      in_.error(keys->at, fmt::format("`keys` must be a map of keys to values, not {}", keys->describe()));
    } else if (keys->pairs.empty()) {
      in_.error(keys->at, "`keys` names no key");
    } else if (known) {
      for (const yaml::Pair& pair : keys->pairs) take(pair, wish);
    }
    if (!has_errors(out_, before)) desired.fields[std::string(keys_field)] = wish.to_json();
  }

 private:
  void without_keys() {
    for (const char* field : {"format", "case", "wins"}) {
      const yaml::Node* node = in_.node(field);
      if (node != nullptr) in_.error(node->at, fmt::format("`{}` says how `keys` are read, and there are none", field));
    }
  }

  bool format(key_text::Format& into) {
    in_.required("format");
    const auto text = in_.word("format", {"key value", "key=value", "sshd", "sysctl"}, "formats");
    const auto ignore = in_.word("case", {"exact", "ignore"});
    const auto which = in_.word("wins", {"first", "last", "every"});
    const auto syntax = text ? parse_key_syntax(*text) : std::nullopt;
    if (!syntax) return false;
    into.syntax = *syntax;
    if (*syntax == key_text::Syntax::sshd || *syntax == key_text::Syntax::sysctl) {
      into = *syntax == key_text::Syntax::sshd ? key_text::Format::sshd() : key_text::Format::sysctl();
      for (const char* field : {"case", "wins"}) {
        if (in_.node(field) == nullptr) continue;
        in_.error(in_.node(field)->at, fmt::format("format \"{}\" says itself what `{}` is", *text, field),
                  "leave it out");
      }
      return true;
    }
    into.ignore_case = ignore == "ignore";
    if (which) into.wins = parse_wins(*which).value_or(into.wins);
    return true;
  }

  void take(const yaml::Pair& pair, KeyWish& wish) {
    std::optional<std::string> value;
    const yaml::Node& node = pair.value;
    if (node.kind != yaml::Node::Kind::null) {
      if (!is_text(node)) {
        return in_.error(node.at, fmt::format("the value of key `{}` must be text, not {}", pair.key, seen(node)),
                         fmt::format("such as {}: \"{}\" in quotes; null: the key is absent", pair.key,
                                     node.kind == yaml::Node::Kind::scalar ? node.scalar : "3"));
      }
      value = as_written(node.scalar);
      if (!value) {
        return in_.error(
            node.at,
            fmt::format("the value of key `{}` has `${{` in it, and values of keys are not filled in", pair.key),
            "write `$${` for these characters; a control of its own for each value that is wanted");
      }
    }
    if (auto ok = key_text::check(wish.format, pair.key, value); !ok) {
      return in_.error(pair.key_at, ok.error().message);
    }
    const std::string form = key_text::same_key(pair.key, wish.format.syntax, wish.format.ignore_case);
    const auto [known, fresh] = forms_.try_emplace(form, pair.key);
    if (!fresh) {
      return in_.error(pair.key_at, fmt::format("`{}` and `{}` are the same key", known->second, pair.key),
                       "keep one of them");
    }
    if (wish.format.syntax == key_text::Syntax::sshd && value) warn_of_unknown(pair);
    wish.set[pair.key] = value;
  }

  /// One that a newer sshd knows is no mistake; one that is misspelt keeps sshd from starting.
  void warn_of_unknown(const yaml::Pair& pair) {
    std::string key = pair.key;
    std::ranges::transform(key, key.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::ranges::binary_search(sshd_keywords(), key)) return;
    const auto near = nearest(key, sshd_keywords());
    out_.push_back({Severity::warning, pair.key_at,
                    fmt::format("no sshd up to OpenSSH 10.0 knows the key `{}`; with it sshd does not start", pair.key),
                    near ? fmt::format("did you mean `{}`?", *near) : std::string()});
  }

  /// None: it would have to be filled in. `$${` stands for the characters `${` here too.
  static std::optional<std::string> as_written(const std::string& text) {
    constexpr std::string_view escaped{"$${"};
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::string_view rest = std::string_view(text).substr(at);
      if (rest.starts_with("${")) return std::nullopt;
      const bool escape = rest.starts_with(escaped);
      out += escape ? escaped.substr(1) : rest.substr(0, 1);
      at += escape ? escaped.size() : 1;
    }
    return out;
  }

  static bool is_boolean(const yaml::Node& node) { return yaml::boolean_of(node).has_value(); }
  static std::string seen(const yaml::Node& node) { return is_boolean(node) ? node.scalar : node.describe(); }
  static bool is_text(const yaml::Node& node) {
    if (node.kind != yaml::Node::Kind::scalar) return false;
    if (node.quoted) return true;
    const bool number = node.scalar.find_first_not_of("0123456789-.") == std::string::npos;
    return node.is_text() || (!number && !is_boolean(node));
  }

  yaml::Fields& in_;
  Diagnostics& out_;
  std::map<std::string, std::string> forms_;  ///< the one form of a key → as written
};

}  // namespace

void parse_keys(yaml::Fields& in, Desired& desired, Diagnostics& out) { KeysParser(in, out).parse(desired); }

}  // namespace aright::cli
