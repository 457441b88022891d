// Any rule file ends in rules or in diagnostics; any rules and events end in the same detections when windows are put
// aside and taken up again in between.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "detect/sigma/detector.h"
#include "detect/sigma/taxonomy.h"

namespace {

using namespace aright;
using namespace aright::detect::sigma;

/// The rules stand first, then with this line between them one event a line.
constexpr std::string_view cut = "\n%%\n";

void demand(bool holds) {
  if (!holds) std::abort();
}

std::shared_ptr<const RuleSet> rules_of(std::string_view text) {
  Diagnostics out;
  auto documents = read_rules(text, "fuzz", out);
  demand(!documents.empty() || has_errors(out));
  for (const Diagnostic& d : out) demand(!render(d).empty());
  return std::make_shared<const RuleSet>(RuleSet::build(std::move(documents), out));
}

/// What `explain` says of single searches is what `match` says of them.
void explained(const RuleSet& rules, const Event& event) {
  for (const Rule& rule : rules.rules()) {
    const auto found = match(rule, event);
    std::vector<std::string> names;
    for (const SearchSeen& seen : explain(rule, event)) {
      if (seen.holds) names.push_back(seen.name);
    }
    if (found) demand(found->searches == names);
  }
}

std::string said(const std::vector<Detection>& detections) {
  std::string all;
  for (const Detection& d : detections) {
    all += d.header->title + (d.correlated ? "+" : "-") + std::string(name(d.mode_max));
    for (const auto& [field, value] : d.group) all += field + "=" + value + ";";
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto end = std::min(input.find(cut), input.size());
  const auto rules = rules_of(input.substr(0, end));
  std::string_view events = input.substr(std::min(input.size(), end + cut.size()));
  const WindowLimits limits{.groups_max = 4, .events_max = 16};
  Detector steady(rules, limits);
  auto restarted = std::make_unique<Detector>(rules, limits);
  for (std::uint64_t offset = 0; !events.empty(); ++offset) {
    const auto line = std::min(events.find('\n'), events.size());
    const auto body = parse_json(events.substr(0, line));
    events.remove_prefix(std::min(events.size(), line + 1));
    if (!body) continue;
    const Event event(*body, log_sources_of(*body), field_aliases_of(*body));
    explained(*rules, event);
    const auto seconds = std::chrono::seconds(static_cast<std::int64_t>((offset * 7) % 40));
    const Occurrence place{WallTime(seconds), "fuzz", offset};
    const auto mode = static_cast<Mode>(1 + offset % 4);
    demand(said(steady.feed(event, place, mode)) == said(restarted->feed(event, place, mode)));
    auto next = std::make_unique<Detector>(rules, limits);
    // A full snapshot, as the first one of a fresh detector is made of everything.
    const auto copied = next->restore(restarted->take_all());
    demand(copied && copied->empty());
    restarted = std::move(next);
  }
  return 0;
}
