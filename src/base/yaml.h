// YAML 1.2 as configuration files may use it: no duplicate keys, no custom tags, no merge keys, aliases up to 10,000
// visited nodes, valid UTF-8, at most 1 MiB, depth 64. Own files hold one document, rule files that others publish may
// hold several. Built on yaml-cpp's event interface: its own tree hides duplicate keys, tags and positions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/yaml_places.h"
#include "base/yaml_shape.h"

namespace aright::yaml {

inline constexpr std::size_t bytes_max = 1U << 20U;
inline constexpr std::size_t depth_max = 64;
inline constexpr std::size_t nodes_max = 10'000;

struct Pair;

/// One value with the place it was written. Owns its children.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind{Kind::null};
  bool quoted{false};  ///< scalar in quotes or a block scalar: always text, never a number or boolean
  Position at;         ///< a map's is its first key's
  std::string scalar;
  std::vector<Piece> pieces;  ///< of a scalar that is otherwise in the file; not of an alias
  std::vector<Node> items;
  std::vector<Pair> pairs;       ///< in file order
  std::shared_ptr<Shape> shape;  ///< map only; of a document whose questions are noted, otherwise empty

  [[nodiscard]] const Node* find(std::string_view key) const;  ///< map only; nullptr when absent
  /// A scalar that YAML's core schema reads as text: in quotes, or neither a number nor true or false.
  [[nodiscard]] bool is_text() const;
  /// Where the byte of `scalar` at `offset` stands.
  [[nodiscard]] Position place_of(std::size_t offset) const;
  /// For messages: "a list", "an empty list", "a map", "the number 5", "the boolean true", "the text \"x\"", "nothing".
  [[nodiscard]] std::string describe() const;
  /// The same where the size may be what is wrong: "a list of 70".
  [[nodiscard]] std::string describe_counted() const;
};
struct Pair {
  std::string key;
  Position key_at;
  Node value;
};

/// Parses `text`; `file` goes into positions. All mistakes are appended to `out`, which says whether all is well: of
/// a key written twice the first counts, of a tag the value. nullopt: there is no tree. Empty document: a null node.
[[nodiscard]] std::optional<Node> parse(std::string_view text, const std::string& file, Diagnostics& out);

/// The same for a file of several documents, separated by `---`, with the same limits over the whole file. Empty
/// documents are left out; a file of none is an empty list.
[[nodiscard]] std::optional<std::vector<Node>> parse_documents(std::string_view text, const std::string& file,
                                                               Diagnostics& out);

/// Reports "MUST_BE, not the number 5", with the hint that quotes make a text of it where they do.
void report_no_text(const Node& node, const std::string& must_be, Diagnostics& out);

/// Typed access to one map, which remembers the keys that were asked for. Each getter appends a diagnostic when the
/// type is wrong and returns nullopt then and when the key is absent (unless `required_…`, which also reports absence).
class Fields {
 public:
  /// `what` names the map in messages: "workflow", "guard `threshold`". A node that is no map is reported.
  Fields(const Node& node, std::string what, Diagnostics& out);

  /// A number, true and false are text only in quotes: `title: 3` is more likely a mistake than a name.
  /// `example`: what a number there is likely meant as, for the hint.
  std::optional<std::string> text(std::string_view key, const std::string& example = {});
  std::optional<std::string> required_text(std::string_view key, const std::string& example = {});
  /// One of `words`; any other text is reported: "unknown KEY `x`", with the nearest of the known PLURAL.
  std::optional<std::string> word(std::string_view key, const std::vector<std::string>& words,
                                  const std::string& plural = "words");
  /// Notes that this key, where it is text, is one of `words`; the caller checks it.
  void words(std::string_view key, const std::vector<std::string>& words);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<std::chrono::nanoseconds> duration(std::string_view key);
  std::optional<std::vector<std::string>> texts(std::string_view key);  ///< a list of texts, or one text: a list of one
  const Node* node(std::string_view key);                               ///< any type
  const Node* required(std::string_view key);
  /// Known to the design but not built yet: reported as "known, not in this version" when present.
  void not_yet(std::string_view key);
  /// Reports every key that was never asked for, with a suggestion. Call once, last.
  void finish();

  void error(const Position& at, std::string message, std::string hint = {});
  [[nodiscard]] Position at() const { return node_.at; }

 private:
  /// Notes the question where the document has a shape.
  void asks(std::string_view key, Question::Type type);
  const Node& node_;
  std::string what_;
  Diagnostics& out_;
  std::vector<std::string> asked_;
  std::vector<std::string> later_;  ///< known to the design, not built yet
};

}  // namespace aright::yaml
