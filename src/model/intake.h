// Events on their way into the engine, and how far each source has got.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/event.h"
#include "model/mode.h"

namespace aright {

/// How far one part of a source has been handled. A part whose offsets run in several strands at once (a file and the
/// one that was rotated away and is still read on) has a lane for each: a lane reaches from `begin` to the next lane's.
struct Lane {
  std::string part;        ///< as Event::source
  std::uint64_t begin{0};  ///< the first offset that may be in it
  std::uint64_t next{0};   ///< what is before this is handled; what lies before a part's first lane is, too
  Json at;                 ///< what the source needs to go on at `next`; nobody else looks at it
  std::uint64_t first{0};  ///< where reading of it began: what windows hold may reach back to here
  Json first_at;           ///< as `at`, for `first`; null: there is no going back
  bool operator==(const Lane&) const = default;
};

/// A webhook's part has the source's name itself, a log's are `SOURCE:PATH`; so they are told apart for good, whatever
/// kind the source of that name is by now.
[[nodiscard]] inline bool is_deliveries(const std::string& source, const std::string& part) { return part == source; }

/// Where a source goes on after a restart.
struct ReadFrom {
  Lane done;  ///< what this says of the part must still hold, else what was not handled cannot be found any more
  /// An earlier place in the same strand: what lies between the two only refills the windows of correlations.
  std::optional<Lane> again;
};
/// By source. One that has been both a log and a webhook stands in both.
struct Places {
  std::map<std::string, std::vector<ReadFrom>> logs;
  std::map<std::string, ReadFrom> deliveries;
};

/// What names a lane among those of its source.
struct LanePlace {
  std::string part;
  std::uint64_t begin{0};
  bool operator==(const LanePlace&) const = default;
};

/// What one source has read since its last: the input `EventsRead` of the engine. All parts in the order of their
/// offsets within a lane; `time` of an event may be any. What has been handled already (before `done`) may come again:
/// it then only refills the windows of correlations.
struct EventsRead {
  std::string source;  ///< its name in the configuration
  WallTime arrival{};  ///< when it was read: no event counts as later than this
  std::vector<Event> events;
  std::vector<Quarantined> quarantined;
  std::vector<Gap> gaps;
  std::uint64_t skipped{0};  ///< proper records that are no events for this source
  std::uint64_t bytes{0};    ///< read to make this, about
  /// After this batch. Stored in the transaction that stores what comes of the events: never before. Lanes that are
  /// named neither here nor in `over` stay as they were: who comes back to them goes on there.
  std::vector<Lane> lanes;
  std::vector<LanePlace> over;  ///< lanes that nobody goes on with
  /// More is there that the source has not read yet: what comes next may be older than what others had.
  bool behind{false};
  /// What the source is made of now (names of files, patterns), where that is to be known after a restart; empty: as it
  /// was.
  std::vector<std::string> looks_for;
  Mode mode_max{Mode::auto_};  ///< how far workflows go with what comes of it; nobody vouches for the sender: observe
  Digest seed{};               ///< 32 random bytes, drawn by the caller: what evidence is committed to with
};

/// How many lanes a source may have; beyond, those that nobody reads now go first.
inline constexpr std::size_t lanes_max = 2000;
/// What is known of lanes, by part and begin, as it is after `read`.
void note_lanes(std::vector<Lane>& known, const EventsRead& read);
/// How many malformed records are kept to be looked at, the newest of each source.
inline constexpr std::size_t malformed_kept = 20;
/// How many completed windows are kept until they are in a snapshot, the newest of each source.
inline constexpr std::size_t completed_kept = 1000;

/// A correlation whose window was completed for a group by an event of the source. Stored with what came of it: the
/// event may come again, to refill windows, and then completes nothing a second time.
struct Completed {
  std::string definition;          ///< hash of the correlation's
  std::vector<std::string> group;  ///< values of its `group-by` fields
  /// It is of the events with which workflows go at least so far, for each mode from `least` to `most`: what is
  /// completed of more later is news.
  Mode least{Mode::off};
  Mode most{Mode::auto_};
  WallTime until{};        ///< the end of the window
  std::uint64_t aside{0};  ///< the first snapshot of the windows that has it; not stored
};

/// What is known of one source, durable. As of the last commit: what was handled since is read again after a crash.
struct Intake {
  std::string source;
  std::vector<Lane> lanes;             ///< "done"; by part and begin
  std::vector<std::string> looks_for;  ///< as of `EventsRead`; empty: not known
  std::uint64_t events{0};             ///< handled
  std::uint64_t skipped{0};
  std::uint64_t malformed{0};  ///< quarantined
  std::uint64_t timeless{0};   ///< of `events`, those with a `no_time`
  std::string no_time;         ///< why the newest event that was handled has none; empty: it has a time
  std::uint64_t late{0};       ///< of `events`, those that some correlation did not count since they came too late
  std::uint64_t gaps{0};
  std::string last_gap;              ///< what the newest gap was; empty: there was none
  WallTime last_at{};                ///< when something was last handled
  std::vector<Quarantined> kept;     ///< the newest malformed records, at most `malformed_kept`, oldest first
  std::vector<Completed> completed;  ///< in no snapshot yet, at most `completed_kept`, oldest first

  /// Whether what stands at `offset` of `part` has been handled.
  [[nodiscard]] bool done(const std::string& part, std::uint64_t offset) const;
  /// Those of its log files.
  [[nodiscard]] std::vector<Lane> log_lanes() const;
  /// The number of the first delivery that is not done; nullopt: nothing is known of deliveries.
  [[nodiscard]] std::optional<std::uint64_t> deliveries_done() const;
  /// Takes the lanes of `read`, and counts what of it is not `done` yet. Call after everything else has been handled.
  void take(const EventsRead& read);
  void complete(Completed completed);

  [[nodiscard]] Json to_json() const;
  /// Errc::corrupt names the field.
  [[nodiscard]] static Result<Intake> from_json(const Json& doc);
};

}  // namespace aright
