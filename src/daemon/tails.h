// The logs that are followed, as the listening thread reads them.
#pragma once

#include <poll.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/taps.h"
#include "engine/shell.h"
#include "source/tail/read_again.h"
#include "source/tail/tail_definition.h"

namespace aright::daemon {

/// One log as configured, heard of from now on, but not read yet.
struct Tail {
  source::TailDefinition definition;
  std::unique_ptr<source::LineDecoder> decoder;  ///< `source` keeps a reference
  std::unique_ptr<source::TailSource> source;
  std::vector<ReadFrom> places{};        ///< of its files, after what was posted last
  std::vector<ReadFrom> aside{};         ///< of files it does not follow any more
  std::vector<LanePlace> over{};         ///< to be told with what is posted next
  std::vector<std::string> looks_for{};  ///< after what was posted last, as TailSource::looked_for
  bool names_settled{false};             ///< there is no name it may not look at
  bool begun{false};
  bool behind{true};  ///< as was posted last: there is more to read
  bool held{false};   ///< the engine takes none of it now
};

class Tails {
 public:
  using Clock = std::chrono::steady_clock;

  /// `key`: of the commitments to what is quarantined.
  Tails(engine::Shell& shell, api::Taps& taps, std::string key) : shell_(shell), taps_(taps), key_(std::move(key)) {}

  /// Any thread. Errors: invalid, no_space (the system's limit of watches) as TailSource::create.
  [[nodiscard]] Result<std::vector<Tail>> arm(const std::vector<source::TailDefinition>& definitions) const;

  // The listening thread only:

  /// Where logs go on that were followed in an earlier life. Once, before `take`.
  void remember(const Places& places);
  /// In the place of those that were followed. One that is defined as before goes on; others go on in each file where a
  /// log of the same name had read to, however long ago that was.
  void take(std::vector<Tail> tails);
  /// Appends what to wait for.
  void add(std::vector<pollfd>& fds) const;
  /// When `read` is due though nothing is readable.
  [[nodiscard]] std::optional<Clock::time_point> deadline();
  /// Reads what is there and gives it to the engine, unless that cannot take events now: then a little later.
  void read(WallTime arrival);

  /// Any thread. For each source: name, files, patterns, troubles by path, and why nothing is read, if so.
  [[nodiscard]] Json view() const;

  /// Any thread. nullopt: no log of that name is followed. Else as source::read_again, of what `part` names.
  [[nodiscard]] std::optional<Result<ReadAgain>> read_again(const std::string& source, const std::string& part,
                                                            std::uint64_t offset) const;

 private:
  /// Where a log goes on when it is followed again.
  struct Stand {
    std::vector<ReadFrom> places;
    std::vector<std::string> looks_for;
    std::vector<LanePlace> over{};  ///< that the engine has not been told of yet
  };
  struct Followed {
    source::TailDefinition definition;
    std::set<std::string> aside;  ///< parts it does not follow any more
  };
  static void begin(Tail& tail, Stand stand);
  void post(Tail& tail, source::TailBatch batch, WallTime arrival);
  void show(const Tail& tail);

  engine::Shell& shell_;
  api::Taps& taps_;
  std::string key_;
  std::vector<Tail> tails_;
  std::map<std::string, Stand> stands_;  ///< by name, of those that are not followed now
  mutable std::mutex mutex_;             ///< of what follows
  std::map<std::string, Json> shown_;
  std::map<std::string, Followed> followed_;  ///< by name
  std::set<std::string> held_shown_;
};

/// What is stored of a position; `position_of` is its inverse, nullopt where it is none.
[[nodiscard]] Lane lane_of(const std::string& source, const source::TailPosition& position);
[[nodiscard]] std::optional<source::TailPosition> position_of(const Lane& lane);

}  // namespace aright::daemon
