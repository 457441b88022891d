#include "api/told_contents.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "model/kept_contents.h"
#include "model/told.h"

namespace aright::api {

namespace {

constexpr std::uint32_t entries_at_once = 4096;

/// Whatever the message: it may be made of any field.
bool is_message(const std::string& kind) { return kind == "notification.queued" || kind == "notification.folded"; }

/// `about_it`: of a run about it; other runs may have a step on it.
bool tells_of(const Json& entry, const std::string& kind, const std::string& subject, bool about_it) {
  if (is_message(kind)) return about_it;
  if (kind == "step.planned" && entry.value("plan", Json::object()).value("resource", "") == subject) {
    return tells(entry);
  }
  return about_it && (kind.starts_with("step.")) && tells(entry);
}

class Reading {
 public:
  Reading(History& history, const std::string& subject) : history_(history), subject_(subject) {}

  Result<ToldContents> run() {
    const auto named = canonical_json(Json(subject_));
    if (!named) return std::unexpected(named.error());
    for (std::uint64_t next = 0;;) {
      const auto part = history_.entries(next, entries_at_once);
      if (!part) return std::unexpected(part.error());
      if (part->empty()) return std::move(found_);
      for (const Entry& entry : *part) {
        // Most entries are of others: they are not parsed.
        if (!about_.contains(entry.run) && !beside_.contains(entry.run) && !entry.bytes.contains(*named)) continue;
        const auto doc = parse_own_json(entry.bytes);
        if (!doc) return fail(Errc::corrupt, fmt::format("entry {}: {}", entry.seq, doc.error().message));
        if (auto ok = take(entry.run, *doc); !ok) return std::unexpected(ok.error());
      }
      next = part->back().seq + 1;
    }
  }

 private:
  Result<Done> take(std::uint64_t run, const Json& entry) {
    const std::string kind = entry.value("kind", "");
    const bool names_it = entry.value("subject", "") == subject_;
    if ((kind == "finding.opened" || kind == "finding.occurred") && names_it) {
      add_contents(entry);
      if (tells(entry)) ++found_.told;
      return kind == "finding.opened" ? add_finding(entry) : Result<Done>(Done{});
    }
    if (kind == "run.created" && names_it) {
      about_.insert(run);
      found_.runs.insert(run);
      return add_run(run, entry);
    }
    if (tells_of(entry, kind, subject_, about_.contains(run))) ++found_.told;
    if (kind == "notification.folded" && about_.contains(run)) found_.folded = true;
    if (about_.contains(run)) {
      add_contents(entry);
      return Done{};
    }
    return run == 0 ? Result<Done>(Done{}) : take_beside(run, kind, entry);
  }

  /// Of a run about something else, with a step on this; planned anew, the step may be on something else.
  Result<Done> take_beside(std::uint64_t run, const std::string& kind, const Json& entry) {
    const std::uint64_t step = entry.value("step", std::uint64_t{0});
    if (kind == "step.planned" && entry.value("plan", Json::object()).value("resource", "") == subject_) {
      if (!beside_.contains(run)) {
        if (auto ok = add_owner_of(run); !ok) return ok;
      }
      beside_[run].insert(step);
      found_.runs.insert(run);
    } else if (kind == "step.planned" && beside_.contains(run)) {
      beside_[run].erase(step);
    }
    if (beside_.contains(run) && entry.contains("step") && beside_[run].contains(step)) add_contents(entry);
    return Done{};
  }

  /// What a run begins with is its first entry, which stays when its row goes.
  Result<Done> add_owner_of(std::uint64_t run) {
    const auto first = history_.entries_of_run(run, 1);
    if (!first) return std::unexpected(first.error());
    if (first->empty()) return Done{};
    const auto created = parse_own_json(first->front().bytes);
    if (!created) return fail(Errc::corrupt, fmt::format("entry {}: {}", first->front().seq, created.error().message));
    return add_run(run, *created);
  }

  Result<Done> add_run(std::uint64_t run, const Json& created) {
    const auto row = history_.row("run", row_id("run", std::to_string(run)));
    if (!row) return std::unexpected(row.error());
    if (!*row) return Done{};
    found_.workflows.insert(created.value("workflow", ""));
    found_.controls.insert(created.value("control", ""));
    return Done{};
  }

  Result<Done> add_finding(const Json& opened) {
    const auto row = history_.row("finding", opened.value("finding", ""));
    if (!row) return std::unexpected(row.error());
    if (*row) found_.controls.insert(opened.value("control", ""));
    return Done{};
  }

  void add_contents(const Json& entry) {
    each_commitment(entry, [this](const std::string& id) {
      if (!id.empty()) found_.contents.insert(id);
    });
  }

  History& history_;
  const std::string& subject_;
  ToldContents found_;
  std::set<std::uint64_t> about_;                            ///< runs about it
  std::map<std::uint64_t, std::set<std::uint64_t>> beside_;  ///< other runs, with their steps on it
};

}  // namespace

Result<ToldContents> told_contents(History& history, const std::string& subject) {
  return Reading(history, subject).run();
}

}  // namespace aright::api
