#include "workflow/named_fields.h"

namespace aright::workflow {

namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// Reads an expression without what stands in its texts: "a == 'b'" is "a == ''".
class Bare {
 public:
  /// Whether `c` is outside of any text; a quote that begins or ends one is.
  bool outside(char c) {
    if (quote_ == 0) {
      if (c == '\'' || c == '"') quote_ = c;
      return true;
    }
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == quote_) {
      quote_ = 0;
      return true;
    }
    return false;
  }

 private:
  char quote_{0};
  bool escaped_{false};
};

std::string without_texts(std::string_view expression) {
  std::string left;
  Bare bare;
  for (const char c : expression) {
    if (bare.outside(c)) left += c;
  }
  return left;
}

/// Up to the brace that closes it, which is not among them; all of it when none does.
std::string_view up_to_its_end(std::string_view text) {
  Bare bare;
  std::size_t depth = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!bare.outside(text[i])) continue;
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return text.substr(0, i);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace

std::set<std::string> fields_named(std::string_view written, std::string_view noun) {
  const std::string expression = without_texts(written);
  std::set<std::string> names;
  const std::string prefix = std::string(noun) + ".";
  for (auto at = expression.find(prefix); at != std::string::npos; at = expression.find(prefix, at + 1)) {
    if (at != 0 && (is_word(expression[at - 1]) || expression[at - 1] == '.')) continue;
    std::string name;
    for (const char c : std::string_view(expression).substr(at + prefix.size())) {
      if (!is_word(c)) break;
      name += c;
    }
    if (!name.empty()) names.insert(std::move(name));
  }
  return names;
}

std::vector<std::string> expressions_in(std::string_view text) {
  std::vector<std::string> all;
  while (true) {
    const auto begin = text.find("${");
    if (begin == std::string_view::npos) return all;
    const bool escaped = begin != 0 && text[begin - 1] == '$';
    text.remove_prefix(begin + 2);
    if (escaped) continue;
    const std::string_view expression = up_to_its_end(text);
    all.emplace_back(trimmed(expression));
    text.remove_prefix(expression.size());
  }
}

}  // namespace aright::workflow
