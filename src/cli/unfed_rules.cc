#include "cli/unfed_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/text.h"

namespace aright::cli {

namespace {

namespace sigma = detect::sigma;

/// What the events of the configured sources belong to.
struct Brought {
  sigma::LogSources stated;  ///< by the sources
  bool by_events{false};     ///< some say it themselves, whatever it is
  bool windows{false};       ///< some are records of Windows, which say more of themselves

  void add(const std::vector<LogSource>& of_source, bool json) {
    by_events = by_events || (json && of_source.empty());
    for (const LogSource& one : of_source) {
      sigma::LogSource made{one.category, one.product, one.service};
      windows = windows || (json && made.product == "windows");
      if (std::ranges::find(stated, made) == stated.end()) stated.push_back(std::move(made));
    }
  }
  [[nodiscard]] bool has(const sigma::LogSource& wanted) const {
    if (by_events || sigma::applies(wanted, stated)) return true;
    return windows && (wanted.product == "windows" || wanted.product.empty());
  }
};

void add(const source::TailDefinition& tail, Brought& brought) {
  if (const auto* json = std::get_if<source::JsonLines>(&tail.format)) return brought.add(json->log_sources, true);
  if (const auto* text = std::get_if<source::TextLines>(&tail.format)) return brought.add(text->log_sources, false);
  brought.add(source::sshd_log_sources(), false);
  if (const auto* sshd = std::get_if<source::SshdLines>(&tail.format)) brought.add(sshd->more, false);
}

Brought brought_by(const std::vector<source::TailDefinition>& tails,
                   const std::vector<source::WebhookDefinition>& webhooks, const std::string* only) {
  Brought brought;
  for (const source::TailDefinition& tail : tails) {
    if (only == nullptr || tail.name == *only) add(tail, brought);
  }
  for (const source::WebhookDefinition& hook : webhooks) {
    if (only == nullptr || hook.name == *only) brought.add(hook.json.log_sources, true);
  }
  return brought;
}

struct Unfed {
  Position first;
  std::size_t rules{0};
};

}  // namespace

bool is_brought(const sigma::LogSource& wanted, const std::string& source,
                const std::vector<source::TailDefinition>& tails,
                const std::vector<source::WebhookDefinition>& webhooks) {
  return brought_by(tails, webhooks, &source).has(wanted);
}

void warn_of_unfed_rules(const sigma::RuleSet& rules, const std::vector<source::TailDefinition>& tails,
                         const std::vector<source::WebhookDefinition>& webhooks, Diagnostics& out) {
  if (tails.empty() && webhooks.empty()) return;
  const Brought brought = brought_by(tails, webhooks, nullptr);
  std::map<sigma::LogSource, Unfed> unfed;
  for (const sigma::Rule& rule : rules.rules()) {
    if (brought.has(rule.logsource)) continue;
    Unfed& one = unfed[rule.logsource];
    if (one.rules++ == 0) one.first = rule.header.at;
  }
  std::vector<std::string> known;
  for (const sigma::LogSource& one : brought.stated) known.push_back(sigma::text(one));
  std::size_t told = 0;
  for (const auto& [wanted, of] : unfed) {
    if (told++ == unfed_told_max) break;
    out.push_back(
        {Severity::warning, of.first,
         fmt::format("no source brings events of {}, so {} for it can find nothing", sigma::text(wanted),
                     of.rules == 1 ? "the rule" : counted(of.rules, "rule")),
         (known.empty() ? std::string("no source states any") : suggest(sigma::text(wanted), known, "log sources")) +
             "; `log_source` in sources/ says which"});
  }
  if (unfed.size() <= unfed_told_max) return;
  out.push_back({Severity::warning,
                 {"controls", 0, 0},
                 fmt::format("no source brings events of {} more that rules are for",
                             counted(unfed.size() - unfed_told_max, "log source")),
                 {}});
}

}  // namespace aright::cli
