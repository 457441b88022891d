// HTTP answers. Everything that shows or changes state is on the Unix socket only; TCP serves health and metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/erased_subjects.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/operators.h"
#include "http/message.h"
#include "http/server.h"
#include "model/event.h"
#include "model/port/store.h"

namespace aright::api {

struct Below;

/// Proves entry `seq` against the newest checkpoint, as JSON. Errc::not_found: no such entry, or not yet signed.
using Prove = std::function<Result<Json>(std::uint64_t seq)>;

/// Reads the configuration again for whoever asks; the answer as daemon/reloader.h gives it.
using Reload = std::function<Result<Json>(const engine::Identity& who)>;

/// The HTTP servers by name, for /metrics.
using Servers = std::function<std::vector<std::pair<std::string, http::ServerFigures>>()>;

/// What each source is and what is wrong with it, as the daemon knows it: as daemon/tails.h gives it.
using SourceView = std::function<Json()>;

/// Where changes would not be heard now. Whoever asks for readiness is told of folders, since nothing is noticed in
/// them; files still have the watch on their folder.
struct WatchView {
  std::uint64_t folders{0};
  std::vector<std::string> shown;  ///< the first folders, each with why
  std::uint64_t files{0};          ///< without a watch of their own, for want of room
};

/// Somebody else who gets every signed checkpoint.
struct WitnessView {
  std::string name;
  std::uint64_t size{0};     ///< of the newest he has taken since start; 0: none
  std::uint64_t waiting{0};  ///< for him
  std::string trouble;       ///< empty: the last try went well
};

/// Where an event stands, as findings name it: "auth:/var/log/auth.log" and 4096.
struct EventPlace {
  std::string source;
  std::uint64_t offset{0};
};
/// What an entry says of the one event that is named in it.
struct EventEntry {
  bool opened{false};                ///< it opened the finding; otherwise it is an occurrence
  bool alone{true};                  ///< of what was read at once, it is the only one
  std::vector<std::string> matched;  ///< of the first of them
};
/// Of the newest entries of a source.
struct EventEntries {
  std::set<std::string> ended;                    ///< findings that the event said are over
  std::map<std::string, EventEntry> by_finding;   ///< those that name the event as the last of what was read at once
  std::map<std::string, EventEntry> by_evidence;  ///< those that keep the first of it, whichever event it is
};
/// Events of a source as they come, as api/taps.h gives them.
using Tap = std::function<Json(const std::string& source, std::optional<std::uint64_t> after)>;

/// What stands at a place of `source`, once more; an error says why that cannot be told.
using ReadPlace = std::function<Result<ReadAgain>(const std::string& source, const EventPlace& place)>;

/// Where the configuration is read from; absolute paths, the second empty where none is given.
struct ConfigPlace {
  std::string folder;
  std::string root;  ///< base of relative paths
};

/// Any thread. Keeps references: `operators` and `history` must outlive it.
class Api {
 public:
  Api(engine::Operators& operators, History& history, Prove prove, Servers servers, Reload reload, SourceView sources,
      Tap tap, ReadPlace read_place, std::function<WatchView()> watch,
      std::function<std::vector<WitnessView>()> witnesses, ConfigPlace config = {})
      : operators_(operators),
        history_(history),
        prove_(std::move(prove)),
        servers_(std::move(servers)),
        reload_(std::move(reload)),
        sources_(std::move(sources)),
        tap_(std::move(tap)),
        read_place_(std::move(read_place)),
        watch_(std::move(watch)),
        witnesses_(std::move(witnesses)),
        config_(std::move(config)) {}
  /// On the Unix socket: identity is the peer's.
  http::Response local(const http::Request& request);
  /// On TCP: /healthz, /readyz, /metrics.
  http::Response open(const http::Request& request);

 private:
  http::Response status() const;
  http::Response get(const http::Request& request);
  http::Response post(const http::Request& request);
  /// A page of `wanted`, as large as `request` says and from where it says.
  http::Response list(const http::Request& request, PageRequest wanted);
  http::Response notifications(const http::Request& request);
  // finding.cc
  http::Response show_finding(const std::string& id);
  Result<std::optional<Json>> evidence_of(const Json& finding);
  // explain.cc
  http::Response explain(const std::string& about, const http::Request& request);
  Result<Json> explain_run(const std::string& id, const http::Request& request);
  Result<Json> explain_finding(const std::string& id, const http::Request& request);
  Result<Json> explain_event(const EventPlace& place, const http::Request& request);
  Result<Json> explain_subject(const std::string& subject, const http::Request& request);
  Result<Json> found(const std::string& table, const std::string& id);
  Result<std::vector<Json>> newest_runs(const std::string& field, const std::string& value);
  // explain_event_findings.cc
  Result<std::vector<Json>> findings_with(const EventPlace& place);
  Result<std::optional<Json>> as_told(Json finding, const EventPlace& place, const EventEntries& entries);
  Result<EventEntries> entries_that_name(const EventPlace& place);
  [[nodiscard]] std::string kept_reason(const EventPlace& place) const;
  // explain_event.cc
  Result<Json> explain_subjects(const std::vector<Json>& findings, const http::Request& request);
  Result<Json> with_other_controls(Json answer, const std::vector<Json>& findings, const EventPlace& place,
                                   const http::Request& request);
  Result<std::vector<std::string>> what_was(const std::string& subject);
  Result<Json> without_finding(const EventPlace& place, const http::Request& request);
  Result<Json> looked_at_again(const EventPlace& place, const http::Request& request);
  // erase.cc
  http::Response erase(const http::Request& request);
  // report_request.cc
  http::Response report(const http::Request& request);
  // runs.cc
  http::Response list_runs(const http::Request& request);
  Result<std::string> known_workflow(const std::string& name);
  http::Response change_run(const Below& named, const http::Request& request);
  // reviews.cc
  http::Response show_review(const std::string& id);
  Result<Done> add_asked(Json& run);
  Result<Json> review_doc(const std::string& id);
  Result<Done> note_outdated(Json& review);
  http::Response answer_review(const Below& named, const http::Request& request);
  Error answered_before(const std::string& id, const Error& error);
  http::Response mark_finding(const Below& named, const http::Request& request);
  // api.cc
  http::Response show_run(const std::string& id);
  http::Response show_source(const Below& named, const http::Request& request);
  Result<Done> add_written(Json& step);
  http::Response add_waiver(const http::Request& request);
  Result<Done> add_states(Json& run);
  Result<bool> was_erased(const Json& run, const Json& step);
  Result<Done> hide_difference(const Json& run, Json& step);
  Result<Done> hide_erased(Json& run);
  Result<Done> hide_erased_notice(Json& notice);
  Result<Done> hide_erased_entry(const Json& run, Json& entry);
  Result<Done> hide_erased_title(Json& finding);
  /// Not before `row`, a run or finding, had come to be at `began`.
  Result<bool> erased_since(const std::string& subject, const Json& row, const char* began);
  Result<Done> add_undone(Json& run);
  void add_differs(Json& run);
  http::Response reload(const http::Request& request);
  Result<Json> ask(engine::Command command, const http::Request& request);
  http::Response command(engine::Command command, const http::Request& request);
  // definitions.cc
  http::Response list_definitions(const std::string& kind);
  http::Response show_definition(const std::string& kind, const std::string& name);
  // pauses.cc
  http::Response pause(const http::Request& request);
  http::Response resume(const http::Request& request);

  engine::Operators& operators_;
  History& history_;
  WallTime started_{std::chrono::system_clock::now()};  ///< counters begin with the daemon
  ErasedSubjects erased_subjects_;
  Prove prove_;
  Servers servers_;
  Reload reload_;
  SourceView sources_;
  Tap tap_;
  ReadPlace read_place_;
  std::function<WatchView()> watch_;
  std::function<std::vector<WitnessView>()> witnesses_;
  ConfigPlace config_;
};

/// Prometheus text of `status`, of the HTTP servers by name, of the sources as `sources_json` gives them, of what is
/// not watched, and of the witnesses.
[[nodiscard]] std::string metrics_text(const engine::Status& status,
                                       const std::vector<std::pair<std::string, http::ServerFigures>>& servers,
                                       const Json& sources, const WatchView& watch,
                                       const std::vector<WitnessView>& witnesses);

}  // namespace aright::api
