#include "cli/evidence_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/evidence_decisions.h"
#include "cli/evidence_pack.h"
#include "cli/html_text.h"
#include "cli/show.h"
#include "cli/show_change.h"
#include "cli/show_errand.h"
#include "model/told.h"

namespace aright::cli {

namespace {

constexpr std::string_view head = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Evidence</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-top: 1px solid #bbb; padding-top: 1rem }
h3 { font-size: 1rem; margin-bottom: .3rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0 }
th { font-weight: 600; white-space: nowrap } .log td { font-size: .85rem; border-top: 1px solid #ddd }
pre { background: #f4f4f4; padding: .7rem; overflow-x: auto; font-size: .85rem } code { font-size: .9em; overflow-wrap: anywhere }
</style></head><body>
)html";

std::string lines_escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += escaped(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string word(const Json& doc, const char* key) {
  const auto found = doc.find(key);
  return found == doc.end() || found->is_null() ? std::string() : escaped(cell(*found));
}

std::string line(std::string_view heading, const std::string& value) {
  return value.empty() || value == "-" ? "" : fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", heading, value);
}

/// What the page looks up again and again, found once.
struct Found {
  explicit Found(const Json& whole) : pack(whole) {
    for (const Json& content : pack.at("contents"))
      contents[content.at("id").get<std::string>()] = &content.at("bytes");
    for (const Json& item : pack.at("entries")) {
      auto entry = parse_own_json(item.at("bytes").get_ref<const std::string&>());
      const Json run = entry ? entry->value("run", Json()) : Json();
      if (run.is_number_unsigned()) entries[run.get<std::uint64_t>()].push_back(std::move(*entry));
    }
  }

  /// Fields of the state behind a commitment, where it is in the folder.
  [[nodiscard]] Json state_of(const std::string& id) const {
    const auto found = contents.find(id);
    if (found == contents.end()) return Json::object();
    const auto bytes = unbase64(found->second->get_ref<const std::string&>());
    auto fields = bytes ? parse_own_json(*bytes) : Result<Json>(std::unexpected(bytes.error()));
    return fields && fields->is_object() ? std::move(*fields) : Json::object();
  }

  /// Both sides of a plan are gone, and somebody has erased them: nobody is shown its difference either.
  [[nodiscard]] bool is_erased(const Json& run, const Json& plan) const {
    const bool gone = std::ranges::all_of(std::array{"before", "after"}, [&](const char* side) {
      const Json id = plan.value(side, Json::object()).value("id", Json());
      return std::ranges::find(pack.at("gone"), id) != pack.at("gone").end();
    });
    return gone && std::ranges::any_of(std::array{run.value("subject", ""), plan.value("resource", "")},
                                       [&](const std::string& subject) {
                                         const auto at = pack.at("erased").find(subject);
                                         return at != pack.at("erased").end() && *at >= run.at("created_at");
                                       });
  }

  /// About one run.
  [[nodiscard]] const std::vector<Json>& about(const Json& run) const {
    static const std::vector<Json> none;
    const auto found = entries.find(run.at("id").get<std::uint64_t>());
    return found == entries.end() ? none : found->second;
  }

  const Json& pack;
  std::map<std::string, const Json*> contents;         ///< by id
  std::map<std::uint64_t, std::vector<Json>> entries;  ///< by run
};

bool contains(const Json& list, const Json& id) { return std::ranges::find(list, id) != list.end(); }

std::string side_note(const Found& in, const Json& step, const char* side, bool erased) {
  const Json& commitment = step.at(side);
  const std::string id = commitment.value("id", "");
  if (id.empty()) return "";
  const char* where = in.contents.contains(id)                ? "in contents/, checked against the entries"
                      : contains(in.pack.at("kept_back"), id) ? "sensitive, kept back; the entries commit to it"
                      : erased                                ? "erased; the entries commit to it"
                                                              : "not kept any more; the entries commit to it";
  return line(side, fmt::format("<code>{}</code>, {} bytes: {}", escaped(id.substr(0, commitment_shown)),
                                word(commitment, "size"), where));
}

/// With what it was asked for and what it answered, as `runs show` has it.
Json with_contents(const Found& in, Json step) {
  for (const char* side : {"before", "after"}) step[side]["state"] = in.state_of(step[side].value("id", ""));
  for (const char* key : {"ran", "looked"}) {
    if (!step.contains(key)) continue;
    if (Json written = in.state_of(step[key].at("output").value("id", "")); !written.empty()) {
      step[key]["written"] = std::move(written);
    }
  }
  return step;
}

/// As both sides tell it; where one of them is not here, as the entry does: the other alone would say that all of it
/// came or went.
std::string resource_change(const Json& step) {
  const Json& before = step.at("before");
  const Json& after = step.at("after");
  const bool whole = std::ranges::all_of(std::array{&before, &after}, [](const Json* side) {
    return side->value("id", "").empty() || !side->at("state").empty();
  });
  const Json none = Json::object();
  return show_change(whole ? before.at("state") : none, whole ? after.at("state") : none, step.at("difference"));
}

std::string step_text(const Found& in, const Json& run, const Json& step) {
  const std::string resource = step.value("resource", "");
  if (const std::string state = step.value("state", ""); state == "skipped" || state == "open") {
    return fmt::format("<h3>{}: {}</h3>\n<p>Not done.</p>\n<table>\n", escaped(resource), escaped(state)) +
           line("outcome", word(step, "outcome")) + "</table>\n";
  }
  const bool errand = resource.starts_with("exec:") || resource.starts_with("call:");
  Json whole = with_contents(in, step);
  const bool erased = in.is_erased(run, step);
  if (erased) whole["difference"] = Json::array();
  const std::string change = errand ? errand_text(whole, Written::all) : resource_change(whole);
  std::string text = fmt::format("<h3>{}: {}</h3>\n", escaped(resource), word(step, "state"));
  if (erased) text += "<p>What it was and became has been erased.</p>\n";
  if (!change.empty()) text += "<pre>" + lines_escaped(change) + "</pre>\n";
  return text + "<table>\n" + side_note(in, step, "before", erased) + side_note(in, step, "after", erased) +
         line("outcome", word(step, "outcome")) + "</table>\n";
}

Json definition_of(const Json& pack, const Json& hash) {
  for (const Json& definition : pack.at("definitions")) {
    if (definition.at("hash") != hash) continue;
    if (definition.contains("told")) return definition.at("told");
    auto doc = parse_own_json(definition.at("doc").get_ref<const std::string&>());
    return doc && doc->is_object() ? std::move(*doc) : Json::object();
  }
  return Json::object();
}

constexpr std::string_view span_ending = "_ms";

/// "runs 3, within 10m", one level after the other.
std::string settings_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return escaped(value.get_ref<const std::string&>());
  if (!value.is_structured()) return escaped(value.dump());
  std::string text;
  for (const auto& [key, item] : value.items()) {
    const bool is_span = key.ends_with(span_ending) && item.is_number_integer();
    const std::string said =
        is_span ? format_duration(std::chrono::milliseconds(item.get<std::int64_t>())) : settings_text(item);
    if (said.empty()) continue;
    const std::string name = is_span ? key.substr(0, key.size() - span_ending.size()) : key;
    const std::string before = text.empty() ? "" : value.is_array() && item.is_structured() ? "; " : ", ";
    text += before + (value.is_object() ? escaped(name) + " " : std::string()) +
            (value.is_object() && item.is_structured() ? "(" + said + ")" : said);
  }
  return text;
}

/// As the version that answered has them: a line each.
std::string guards_in_force(const Json& pack, const Json& run) {
  const Json guards = definition_of(pack, run.at("version")).value("guards", Json::object());
  std::string text;
  for (const auto& [guard, settings] : guards.items()) {
    const bool off = guard == "oscillation" && settings.value("returns", Json()) == 0;  // never held for that
    const std::string said = off ? "off" : settings_text(settings);
    if (!said.empty()) text += fmt::format("{}{}: {}", text.empty() ? "" : "<br>", escaped(guard), said);
  }
  return text;
}

/// What it takes back, and what took it back.
std::string undo_text(const Json& run) {
  std::string text;
  if (run.contains("undoes")) {
    const Json undo = run.value("undo", Json::object());
    text += line("undoes",
                 fmt::format("run {}, as {} asked: {}", word(run, "undoes"), word(undo, "by"), word(undo, "reason")));
  }
  if (run.contains("undone_by")) text += line("undone by", "run " + word(run, "undone_by"));
  return text;
}

/// Since `from`, when that was made.
bool subject_erased(const Found& in, const Json& of, const char* from) {
  const auto at = in.pack.at("erased").find(of.value("subject", ""));
  return at != in.pack.at("erased").end() && *at >= of.at(from);
}

/// When it was found, and what ended it: a waiver puts nothing right.
std::string found_text(const Json& finding) {
  const std::string state = text_in(finding, "state");
  const std::string by = word(finding, "resolved_by");
  std::string ended = word(finding, "resolved_at");
  if (!ended.empty() && ended != "-" && !by.empty()) ended += ": " + by;
  return line("found", word(finding, "opened_at")) + line(state == "open" ? "resolved" : escaped(state), ended);
}

/// One that no run of this page has answered.
std::string finding_text(const Found& in, const Json& finding) {
  std::string text =
      fmt::format("<h2>Finding {}: {}, no run</h2>\n<table>\n", word(finding, "id"), word(finding, "state"));
  text += line("what was wrong", fmt::format("{} on {}", word(finding, "control"), word(finding, "subject")));
  if (!subject_erased(in, finding, "opened_at")) text += line("title", word(finding, "title"));
  text += line("control", word(definition_of(in.pack, finding.value("control_hash", Json())), "title"));
  text += line("differed in", word(finding, "differs"));
  text += line("severity", word(finding, "severity"));
  return text + found_text(finding) + line("seen last", word(finding, "last_at")) + "</table>\n";
}

std::string waivers_text(const Json& waivers) {
  std::string text;
  for (const Json& waiver : waivers) {
    text += fmt::format("<h2>Waiver {}: {}</h2>\n<table>\n", word(waiver, "id"), word(waiver, "state"));
    text += line("leaves as it is", fmt::format("{} on {}", word(waiver, "control"), word(waiver, "subject")));
    for (const auto& [heading, key] :
         {std::pair("reason", "reason"), std::pair("owner", "owner"), std::pair("granted by", "granted_by"),
          std::pair("granted", "granted_at"), std::pair("until", "expires_at"), std::pair("ended", "ended_at"),
          std::pair("ended by", "ended_by"), std::pair("why it ended", "ended_reason"),
          std::pair("has kept from being found", "seen")}) {
      text += line(heading, word(waiver, key));
    }
    text += "</table>\n";
  }
  return text;
}

std::string run_text(const Found& in, const Json& run) {
  const Json found = run.value("found", Json::object());
  std::string text = fmt::format("<h2>Run {}: {}</h2>\n<table>\n", word(run, "id"), word(run, "state"));
  text += line("what was wrong", fmt::format("{} on {}", word(run, "control"), word(run, "subject")));
  text += line("title", found.contains("title") && subject_erased(in, run, "created_at") ? std::string(erased_word)
                                                                                         : word(found, "title"));
  text += line("control", word(definition_of(in.pack, run.value("control_hash", Json())), "title"));
  text += line("differed in", word(found, "differs"));
  text += line("severity", word(run, "severity"));
  text += found_text(found);
  text += line("answered by", fmt::format("workflow {} in mode {}", word(run, "workflow"), word(run, "mode")));
  text += line("its version", "<code>" + word(run, "version") + "</code>");
  text += line("guards in force", guards_in_force(in.pack, run));
  text += line("decided by", decided_by(run, in.about(run)));
  text += line("alone", escaped(passed_over(in.about(run))));
  text += line("why it ended so", word(run, "reason"));
  text += undo_text(run);
  text += line("created", word(run, "created_at"));
  text += line("admitted", word(run, "admitted_at"));
  text += line("finished", word(run, "finished_at"));
  text += "</table>\n";
  for (const Json& step : run.at("steps")) text += step_text(in, run, step);
  return text + decisions_text(in.about(run));
}

/// For reading: what was erased is not read out of an entry either, though entries.jsonl has it as it was signed.
std::string entry_shown(const Found& in, const std::string& bytes) {
  auto entry = parse_own_json(bytes);
  if (!entry) return bytes;
  const char* by = entry->contains("run") ? "run" : "finding";
  const auto run = std::ranges::find_if(in.pack.at("runs"), [&](const Json& one) {
    return entry->contains(by) && one.value(by == std::string_view("run") ? "id" : by, Json()) == entry->at(by);
  });
  const Json whole = *entry;
  if (run == in.pack.at("runs").end()) {
    const auto finding = std::ranges::find(in.pack.at("findings"), entry->value("finding", Json()),
                                           [](const Json& one) -> const Json& { return one.at("id"); });
    const bool erased = finding != in.pack.at("findings").end() && subject_erased(in, *finding, "opened_at");
    if (erased) hide_told(*entry);
    return erased && *entry != whole ? entry->dump() : bytes;
  }
  const auto is_erased = [&](const Json& step) -> Result<bool> { return in.is_erased(*run, step); };
  if (!hide_erased(*run, subject_erased(in, *run, "created_at"), is_erased, *entry) || *entry == whole) return bytes;
  return entry->dump();
}

std::string entries_text(const Found& in) {
  std::string text = fmt::format(
      "<h2>The entries</h2>\n<details><summary>{} of them, as they were signed</summary>\n"
      "<table class=\"log\">\n",
      in.pack.at("entries").size());
  for (const Json& item : in.pack.at("entries")) {
    const std::string bytes = entry_shown(in, item.at("bytes").get_ref<const std::string&>());
    text += fmt::format("<tr><td>{}</td><td><code>{}</code></td></tr>\n", word(item, "seq"), escaped(bytes));
  }
  return text + "</table></details>\n";
}

std::string heading_of(const Json& pack) {
  std::string text;
  const auto add = [&](const char* list, const char* one, const char* more) {
    if (pack.at(list).empty()) return;
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", counted(pack.at(list).size(), one), more);
  };
  add("runs", "run", "");
  add("findings", "finding", " without a run");
  add("waivers", "waiver", "");
  return text;
}

}  // namespace

std::string evidence_page(const Json& pack) {
  std::string text(head);
  text += fmt::format("<h1>Evidence of {}</h1>\n", heading_of(pack));
  text += fmt::format(
      "<p>Entries: {} of a log of {}, under the signature of <code>checkpoint.txt</code>. This page is for reading; "
      "<code>python3 -I verify.py</code> in this folder checks signature, entries, contents and definitions, "
      "and prints the entries themselves. Use <code>--key</code> with a public key that you have from somewhere "
      "else, and <code>--witness</code> with the key of whoever has cosigned the checkpoint.</p>\n",
      pack.at("entries").size(), word(pack, "tree_size"));
  const auto hidden = definitions_kept_back(pack);
  if (hidden != 0) {
    text += fmt::format("<p>{} sensitive and kept back: the entries name {} by hash.</p>\n",
                        hidden == 1 ? "1 definition is" : fmt::format("{} definitions are", hidden),
                        hidden == 1 ? "it" : "them");
  }
  const Found in(pack);
  for (const Json& run : pack.at("runs")) text += run_text(in, run);
  for (const Json& finding : pack.at("findings")) text += finding_text(in, finding);
  return text + waivers_text(pack.at("waivers")) + entries_text(in) +
         fmt::format("<h2>The signed checkpoint</h2>\n<pre>{}</pre>\n</body></html>\n",
                     lines_escaped(pack.at("checkpoint").get_ref<const std::string&>()));
}

}  // namespace aright::cli
