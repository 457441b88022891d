// What the tests of this folder share: rules from text, events from text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "detect/sigma/matcher.h"
#include "detect/sigma/read_rules.h"

namespace aright::detect::sigma {

inline std::string render_all(const Diagnostics& out) {
  std::string text;
  for (const Diagnostic& d : out) text += render(d);
  return text;
}

/// A rule file around what is indented below `detection:`.
inline std::string rule_text(const std::string& detection) {
  return "title: t\nlogsource:\n  product: x\ndetection:\n" + detection;
}

/// The only rule of `text`; a failure when it is refused.
inline Rule rule_of(const std::string& text) {
  Diagnostics out;
  auto documents = read_rules(text, "r.yml", out);
  EXPECT_EQ(documents.size(), 1U) << text << render_all(out);
  return documents.empty() ? Rule{} : std::get<Rule>(std::move(documents.front()));
}

/// What is said about `text`, errors and warnings.
inline std::string said_of(const std::string& text) {
  Diagnostics out;
  const auto documents = read_rules(text, "r.yml", out);
  EXPECT_TRUE(has_errors(out) || !documents.empty());
  return render_all(out);
}

/// Whether a rule whose only search is `map` (one line of flow YAML) matches `json`.
inline bool matches(const std::string& map, const std::string& json) {
  const Rule rule = rule_of(rule_text("  s: " + map + "\n  condition: s\n"));
  const Json body = Json::parse(json);
  const bool found = match(rule, Event(body, {})).has_value();
  return found;
}

inline std::string refused(const std::string& map) { return said_of(rule_text("  s: " + map + "\n  condition: s\n")); }

}  // namespace aright::detect::sigma
