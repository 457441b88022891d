#include "cli/replay/told_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "model/content.h"
#include "model/errand_run.h"
#include "model/workflow.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t entries_a_page = 4096;

std::uint64_t run_of(const Json& entry) {
  const auto run = entry.find("run");
  return run != entry.end() && run->is_number_unsigned() ? run->get<std::uint64_t>() : 0;
}

class LogTeller {
 public:
  LogTeller(const LogParts& log, WallTime since) : log_(log), since_(since) {}

  Result<ToldLog> tell() {
    for (std::uint64_t next = 0;;) {
      const auto page = log_.entries(next, entries_a_page);
      if (!page) return std::unexpected(page.error());
      if (page->empty()) break;
      for (const Entry& entry : *page) {
        if (auto ok = take(entry); !ok) return std::unexpected(ok.error());
      }
      next = page->back().seq + 1;
      static_cast<void>(told_.before.take_rows());
    }
    if (auto ok = open_definitions(); !ok) return std::unexpected(ok.error());
    for (const auto& [id, review] : told_.before.reviews()) {
      if (review.step) told_.step_reviews.insert(id);
    }
    for (const auto& [id, finding] : told_.before.findings()) {
      if (!finding.evidence) continue;
      if (auto ok = event_of(id, finding.evidence->id); !ok) return std::unexpected(ok.error());
    }
    return std::move(told_);
  }

 private:
  Result<Done> take(const Entry& entry) {
    auto doc = parse_own_json(entry.bytes);
    if (!doc) return fail(Errc::corrupt, fmt::format("entry {}: {}", entry.seq, doc.error().message));
    const auto text = [&](const char* key) {
      return doc->is_object() && doc->contains(key) && doc->at(key).is_string();
    };
    if (!text("at") || !text("kind")) {
      return fail(Errc::corrupt, fmt::format("entry {}: is not of the form that entries have", entry.seq));
    }
    const auto at = parse_rfc3339(doc->value("at", ""));
    if (told_.entries.empty() && at && *at < since_) return told_.before.apply(*doc);
    if (auto ok = take_since(*doc); !ok) return ok;
    told_.entries.push_back(std::move(*doc));
    return Done{};
  }

  Result<Done> take_since(const Json& entry) {
    const std::string kind = entry.value("kind", "");
    if (kind == "finding.opened" && entry.contains("evidence")) {
      return event_of(entry.value("finding", ""), entry.at("evidence").value("id", ""));
    }
    if (kind == "finding.occurred" && entry.contains("evidence")) {
      const std::string id = entry.at("evidence").value("id", "");
      return event_of(id, id);
    }
    if (kind == "run.created") {
      told_.runs[run_of(entry)] = {entry.value("finding", ""), entry.value("workflow", ""), entry.value("subject", ""),
                                   entry.value("about", "")};
    }
    if (kind.starts_with("finding.") && entry.contains("about")) {
      abouts_[entry.value("finding", "")] = entry.value("about", "");
    }
    if (entry.contains("review") && entry.contains("asks_step")) {
      told_.step_reviews.insert(entry.at("review").get<std::uint64_t>());
    }
    const auto run = told_.runs.find(run_of(entry));
    if (run == told_.runs.end()) return Done{};
    if (entry.contains("made")) run->second.made = entry.at("made").get<std::map<std::string, std::string>>();
    if (kind == "step.planned") return state_of(run->second, entry);
    if (kind == "step.intended") run->second.begun[entry.at("step").get<std::size_t>()] = entry.value("resource", "");
    if (kind != "step.done") return Done{};
    const auto step = entry.at("step").get<std::size_t>();
    auto& failed = run->second.failed_step;
    const std::string state = entry.value("state", "");
    if (state == "failed") failed = step;
    if (failed == step && (state == "applied" || state == "verified")) failed.reset();  // tried again
    return entry.contains("ran") ? ended(run->second, step, entry.at("ran")) : Done{};
  }

  Result<Done> ended(ToldRun& run, std::size_t step, const Json& doc) {
    const auto ran = errand_run_from_json(doc);
    if (!ran) return std::unexpected(ran.error());
    if (const auto* program = std::get_if<ProgramRun>(&*ran)) run.exits[step] = program->number;
    if (const auto* call = std::get_if<CallRun>(&*ran)) run.statuses[step] = call->status;
    const auto output = content(output_of(*ran).id);
    if (!output) return std::unexpected(output.error());
    if (!*output || !(*output)->contains("output")) return Done{};
    if (auto bytes = content_bytes((*output)->at("output"))) run.outputs[step] = std::move(*bytes);
    return Done{};
  }

  /// What the finding's resource was, as the first plan of a run saw it.
  Result<Done> state_of(const ToldRun& run, const Json& entry) {
    const Json& plan = entry.at("plan");
    const std::string about = run.about.empty() ? abouts_[run.finding] : run.about;
    if (plan.value("resource", "") != run.subject || about.empty()) return Done{};
    auto before = content(plan.at("before").value("id", ""));
    if (!before) return std::unexpected(before.error());
    if (*before) told_.states.emplace(run.subject + " " + about, std::move(**before));
    return Done{};
  }

  Result<Done> event_of(const std::string& name, const std::string& id) {
    const auto kept = content(id);
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) {
      ++told_.without_event;
      return Done{};
    }
    auto event = Event::from_json(**kept);
    if (!event) return std::unexpected(event.error());
    told_.events.emplace(name, std::move(*event));
    return Done{};
  }

  Result<std::optional<Json>> content(const std::string& id) {
    const auto blob = log_.blob(id);
    if (!blob) return std::unexpected(blob.error());
    if (!*blob) return std::optional<Json>();
    auto value = parse_own_json((*blob)->bytes);
    if (!value) return fail(Errc::corrupt, "blob " + id + ": " + value.error().message);
    return std::optional<Json>(std::move(*value));
  }

  Result<Done> open_definitions() {
    std::set<std::string> known;
    for (const auto& [id, run] : told_.before.runs()) {
      for (const std::string& hash : {run.version, run.control_hash}) {
        if (!known.insert(hash).second) continue;
        if (auto ok = definition(hash); !ok) return ok;
      }
    }
    return Done{};
  }

  Result<Done> definition(const std::string& hash) {
    const auto found = log_.definition(hash);
    if (!found) return std::unexpected(found.error());
    if (!*found) return Done{};
    const auto doc = parse_own_json((*found)->doc);
    if (!doc) return std::unexpected(doc.error());
    if ((*found)->kind == "workflow") {
      if (auto workflow = Workflow::from_json(*doc)) told_.workflows.push_back(std::move(*workflow));
    } else if (auto control = Control::from_json(*doc)) {
      told_.controls.push_back(std::move(*control));
    }
    return Done{};
  }

  const LogParts& log_;
  WallTime since_;
  std::map<std::string, std::string> abouts_;  ///< by finding: of the state it was seen in last
  ToldLog told_;
};

}  // namespace

LogParts log_parts(store::SqliteHistory& log) {
  return {[&log](std::uint64_t first, std::uint32_t limit) { return log.entries(first, limit); },
          [&log](const std::string& commitment) { return log.blob(commitment); },
          [&log](const std::string& hash) { return log.definition(hash); }};
}

Result<ToldLog> told_log(const LogParts& log, WallTime since) { return LogTeller(log, since).tell(); }

}  // namespace aright::cli
