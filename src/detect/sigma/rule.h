// A Sigma rule as values, ready for matching.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "base/ip_address.h"
#include "detect/sigma/logsource.h"
#include "detect/sigma/number.h"
#include "detect/sigma/pattern.h"
#include "model/control.h"

namespace re2 {
class RE2;
}

namespace aright::detect::sigma {

/// What rules and correlations say about themselves.
struct Header {
  std::string title;
  std::string id;      ///< a UUID in lower case, or empty
  std::string name;    ///< how correlations may call it, or empty
  std::string status;  ///< stable, test, experimental, deprecated, unsupported, or empty
  std::string description;
  /// To be named wherever its matches are shown (Detection Rule License). Of a correlation in a RuleSet also those of
  /// the rules it counts.
  std::vector<std::string> authors;
  std::vector<std::string> references;
  std::vector<std::string> tags;    ///< "attack.t1110"
  std::vector<std::string> fields;  ///< what to show of a match
  std::vector<std::string> falsepositives;
  std::optional<Level> level;
  Position at;
  /// Hex SHA-256 of all that the document says, however it is laid out; of a correlation in a RuleSet also of the rules
  /// it counts.
  std::string digest;
};

/// One value that a rule looks for.
struct Null {};  ///< the field is absent or null, or an empty list
struct Text {
  std::vector<Pattern> any_of;   ///< several for `base64offset`
  std::optional<double> number;  ///< written as a number: an equal number of another form matches, too
};
struct Regex {
  std::shared_ptr<const re2::RE2> compiled;  ///< searched for anywhere in the value
};
struct Bound {
  enum class Order : std::uint8_t { lt, lte, gt, gte };
  Order order{Order::lt};
  Number limit;
};
using Wanted = std::variant<Null, Text, Regex, Cidr, Bound>;

/// A field (nullopt: any value of the event) holds one of `wanted`, or each of them with `all`.
struct ValueItem {
  std::optional<std::string> field;
  std::vector<Wanted> wanted;
  bool all{false};
  bool negated{false};  ///< `neq`: true where it would be false
};
struct ExistsItem {
  std::string field;
  bool wanted{true};
};
/// A field's value is (contains, …) the value of one of `others`, or of each with `all`. False where either is absent.
struct ReferenceItem {
  enum class Relation : std::uint8_t { equals, contains, startswith, endswith };
  std::string field;
  std::vector<std::string> others;
  Relation relation{Relation::equals};
  bool all{false};
  bool negated{false};
  bool cased{false};
};
using Item = std::variant<ValueItem, ExistsItem, ReferenceItem>;

/// A search identifier: true when all items of one of its alternatives are.
struct Search {
  std::string name;
  std::vector<std::vector<Item>> any_of;
};

/// `and`, `or` and `N of x*` are all "at least so many of these".
struct Condition {
  enum class Kind : std::uint8_t { search, negation, at_least };
  Kind kind{Kind::search};
  std::size_t search{0};         ///< search: index into the rule's searches
  std::size_t least{0};          ///< at_least: at least 1
  std::vector<Condition> parts;  ///< negation: one; at_least: one or more
};

/// A field where a rule or a correlation names it.
struct NamedField {
  std::string name;
  Position at;
};

struct Rule {
  Header header;
  LogSource logsource;
  std::vector<Search> searches;  ///< in file order
  Condition condition;
  std::string matching;            ///< hex SHA-256 of what decides about a match: `logsource` and `detection`
  std::vector<NamedField> fields;  ///< that its searches look at, each place
};

}  // namespace aright::detect::sigma
