#include "engine/growing_old.h"

#include <fmt/format.h>

namespace aright::engine {

std::vector<Aging> aging(const Config& config) {
  std::vector<Aging> all;
  for (const Control& c : config.controls) {
    if (!c.rule.empty() || c.kind == ControlKind::builtin) continue;
    all.push_back({"control", c.name, c.owner, c.review_by.value_or(review_by_default)});
  }
  for (const Workflow& w : config.workflows) {
    all.push_back({"workflow", w.name, w.owner, w.review_by.value_or(review_by_default)});
  }
  return all;
}

std::string due_text(const Aging& one, const Ages& ages) {
  const Age* age = ages.find(one.key());
  if (age == nullptr || (!age->due && !age->overdue)) return {};
  const WallTime falls = age->since + std::chrono::duration_cast<WallTime::duration>(one.within + review_grace);
  const std::string then = age->overdue ? "it goes no further than propose"
                                        : fmt::format("from {} on it only proposes", rfc3339(falls).substr(0, 10));
  return fmt::format(
      "nobody has changed or reviewed it since {}, longer than {}; {}; `aright {}s reviewed {} --reason "
      "…` says that it is as it should be",
      rfc3339(age->since).substr(0, 10), format_duration(one.within), then, one.kind, one.name);
}

std::string overdue_text(const std::string& kind, const std::string& name, const Ages& ages) {
  const Age* age = ages.find(fmt::format("{} {}", kind, name));
  if (age == nullptr || !age->overdue) return {};
  return fmt::format(
      "nobody has changed or reviewed it since {}; `aright {}s reviewed {} --reason …` says that it is as it should be",
      rfc3339(age->since).substr(0, 10), kind, name);
}

std::map<std::string, std::string> due_texts(const Config& config, const Ages& ages) {
  std::map<std::string, std::string> all;
  for (const Aging& one : aging(config)) {
    if (std::string text = due_text(one, ages); !text.empty()) all.emplace(one.key(), std::move(text));
  }
  return all;
}

}  // namespace aright::engine
