#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/text.h"
#include "base/utf8.h"
#include "base/yaml_boolean.h"
#include "base/yaml_words.h"

namespace aright::yaml {

namespace {

struct TooMuch {
  Position at;
  std::string message;
};

/// Builds our tree from yaml-cpp's events, with positions, limits and refusals.
class Builder final : public YAML::EventHandler {
 public:
  /// `text` outlives this.
  Builder(std::string file, std::string_view text, Diagnostics& out)
      : file_(std::move(file)), text_(without_mark(text)), out_(out) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp does not get past a document that begins with a comma: it finds another one at the same place.
    if (started_ && started_->pos == mark.pos) throw TooMuch{at(mark), "not YAML: nothing can begin like this"};
    started_ = mark;
    anchors_.clear();  // they are numbered anew in every document
    roots.emplace_back();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    // yaml-cpp marks an implicit null at the next token; the key is where the reader should look.
    node.at = waiting_key() ? stack_.back().key_at : at(mark);
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw TooMuch{at(mark), "an alias refers to a value that contains it"};
    Node copy = found->second;
    copied_ += count(copy);
    if (copied_ > nodes_max) throw TooMuch{at(mark), "aliases expand to more than 10000 values"};
    copy.at = at(mark);
    copy.pieces.clear();
    add(std::move(copy), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    node.quoted = tag == "!";
    node.scalar = value;
    node.at = at(mark);
    node.pieces = pieces_of(value, text_, static_cast<std::size_t>(mark.pos), node.at.line, node.at.column);
    check_tag(tag, node.at);
    if (!node.quoted && (value.empty() || value == "~" || value == "null")) node.kind = Node::Kind::null;
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  /// Of the last document.
  [[nodiscard]] Position begin() const { return started_ ? at(*started_) : Position{file_, 0, 0}; }

  std::vector<Node> roots;  ///< one a document
  bool readable{true};      ///< what was left out is known, so that what else is wrong in the file can be told

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor{0};
    bool has_key{false};
    bool twice{false};  ///< the key is written before
    std::string key;
    Position key_at;
  };

  /// Marks count from behind a byte order mark.
  static std::string_view without_mark(std::string_view text) {
    constexpr std::string_view mark{"\xef\xbb\xbf"};
    return text.starts_with(mark) ? text.substr(mark.size()) : text;
  }
  [[nodiscard]] Position at(const YAML::Mark& mark) const {
    return {file_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }
  [[nodiscard]] bool waiting_key() const {
    return !stack_.empty() && stack_.back().node.kind == Node::Kind::map && stack_.back().has_key;
  }
  void error(const Position& where, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, where, std::move(message), std::move(hint)});
  }
  void check_tag(const std::string& tag, const Position& where) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    error(where, fmt::format("tag `{}` is not used here", tag),
          "write the value without a tag; quote it if it is text");
  }
  static std::size_t count(const Node& node) {
    std::size_t n = 1;
    for (const Node& item : node.items) n += count(item);
    for (const Pair& pair : node.pairs) n += count(pair.value);
    return n;
  }
  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (stack_.size() >= depth_max) throw TooMuch{at(mark), "nested deeper than 64 levels"};
    Open next;
    next.node.kind = kind;
    next.node.at = at(mark);
    next.anchor = anchor;
    check_tag(tag, next.node.at);
    stack_.push_back(std::move(next));
  }
  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    add(std::move(done.node), done.anchor);
  }
  void add(Node node, YAML::anchor_t anchor) {
    if (++seen_ > nodes_max * 10) throw TooMuch{node.at, "more than 100000 values in one file"};
    if (anchor != 0) anchors_[anchor] = node;
    if (stack_.empty()) {
      roots.back() = std::move(node);
      return;
    }
    Open& top = stack_.back();
    if (top.node.kind == Node::Kind::list) {
      top.node.items.push_back(std::move(node));
    } else if (!top.has_key) {
      take_key(top, node);
    } else {
      top.has_key = false;
      if (top.twice) return;  // the first one counts, so that what else is wrong is found too
      top.node.pairs.push_back({std::move(top.key), top.key_at, std::move(node)});
    }
  }
  void take_key(Open& top, const Node& node) {
    if (node.kind != Node::Kind::scalar) {
      readable = false;
      error(node.at, "a key must be text, not " + node.describe());
    }
    top.has_key = true;
    top.key = node.scalar;
    top.key_at = node.at;
    top.twice = false;
    if (node.scalar == "<<") {
      readable = false;  // the fields that it brings would all be missed
      error(node.at, "merge keys (`<<`) are not used here", "write the fields out");
    }
    for (const Pair& pair : top.node.pairs) {
      if (pair.key != node.scalar) continue;
      top.twice = true;
      error(node.at, fmt::format("key `{}` is written twice", node.scalar),
            fmt::format("it stands first in line {}; keep one of them", pair.key_at.line));
      return;
    }
  }

  std::string file_;
  std::string_view text_;
  Diagnostics& out_;
  std::optional<YAML::Mark> started_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t copied_{0};
  std::size_t seen_{0};
};

Position position(const YAML::Mark& mark, const std::string& file) {
  return {file, static_cast<std::uint32_t>(std::max(mark.line, 0) + 1),
          static_cast<std::uint32_t>(std::max(mark.column, 0) + 1)};
}

/// yaml-cpp takes the end of the file for the missing quote when white space stands before it.
std::optional<YAML::Mark> unfinished_quote(std::string_view text, const std::string& file) {
  const auto last = text.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos || last + 1 == text.size()) return std::nullopt;
  try {
    std::istringstream stream{std::string(text.substr(0, last + 1))};
    YAML::Parser parser(stream);
    Diagnostics ignored;
    Builder sink(file, text, ignored);
    while (parser.HandleNextDocument(sink)) {
    }
  } catch (const TooMuch&) {
    return std::nullopt;
  } catch (const YAML::Exception& bad) {
    if (bad.msg == YAML::ErrorMsg::EOF_IN_SCALAR) return bad.mark;
  }
  return std::nullopt;
}

/// Counted from 0; empty behind the last.
std::string_view text_line(std::string_view text, int line) {
  for (int at = 0; at < line && !text.empty(); ++at) {
    const auto end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// npos: none. What the parser says of a tab depends on what stands before it, and where it says so on its tab stops.
std::size_t tab_in_indentation(std::string_view line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t');
}

/// YAML reads the braces of `${ … }` itself where nothing quotes them; it notices in the same line or the next.
std::string unquoted_hint(std::string_view text, int line) {
  const bool before = line > 0 && text_line(text, line - 1).contains("${");
  return before || text_line(text, line).contains("${") ? "put quotes around `${ … }`" : "";
}

enum class Documents : bool { one, several };

/// False: it is no YAML to its end, or beyond a limit.
bool parse_into(std::string_view text, const std::string& file, Documents documents, Builder& builder,
                Diagnostics& out) {
  const auto error = [&](Position at, std::string message, std::string hint = {}) {
    out.push_back({Severity::error, std::move(at), std::move(message), std::move(hint)});
    return false;
  };
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return true;
    Diagnostics ignored;
    Builder rest(file, text, ignored);
    if (documents == Documents::several) {
      while (parser.HandleNextDocument(builder)) {
      }
    } else if (parser.HandleNextDocument(rest)) {
      return error(rest.begin(), "more than one document in the file", "keep one definition a file; remove the `---`");
    }
    if (const auto mark = unfinished_quote(text, file)) {
      return error(position(*mark, file), "not YAML: the closing quote is missing at the end of the file");
    }
  } catch (const TooMuch& limit) {
    return error(limit.at, limit.message);
  } catch (const YAML::Exception& bad) {
    const std::size_t tab = tab_in_indentation(text_line(text, bad.mark.line));
    YAML::Mark mark = bad.mark;
    if (tab != std::string_view::npos) mark.column = static_cast<int>(tab);
    const Words words = words_for(tab != std::string_view::npos ? YAML::ErrorMsg::TAB_IN_INDENTATION : bad.msg);
    const std::string hint = unquoted_hint(text, mark.line);
    return error(position(mark, file), "not YAML: " + words.message, hint.empty() ? words.hint : hint);
  }
  return true;
}

/// yaml-cpp reads a document that begins with a comma for ever.
bool begins_with_comma(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == ',';
}

/// A byte that is no text.
std::optional<std::size_t> first_unreadable(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    at += plain_ascii(text.substr(at));
    if (at == text.size()) break;
    const auto character = text[at] == '\0' ? std::nullopt : first_character(text.substr(at));
    if (!character) return at;
    at += character->size;
  }
  return std::nullopt;
}

Position place_in(std::string_view text, std::size_t at, const std::string& file) {
  const std::string_view before = text.substr(0, at);
  const auto line = before.rfind('\n');
  const std::string_view in_line = line == std::string_view::npos ? before : before.substr(line + 1);
  return {file, static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1), code_points(in_line) + 1};
}

std::optional<std::vector<Node>> parse_roots(std::string_view text, const std::string& file, Documents documents,
                                             Diagnostics& out) {
  const auto whole = [&](std::string message, std::string hint = {}) {
    out.push_back({Severity::error, {file, 0, 0}, std::move(message), std::move(hint)});
    return std::nullopt;
  };
  if (text.size() > bytes_max) return whole("the file is larger than 1 MiB");
  if (const auto bad = first_unreadable(text)) {
    const bool nul = text[*bad] == '\0';
    out.push_back({Severity::error, place_in(text, *bad, file),
                   nul ? "the file has a NUL byte" : "the file is not valid UTF-8", nul ? "" : "save it as UTF-8"});
    return std::nullopt;
  }
  if (begins_with_comma(text)) return whole("not YAML: the document begins with a comma");
  Builder builder(file, text, out);
  if (!parse_into(text, file, documents, builder, out) || !builder.readable) return std::nullopt;
  return std::move(builder.roots);
}

}  // namespace

Position Node::place_of(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(pieces, offset, {}, &Piece::offset);
  if (after == pieces.begin()) {
    Position place = at;
    place.column += code_points(std::string_view(scalar).substr(0, offset)) + (quoted ? 1 : 0);
    return place;
  }
  const Piece& piece = *std::prev(after);
  return {at.file, piece.line,
          piece.column + code_points(std::string_view(scalar).substr(piece.offset, offset - piece.offset))};
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(pairs, key, &Pair::key);
  return found == pairs.end() ? nullptr : &found->value;
}

namespace {

// What the core schema (YAML 1.2.2 §10.3.2) makes of a plain scalar.

/// Takes decimal digits off the front; how many.
std::size_t take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

bool is_number(std::string_view text) {
  const auto only = [](std::string_view rest, std::string_view digits) {
    return !rest.empty() && rest.find_first_not_of(digits) == std::string_view::npos;
  };
  if (text.starts_with("0o")) return only(text.substr(2), "01234567");
  if (text.starts_with("0x")) return only(text.substr(2), "0123456789abcdefABCDEF");
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  std::size_t digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (!text.starts_with('e') && !text.starts_with('E')) return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return take_digits(text) > 0 && text.empty();
}

}  // namespace

std::string Node::describe() const {
  switch (kind) {
    case Kind::null: return "nothing";
    case Kind::list: return items.empty() ? "an empty list" : "a list";
    case Kind::map: return pairs.empty() ? "an empty map" : "a map";
    case Kind::scalar: break;
  }
  if (is_text()) return fmt::format("the text \"{}\"", clip_text(scalar, 60));
  return fmt::format("the {} {}", boolean_of(scalar) ? "boolean" : "number", clip_text(scalar, 60));
}

std::string Node::describe_counted() const {
  const std::size_t size = items.size() + pairs.size();  // one of them is empty
  return size == 0 ? describe() : fmt::format("{} of {}", describe(), size);
}

bool Node::is_text() const { return kind == Kind::scalar && (quoted || (!boolean_of(scalar) && !is_number(scalar))); }

std::optional<Node> parse(std::string_view text, const std::string& file, Diagnostics& out) {
  auto roots = parse_roots(text, file, Documents::one, out);
  if (!roots) return std::nullopt;
  return roots->empty() ? Node{} : std::move(roots->front());
}

std::optional<std::vector<Node>> parse_documents(std::string_view text, const std::string& file, Diagnostics& out) {
  auto roots = parse_roots(text, file, Documents::several, out);
  if (roots) std::erase_if(*roots, [](const Node& root) { return root.kind == Node::Kind::null; });
  return roots;
}

}  // namespace aright::yaml
