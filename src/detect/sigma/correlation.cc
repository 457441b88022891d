#include "detect/sigma/correlation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"

namespace aright::detect::sigma {

namespace {

/// Group values come from outside and are kept: a longer one is cut and told apart by its hash.
constexpr std::size_t value_bytes_max = 256;

std::string bounded(const std::string& value) {
  if (value.size() <= value_bytes_max) return value;
  return clip_text(value, value_bytes_max) + " sha256:" + hex(sha256(value));
}

}  // namespace

std::string Correlation::hash() const {
  Json doc{{"rules", rules}, {"group_by", group_by}, {"aliases", aliases}, {"timespan", timespan.count()}};
  doc["least"] = count.least;
  if (count.most) doc["most"] = *count.most;
  if (!counted.empty()) doc["counted"] = counted;
  return hex(sha256(doc.dump()));
}

std::optional<std::vector<std::string>> group_of(const Correlation& correlation, const std::string& rule,
                                                 const Event& event) {
  std::vector<std::string> group;
  for (const std::string& name : correlation.group_by) {
    const auto alias = correlation.aliases.find(name);
    const std::string* field = &name;
    if (alias != correlation.aliases.end()) {
      const auto named = alias->second.find(rule);
      if (named == alias->second.end()) return std::nullopt;
      field = &named->second;
    }
    const auto& values = event.field(*field).values;
    const auto value = std::ranges::find_if(values, [](const Event::Value& v) { return !v.is_null(); });
    if (value == values.end()) return std::nullopt;
    group.push_back(bounded(value->text));
  }
  return group;
}

}  // namespace aright::detect::sigma
