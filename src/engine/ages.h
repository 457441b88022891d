// How old definitions are, and who changed them last, as the entries imply it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/doc.h"

namespace aright::engine {

struct Age {
  WallTime since{};                  ///< its last change, or when a person last said that it is as it should be
  std::vector<std::string> editors;  ///< who changed it since another one looked, as far as that is known
  bool due{false};                   ///< its `review_by` is over, and people have been told so
  bool overdue{false};               ///< its grace is over: it only proposes
  bool apart{false};                 ///< of a team: kept editors apart from who approves, now or before they changed it
  bool operator==(const Age&) const = default;
};

/// By "workflow NAME", "control NAME" and "team NAME".
class Ages {
 public:
  [[nodiscard]] const Age* find(const std::string& key) const {
    const auto known = ages_.find(key);
    return known == ages_.end() ? nullptr : &known->second;
  }
  [[nodiscard]] bool overdue(const std::string& key) const {
    const Age* age = find(key);
    return age != nullptr && age->overdue;
  }
  [[nodiscard]] bool empty() const { return ages_.empty() && gone_.empty(); }
  /// Who changed it, or took it away, since another one looked, as far as that is known.
  [[nodiscard]] const std::vector<std::string>& editors(const std::string& key) const;
  /// `kind` of an entry about one definition.
  void take(const std::string& kind, WallTime at, DocReader& in);
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] Result<Done> load(const Json& doc);
  bool operator==(const Ages&) const = default;

 private:
  void remove(const std::string& key, DocReader& in);
  std::map<std::string, Age> ages_;
  std::map<std::string, std::vector<std::string>> gone_;  ///< editors of what is not there any more
};

}  // namespace aright::engine
