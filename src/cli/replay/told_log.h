// The log of a state folder, as a replay needs it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/projection.h"
#include "model/event.h"
#include "model/finding.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// A run of the log: how it ended, and where it did not end well.
struct ToldRun {
  std::string finding;
  std::string workflow;
  std::string subject;
  std::string about;                             ///< as of a run; empty: its finding's
  std::optional<std::size_t> failed_step{};      ///< none: no step of it is known to have failed
  std::map<std::string, std::string> made{};     ///< resource → the state it has made of it, as `about` has it
  std::map<std::size_t, std::string> begun{};    ///< by step: the resource of its intention
  std::map<std::size_t, int> exits{};            ///< by step that ran a program: its exit code
  std::map<std::size_t, int> statuses{};         ///< by step that called a server: what it answered
  std::map<std::size_t, std::string> outputs{};  ///< by step, where it is kept: what was written or answered

  /// Whether that step of the log was about this, as far as the log says: another workflow may have others.
  [[nodiscard]] bool began(std::size_t step, const ResourceId& resource) const {
    const auto known = begun.find(step);
    return known == begun.end() || known->second == resource.text();
  }
};

struct ToldLog {
  engine::Projection before;        ///< what the entries before `since` imply
  std::vector<Json> entries;        ///< from then on
  std::vector<Workflow> workflows;  ///< of runs that are open in `before`, as they were
  std::vector<Control> controls;
  std::map<std::string, Event> events;    ///< by finding, and by id where another tells of it later
  std::map<std::string, Json> states;     ///< by "SUBJECT ABOUT", where a plan has kept it
  std::map<std::uint64_t, ToldRun> runs;  ///< those that began since
  std::set<std::uint64_t> step_reviews;   ///< those in which a step `approve` asks
  std::uint64_t without_event{0};         ///< findings on events whose event is not kept
};

/// Where it is read from.
struct LogParts {
  std::function<Result<std::vector<Entry>>(std::uint64_t first, std::uint32_t limit)> entries;
  std::function<Result<std::optional<Blob>>(const std::string& commitment)> blob;
  std::function<Result<std::optional<Definition>>(const std::string& hash)> definition;
};
/// `log` outlives it.
[[nodiscard]] LogParts log_parts(store::SqliteHistory& log);

/// Errors of reading; Errc::corrupt names the entry.
[[nodiscard]] Result<ToldLog> told_log(const LogParts& log, WallTime since);

}  // namespace aright::cli
