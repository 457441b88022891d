#include "model/key_wish.h"

#include <fmt/format.h>

#include <set>

#include "model/content.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {

constexpr std::array<std::string_view, 4> syntax_words{"key value", "key=value", "sshd", "sysctl"};
constexpr std::array<std::string_view, 3> wins_words{"first", "last", "every"};

/// sshd and sysctl say themselves what counts.
bool is_known(const key_text::Format& format) {
  if (format.syntax == key_text::Syntax::sshd) return format == key_text::Format::sshd();
  if (format.syntax == key_text::Syntax::sysctl) return format == key_text::Format::sysctl();
  return true;
}

std::string form_of(const std::string& key, const key_text::Format& format) {
  return key_text::same_key(key, format.syntax, format.ignore_case);
}

Result<Done> take(const Json& doc, KeyWish& wish) {
  std::set<std::string> forms;
  for (const auto& [key, value] : doc.items()) {
    if (!value.is_null() && !value.is_string()) {
      return fail(Errc::corrupt, fmt::format("keys: the value of `{}` is no text", key));
    }
    auto& wanted = wish.set[key];
    if (value.is_string()) wanted = value.get<std::string>();
    if (auto ok = key_text::check(wish.format, key, wanted); !ok) return ok;
    if (!forms.insert(form_of(key, wish.format)).second) {
      return fail(Errc::invalid, fmt::format("key `{}` is written twice, in two ways", key));
    }
  }
  if (wish.set.empty()) return fail(Errc::corrupt, "keys: none is named");
  return Done{};
}

}  // namespace

std::string_view name(key_text::Syntax syntax) { return word_of(syntax_words, syntax); }
std::optional<key_text::Syntax> parse_key_syntax(std::string_view text) {
  return value_of<key_text::Syntax>(syntax_words, text);
}
std::string_view name(key_text::Wins wins) { return word_of(wins_words, wins); }
std::optional<key_text::Wins> parse_wins(std::string_view text) { return value_of<key_text::Wins>(wins_words, text); }

Json KeyWish::to_json() const {
  Json wanted = Json::object();
  for (const auto& [key, value] : set) wanted[key] = value ? Json(*value) : Json(nullptr);
  return {{"format", name(format.syntax)},
          {"ignore_case", format.ignore_case},
          {"wins", name(format.wins)},
          {"set", std::move(wanted)}};
}

Result<KeyWish> KeyWish::from_json(const Json& doc) {
  DocReader in(doc, "keys");
  KeyWish wish;
  wish.format.syntax = in.word("format", parse_key_syntax);
  wish.format.ignore_case = in.boolean("ignore_case");
  wish.format.wins = in.word("wins", parse_wins);
  const Json& set = in.object("set");
  if (!is_known(wish.format)) in.wrong("wins");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  if (auto ok = take(set, wish); !ok) return std::unexpected(ok.error());
  return wish;
}

std::vector<std::string> differing_keys(const Json& wish, const Json& content) {
  const auto wanted = KeyWish::from_json(wish);
  const auto text = content_bytes(content);
  if (!wanted || !text) return {std::string(keys_field)};
  auto names = key_text::differing(*text, wanted->format, wanted->set);
  for (std::string& key : names) key = fmt::format("{}.{}", keys_field, key);
  return names;
}

Result<Json> with_keys(const Json& wish, const Json& content) {
  const auto wanted = KeyWish::from_json(wish);
  if (!wanted) return std::unexpected(wanted.error());
  const auto text = content_bytes(content);
  if (!text) return std::unexpected(text.error());
  return content_json(key_text::edit(*text, wanted->format, wanted->set));
}

bool agree(const Json& wish, const Json& other) {
  const auto a = KeyWish::from_json(wish);
  const auto b = KeyWish::from_json(other);
  if (!a || !b || a->format != b->format) return false;
  std::map<std::string, std::optional<std::string>> values;
  for (const auto& [key, value] : a->set) values[form_of(key, a->format)] = value;
  for (const auto& [key, value] : b->set) {
    const auto known = values.find(form_of(key, b->format));
    if (known != values.end() && known->second != value) return false;
  }
  return true;
}

}  // namespace aright
