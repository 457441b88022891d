#include "detect/sigma/read_condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/diagnostic.h"
#include "detect/sigma/fold.h"
#include "detect/sigma/pattern.h"

namespace aright::detect::sigma {

namespace {

constexpr std::size_t depth_max = 64;

struct Word {
  std::string_view text;  ///< empty: the end
  std::size_t offset{0};
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  constexpr std::string_view space = " \t\r\n";
  for (std::size_t at = 0; at < text.size();) {
    if (space.find(text[at]) != std::string_view::npos) {
      ++at;
      continue;
    }
    const bool single = text[at] == '(' || text[at] == ')';
    const std::size_t end = single ? at + 1 : std::min(text.find_first_of(" \t\r\n()", at), text.size());
    words.push_back({text.substr(at, end - at), at});
    at = end;
  }
  words.push_back({{}, text.size()});
  return words;
}

Condition at_least(std::size_t least, std::vector<Condition> parts) {
  if (parts.size() == 1 && least == 1) return std::move(parts.front());
  return {.kind = Condition::Kind::at_least, .search = 0, .least = least, .parts = std::move(parts)};
}

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& searches,
         const std::function<void(ConditionMistake)>& mistake)
      : words_(words_of(text)), searches_(searches), mistake_(mistake) {}

  std::optional<Condition> whole() {
    auto condition = disjunction();
    if (condition && (word().text.starts_with('|') || is("near"))) return wrong(old_form, old_form_hint);
    if (condition && !word().text.empty()) {
      return wrong(fmt::format("the condition should be over before `{}`", word().text),
                   "between two parts stands `and` or `or`");
    }
    return condition;
  }

 private:
  const Word& word() const { return words_[at_]; }
  bool is(std::string_view name) const { return fold(word().text) == name; }
  bool take(std::string_view name) {
    if (!is(name)) return false;
    ++at_;
    return true;
  }
  /// Where `N of` begins: then N's word is at `at_`.
  bool is_count() const { return at_ + 1 < words_.size() && fold(words_[at_ + 1].text) == "of"; }

  std::nullopt_t wrong(std::string message, std::string hint = {}) {
    mistake_({word().offset, std::string(word().text), std::move(message), std::move(hint)});
    return std::nullopt;
  }

  /// PART WORD PART …
  template <class Part>
  std::optional<Condition> chain(std::string_view between, bool all, Part part) {
    std::vector<Condition> parts;
    do {
      auto one = part();
      if (!one) return std::nullopt;
      parts.push_back(std::move(*one));
    } while (take(between));
    const std::size_t least = all ? parts.size() : 1;
    return at_least(least, std::move(parts));
  }
  std::optional<Condition> disjunction() {
    return chain("or", false, [&] { return chain("and", true, [&] { return operand(); }); });
  }

  std::optional<Condition> operand() {
    if (depth_ >= depth_max) return wrong("the condition is nested deeper than 64 levels");
    ++depth_;
    auto condition = operand_inside();
    --depth_;
    return condition;
  }
  std::optional<Condition> operand_inside() {
    if (take("not")) {
      auto inner = operand();
      if (!inner) return std::nullopt;
      Condition condition{.kind = Condition::Kind::negation, .search = 0, .least = 0, .parts = {}};
      condition.parts.push_back(std::move(*inner));
      return condition;
    }
    if (take("(")) {
      auto inner = disjunction();
      if (inner && !take(")")) return wrong("a closing parenthesis is missing here");
      return inner;
    }
    if (is_count()) return count();
    return identifier();
  }

  std::optional<Condition> identifier() {
    const std::string_view text = word().text;
    const auto found = std::ranges::find(searches_, text);
    if (!text.empty() && found != searches_.end()) {
      ++at_;
      return Condition{.kind = Condition::Kind::search,
                       .search = static_cast<std::size_t>(found - searches_.begin()),
                       .least = 0,
                       .parts = {}};
    }
    if (text.empty()) return wrong("the condition ends where a search identifier should stand");
    if (text.find('|') != std::string_view::npos) return wrong(old_form, old_form_hint);
    if (text == ")" || is("and") || is("or")) {
      return wrong(fmt::format("a search identifier should stand before `{}`", text));
    }
    return wrong(fmt::format("there is no search identifier `{}`", text),
                 suggest(std::string(text), searches_, "identifiers"));
  }

  std::optional<Condition> count() {
    const std::string number = fold(word().text);
    std::size_t least = 0;
    const auto [stop, bad] = std::from_chars(number.data(), number.data() + number.size(), least);
    const bool numeric = bad == std::errc{} && stop == number.data() + number.size();
    if (!numeric && number != "all" && number != "any") {
      return wrong(fmt::format("before `of` stands `1`, another number, `any` or `all`, not `{}`", word().text));
    }
    if (numeric && least == 0) return wrong("`0 of` is always true", "say `not 1 of …` where none may match");
    at_ += 2;
    auto parts = chosen();
    if (!parts) return std::nullopt;
    if (number == "all") least = parts->size();
    if (number == "any") least = 1;
    if (least > parts->size()) {
      return wrong(fmt::format("only {} search identifiers fit `{}`", parts->size(), word().text));
    }
    ++at_;
    return at_least(least, std::move(*parts));
  }
  /// The identifiers behind `of`; the word is not passed.
  std::optional<std::vector<Condition>> chosen() {
    const bool them = is("them");
    const std::string_view text = word().text;
    if (text.empty() || text == "(" || text == ")") return wrong("`of` needs `them` or a pattern like `selection_*`");
    const Pattern pattern = Pattern::parse(text, {.cased = true});
    std::vector<Condition> parts;
    for (std::size_t i = 0; i < searches_.size(); ++i) {
      const bool fits = them ? !searches_[i].starts_with('_') : pattern.matches(searches_[i]);
      if (fits) parts.push_back({.kind = Condition::Kind::search, .search = i, .least = 0, .parts = {}});
    }
    if (parts.empty()) {
      return wrong(fmt::format("`{}` fits no search identifier", text),
                   suggest(std::string(text), searches_, "identifiers"));
    }
    return parts;
  }

  static constexpr const char* old_form =
      "counting in the condition (`| count()`, `near`) is the old form and not supported";
  static constexpr const char* old_form_hint =
      "write a second document with `correlation:`, type event_count, `group-by` and `timespan`";

  std::vector<Word> words_;
  const std::vector<std::string>& searches_;
  const std::function<void(ConditionMistake)>& mistake_;
  std::size_t at_{0};
  std::size_t depth_{0};
};

}  // namespace

std::optional<Condition> read_condition(std::string_view text, const std::vector<std::string>& searches,
                                        const std::function<void(ConditionMistake)>& mistake) {
  return Parser(text, searches, mistake).whole();
}

}  // namespace aright::detect::sigma
