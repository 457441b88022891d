// A run for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/show.h"
#include "cli/show_change.h"
#include "cli/show_errand.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

/// `seen`: what lies beside the log has shown the content.
std::string omitted_text(const Json& step, bool seen) {
  const auto omitted = step.value("difference_omitted", std::uint64_t{0});
  if (step.contains("difference_erased")) return "    (what it was and became has been erased)\n";
  if (omitted == 0 || seen) return {};
  return fmt::format("    ({}, too {} to show)\n", counted(omitted, "change"), omitted == 1 ? "large" : "many");
}

/// How large the content is: the file's bytes, as the driver's lines or base64 hold them.
std::string size_text(const Json& fields) {
  if (fields.contains("exists") && fields.at("exists") == false) return "absent; ";
  const auto content = fields.find("content");
  if (content == fields.end()) return {};
  std::size_t bytes = 0;
  if (content->is_array()) {
    for (const Json& line : *content) bytes += 1 + (line.is_string() ? line.get_ref<const std::string&>().size() : 0U);
    bytes -= content->empty() ? 0U : 1U;  // a line break between two lines
  } else if (const auto packed = unbase64(content->value("base64", ""))) {
    bytes = packed->size();
  }
  return fmt::format("content of {} bytes; ", bytes);
}

std::string commitment_text(const char* side, const Json& commitment, const Json& fields) {
  return fmt::format("    {:7} {}commitment {} to a record of {} bytes\n", side, size_text(fields),
                     safe(commitment.value("id", "").substr(0, commitment_shown)),
                     commitment.value("size", std::uint64_t{0}));
}

/// A step that only steers the run.
std::string flow_text(const Json& step, const Json& wait) {
  const std::string resource = step.value("resource", "");
  std::string text =
      fmt::format("\n  {}  {}\n", safe(resource.substr(resource.find(':') + 1)), cell(step.value("state", Json())));
  if (const std::string way = step.value("outcome", ""); !way.empty()) {
    text += fmt::format("    outcome {}\n", safe(way));
  }
  if (step.value("state", "") == "waiting" && wait.is_object()) {
    text += fmt::format("    since   {}\n", cell(wait.value("at", Json())));
  }
  return text;
}

std::string step_text(const Json& step) {
  const Json before = step.value("before", Json::object());
  const Json after = step.value("after", Json::object());
  // Without the secret fields of what not everybody may read; absent when the content has been erased.
  const Json was = before.value("state", Json::object());
  const Json is = after.value("state", Json::object());
  return fmt::format("\n  {}  {}\n", cell(step.value("resource", Json())), cell(step.value("state", Json()))) +
         show_change(was, is, step.value("difference", Json::array())) +
         omitted_text(step, was.contains("content") || is.contains("content")) +
         commitment_text("before", before, was) + commitment_text("after", after, is) +
         fmt::format("    outcome {}\n", cell(step.value("outcome", Json())));
}

std::string proof_text(const Json& entries, std::uint64_t signed_entries) {
  if (entries.empty()) return {};
  const auto last = entries.back().value("seq", std::uint64_t{0});
  std::string text =
      fmt::format("\n  proof: {}, {} to {}, {}; `aright audit prove {}`\n", counted(entries.size(), "entry"),
                  entries.front().value("seq", std::uint64_t{0}), last,
                  signed_entries > last ? "under a signed checkpoint" : "not yet under a signed checkpoint", last);
  for (const Json& entry : entries) {
    text += fmt::format("    {:>6}  {}  {}", entry.value("seq", std::uint64_t{0}), safe(entry.value("at", "")),
                        safe(entry.value("kind", "")));
    if (entry.contains("step") && entry.contains("state")) {
      text += fmt::format("  {} of step {}", cell(entry.at("state")), entry.value("step", std::uint64_t{0}) + 1);
    }
    text += '\n';
  }
  return text;
}

/// What to type next.
std::string asked_line(const Json& review) {
  const std::string id = cell(review.value("id", Json()));
  std::string answer = fmt::format("aright reviews approve {} --reason …, or deny; reviews show {}", id, id);
  if (review.value("guard", "") == "unknown") {
    answer = fmt::format("aright runs resolve {} --as done|not-done --reason …", cell(review.value("run", Json())));
  } else if (review.value("only_no", false)) {
    answer = fmt::format("aright reviews deny {} --reason …; no approval lets it go", id);
  }
  std::string text = fmt::format("  {:11} {} ({})\n", "review", id, answer);
  if (const std::string hash = review.value("plan_hash", ""); !hash.empty()) {
    text += fmt::format("  {:11} {}\n", "plan hash", safe(hash));
  }
  if (review.value("outdated", false)) text += fmt::format("  {:11} {}\n", "now", outdated_text);
  return text;
}

std::string run_text(const Json& doc, Written how) {
  std::string text = fmt::format("run {}  {}\n", cell(doc.value("id", Json())), cell(doc.value("state", Json())));
  const std::vector<std::pair<const char*, const char*>> lines{
      {"why", "reason"},         {"finding", "finding"},      {"control", "control"},     {"workflow", "workflow"},
      {"version", "version"},    {"subject", "subject"},      {"mode", "mode"},           {"decided by", "decided_by"},
      {"created", "created_at"}, {"admitted", "admitted_at"}, {"finished", "finished_at"}};
  for (const auto& [label, field] : lines) text += fmt::format("  {:11} {}\n", label, cell(doc.value(field, Json())));
  if (doc.contains("cancel_asked") && doc.value("state", "") == "succeeded") {
    text +=
        fmt::format("  {:11} {}; too late: nothing was left to be stopped\n", "cancel", cell(doc.at("cancel_asked")));
  }
  if (doc.contains("differs")) text += fmt::format("  {:11} {}\n", "differs in", cell(doc.at("differs")));
  const std::string alone = passed_over(doc.value("entries", Json::array()));
  if (!alone.empty()) text += fmt::format("  {:11} {}\n", "alone", safe(alone));
  if (doc.contains("asks")) text += asked_line(doc.at("asks"));
  if (doc.contains("retries")) text += fmt::format("  {:11} run {}\n", "retries", cell(doc.at("retries")));
  if (doc.contains("undoes")) {
    const Json undo = doc.value("undo", Json::object());
    text += fmt::format("  {:11} run {}, as {} asked: {}\n", "undoes", cell(doc.at("undoes")),
                        cell(undo.value("by", Json())), cell(undo.value("reason", Json())));
  }
  if (doc.contains("undone_by")) text += fmt::format("  {:11} run {}\n", "undone by", cell(doc.at("undone_by")));
  for (const Json& step : doc.value("steps", Json::array())) {
    const std::string resource = step.value("resource", "");
    const std::string state = step.value("state", "");
    if (resource.starts_with("flow:") || state == "skipped" || state == "open") {
      text += flow_text(step, doc.value("wait", Json()));
      continue;
    }
    const bool errand = resource.starts_with("exec:") || resource.starts_with("call:");
    text += errand ? errand_text(step, how) : step_text(step);
  }
  return text + proof_text(doc.value("entries", Json::array()), doc.value("signed_entries", std::uint64_t{0}));
}

}  // namespace

std::string passed_over(const Json& entries) {
  std::set<std::string> who;
  for (const Json& entry : entries) {
    if (entry.value("break_glass", false)) who.insert(fmt::format("{}, by break-glass", entry.value("by", "")));
  }
  return fmt::format("{}", fmt::join(who, "; "));
}

std::string show_run(const Json& doc, Format format) {
  return format == Format::table ? run_text(doc, Written::few) : show_one(doc, format);
}

std::string show_run_whole(const Json& doc, Format format) {
  return format == Format::table ? run_text(doc, Written::all) : show_one(doc, format);
}

}  // namespace aright::cli
