#include "cli/evidence_decisions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/html_text.h"
#include "cli/show.h"

namespace aright::cli {

namespace {

constexpr std::string_view alone_words = "alone, by break-glass";

std::string entry_word(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() || found->is_null() ? std::string() : escaped(cell(*found));
}

bool is_entry_of(const Json& entry, const char* kind, const Json& review) {
  return entry.value("kind", "") == kind && entry.value("review", Json()) == review;
}

/// Which team was asked and how many of it, and who had changed what it decides by, as its yes found them.
std::string asked_of(const std::vector<Json>& entries, const Json& review) {
  std::string team;
  std::string quorum;
  std::string editors;
  for (const Json& entry : entries) {
    if (!is_entry_of(entry, "review.opened", review) && !is_entry_of(entry, "review.approved", review)) continue;
    for (const auto& [into, key] : {std::pair(&team, "team"), {&quorum, "quorum"}, {&editors, "editors"}}) {
      if (entry.contains(key)) *into = entry_word(entry, key);
    }
  }
  std::string text;
  if (!team.empty()) text += "; team " + team;
  if (!quorum.empty()) text += (team.empty() ? "; quorum " : ", quorum ") + quorum;
  if (!editors.empty() && editors != "not known") text += "; changed by " + editors;
  return text;
}

}  // namespace

std::string decided_by(const Json& run, const std::vector<Json>& entries) {
  const std::string who = run.value("decided_by", Json()).is_string() ? run.at("decided_by").get<std::string>() : "";
  std::string text = entry_word(run, "decided_by");
  for (const Json& entry : entries) {
    const Json review = entry.value("review", Json());
    if (entry.value("kind", "") != "review.decided" || entry.value("decision", "") != "approved") continue;
    if (!who.ends_with(fmt::format("(review {})", review.dump()))) continue;
    if (entry.value("break_glass", false)) text += fmt::format(", {}", alone_words);
    text += asked_of(entries, review);
  }
  return text;
}

std::string decisions_text(const std::vector<Json>& entries) {
  std::string text;
  for (const Json& entry : entries) {
    const bool decides = entry.contains("decided_by") || entry.contains("guard") || entry.contains("decision_reason") ||
                         entry.contains("by") || entry_word(entry, "kind").starts_with("review.");
    if (!decides) continue;
    std::string said;
    const auto add = [&](const std::string& more) { said += (said.empty() ? "" : "; ") + more; };
    for (const auto& [heading, key] : {std::pair("guard", "guard"),
                                       {"decided_by", "decided_by"},
                                       {"by", "by"},
                                       {"decision", "decision"},
                                       {"state", "state"},
                                       {"to", "to"},
                                       {"team", "team"},
                                       {"quorum", "quorum"},
                                       {"approvers", "approvers"},
                                       {"changed by", "editors"},
                                       {"reason", "reason"},
                                       {"decision_reason", "decision_reason"}}) {
      const std::string value = entry_word(entry, key);
      if (!value.empty() && value != "-") add(fmt::format("{}: {}", heading, value));
    }
    if (entry.value("break_glass", false)) add(std::string(alone_words));
    text += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", entry_word(entry, "at"),
                        entry_word(entry, "kind"), said);
  }
  return text.empty() ? ""
                      : "<h3>Who decided, and which guards spoke</h3>\n<table class=\"log\">\n" + text + "</table>\n";
}

}  // namespace aright::cli
