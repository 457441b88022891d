#include "detect/sigma/pattern.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "detect/sigma/fold.h"

namespace aright::detect::sigma {

namespace {

/// Calls `text` with every run of plain text, unescaped, and `wildcard` with every wildcard.
void walk(std::string_view written, const std::function<void(std::string_view)>& text,
          const std::function<void(char)>& wildcard) {
  std::string run;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const char c = written[i];
    const char next = i + 1 < written.size() ? written[i + 1] : '\0';
    if (c == '\\' && (next == '*' || next == '?' || next == '\\')) {
      run.push_back(next);
      ++i;
    } else if (c == '*' || c == '?') {
      if (!run.empty()) text(run);
      run.clear();
      wildcard(c);
    } else {
      run.push_back(c);
    }
  }
  if (!run.empty()) text(run);
}

bool is_dash(char32_t c) { return c == U'-' || c == U'/' || (c >= 0x2013 && c <= 0x2015); }

/// A letter, digit or underscore; beyond ASCII everything but general punctuation and no-break space.
bool is_word(char32_t c) {
  if (c >= 0x80) return c > 0xA0 && (c < 0x2000 || c > 0x206F);
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') || c == U'_';
}

}  // namespace

void Pattern::add(Kind kind) {
  if (kind == Kind::many && !symbols_.empty() && symbols_.back().kind == Kind::many) return;
  symbols_.push_back({kind, '\0'});
}

void Pattern::add_text(std::string_view text, bool windash) {
  const std::string form = cased_ ? std::string(text) : fold(text);
  bool word_before = false;
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t size = code_point_size(form, at);
    const char32_t c = code_point(form, at);
    const std::size_t after = at + size;
    const bool flag = windash && is_dash(c) && !word_before && after < form.size() && is_word(code_point(form, after));
    if (flag) {
      add(Kind::dash);
    } else {
      for (std::size_t i = at; i < after; ++i) symbols_.push_back({Kind::byte, form[i]});
    }
    word_before = is_word(c);
    at = after;
  }
}

void Pattern::finish(const PatternForm& form) {
  if (form.open_end) add(Kind::many);
  const auto many = [](const Symbol& s) { return s.kind == Kind::many; };
  auto first = symbols_.begin();
  auto last = symbols_.end();
  const bool open_begin = first != last && many(*first);
  if (open_begin) ++first;
  const bool open_end = first != last && many(*(last - 1));
  if (open_end) --last;
  if (!std::all_of(first, last, [](const Symbol& s) { return s.kind == Kind::byte; })) return;
  for (auto it = first; it != last; ++it) text_.push_back(it->byte);
  shape_ = open_begin ? (open_end || text_.empty() ? Shape::contains : Shape::ends)
                      : (open_end ? Shape::begins : Shape::equals);
  symbols_.clear();
}

Pattern Pattern::parse(std::string_view written, const PatternForm& form) {
  Pattern pattern;
  pattern.cased_ = form.cased;
  if (form.open_begin) pattern.add(Kind::many);
  walk(
      written, [&](std::string_view text) { pattern.add_text(text, form.windash); },
      [&](char c) { pattern.add(c == '*' ? Kind::many : Kind::one); });
  pattern.finish(form);
  return pattern;
}

Pattern Pattern::literal(std::string_view text, const PatternForm& form) {
  Pattern pattern;
  pattern.cased_ = form.cased;
  if (form.open_begin) pattern.add(Kind::many);
  pattern.add_text(text, form.windash);
  pattern.finish(form);
  return pattern;
}

bool Pattern::matches(std::string_view value) const {
  switch (shape_) {
    case Shape::equals: return value == text_;
    case Shape::begins: return value.starts_with(text_);
    case Shape::ends: return value.ends_with(text_);
    case Shape::contains: return value.find(text_) != std::string_view::npos;
    case Shape::general: break;
  }
  return general(value);
}

std::size_t Pattern::taken(const Symbol& symbol, std::string_view value, std::size_t at) {
  switch (symbol.kind) {
    case Kind::byte: return value[at] == symbol.byte ? 1 : 0;
    case Kind::one: return code_point_size(value, at);
    case Kind::dash: return is_dash(code_point(value, at)) ? code_point_size(value, at) : 0;
    case Kind::many: break;
  }
  return 0;
}

bool Pattern::general(std::string_view value) const {
  struct Retry {
    std::size_t symbol, at;
  };
  std::optional<Retry> retry;  // the last `*` and where it may end at the earliest
  std::size_t symbol = 0;
  for (std::size_t at = 0; at < value.size();) {
    if (symbol < symbols_.size() && symbols_[symbol].kind == Kind::many) {
      retry = Retry{++symbol, at};
      continue;
    }
    const std::size_t size = symbol < symbols_.size() ? taken(symbols_[symbol], value, at) : 0;
    if (size != 0) {
      at += size;
      ++symbol;
    } else if (retry) {
      retry->at += code_point_size(value, retry->at);
      at = retry->at;
      symbol = retry->symbol;
    } else {
      return false;
    }
  }
  while (symbol < symbols_.size() && symbols_[symbol].kind == Kind::many) ++symbol;
  return symbol == symbols_.size();
}

bool has_wildcards(std::string_view written) {
  bool any = false;
  walk(written, [](std::string_view) {}, [&](char) { any = true; });
  return any;
}

std::string unescape(std::string_view written) {
  std::string all;
  walk(written, [&](std::string_view text) { all += text; }, [&](char c) { all += c; });
  return all;
}

}  // namespace aright::detect::sigma
