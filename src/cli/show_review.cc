// A review for people.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

Json said_yes(const Json& review) {
  Json said = review.value("yes", Json::array());
  if (said.empty() && review.value("state", "") == "approved") {
    said.push_back({{"by", review.value("decided_by", "")},
                    {"at", review.value("decided_at", "")},
                    {"reason", review.value("decision_reason", "")}});
  }
  return said;
}

namespace {

std::string review_line(const char* label, const std::string& text) {
  return text.empty() ? std::string() : fmt::format("  {:13} {}\n", label, safe(text));
}

std::string who_is_asked(const Json& review) {
  std::string text;
  const Json asked = review.value("asked", Json::object());
  for (const auto& [team, members] : asked.items()) {
    text += fmt::format("{}team {} ({})", text.empty() ? "" : ", ", team, members.get<std::string>());
  }
  return text.empty() ? "whoever may use the socket" : text;
}

std::string said_so_far(const Json& review) {
  const Json said = said_yes(review);
  std::string text = fmt::format("{} of {}", said.size(), review.value("quorum", 1));
  for (const Json& yes : said) {
    text += fmt::format("{}{}{} at {}: {}", &yes == &said.front() ? "; " : ", ", yes.value("by", ""),
                        yes.value("break_glass", false) ? " (alone, by break-glass)" : "", yes.value("at", ""),
                        yes.value("reason", ""));
  }
  return text;
}

std::string review_text(const Json& review) {
  const bool open = review.value("state", "") == "open";
  std::string text =
      fmt::format("review {}  {}\n", cell(review.value("id", Json())), cell(review.value("state", Json())));
  text += review_line("why", review.value("reason", ""));
  text += review_line("guard", review.value("guard", ""));
  text += review_line("asks", review.value("text", ""));
  text += review_line("severity", review.value("severity", ""));
  text += review_line("now", review.value("outdated", false) ? outdated_text : "");
  text += review_line("workflow", review.value("workflow", ""));
  text += review_line("subject", review.value("subject", ""));
  text += review_line("asked", open ? who_is_asked(review) : review.value("team", ""));
  text += review_line("yes", said_so_far(review));
  const std::string seen_at = review.value("acknowledged_at", "");
  text += review_line("acknowledged", review.value("acknowledged_by", "") + (seen_at.empty() ? "" : " at " + seen_at));
  text += review_line("opened", review.value("opened_at", ""));
  text += review_line(open ? "expires" : "", open ? review.value("expires_at", "") : "");
  if (!open) {
    text += review_line("decided",
                        fmt::format("by {}: {}", review.value("decided_by", ""), review.value("decision_reason", "")));
  }
  text += review_line("in vain", review.value("in_vain", ""));
  text += review_line("plan hash", review.value("plan_hash", ""));
  return text;
}

}  // namespace

std::string show_review(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  std::string text = review_text(doc);
  if (doc.contains("of")) {
    Json run = doc.at("of");
    if (run.value("reason", "") == doc.value("reason", "-")) run["reason"] = "as the review says";  // it may be long
    text += "\n" + show_run(run, format);
  }
  return text;
}

}  // namespace aright::cli
