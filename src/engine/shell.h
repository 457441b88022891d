// The shell around the core: gathers inputs, lets the core handle them, commits everything in ONE transaction, then
// starts the effects. The daemon's crew takes turns at it; the simulator steps it.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "audit/merkle.h"
#include "engine/core.h"
#include "engine/crew.h"
#include "engine/gate.h"
#include "engine/operators.h"
#include "model/port/reserve.h"
#include "model/port/store.h"

namespace aright::engine {

struct ShellParts {
  Store& store;
  Reserve& reserve;
  Gate& gate;
  std::function<Now()> clock;
  std::function<void(Work)> dispatch;  ///< hands work to those who perform it; never blocks
  std::function<void()> nudge;         ///< something was posted, `turn` should be called; any thread, never blocks
  std::function<void()> hurry;         ///< a commit begins: what was dispatched should not wait for its end
  /// Signs the tree head: the note as text. Errc::… stops the daemon: an unsigned log proves nothing.
  std::function<Result<std::string>(std::uint64_t size, const Digest& root)> sign;
  std::function<void(const std::string& note)> publish;  ///< a durable checkpoint, for the log
  std::function<void(const std::vector<Notice>&)> tell;  ///< what is durable now, for a person who watches
  std::string key{};                                     ///< as `Remembered::key`
  std::size_t programs{errands_at_once};                 ///< how many have room where they run
  std::vector<Remark> remarks{};                         ///< of the start, for the record
  VersionTests tests{};                                  ///< of the configuration that it starts with
  Origin teams{};                                        ///< of the file that names them
  bool low{false};                                       ///< there was no room for the reserve
};

/// What one commit makes durable, and what may happen only after it.
struct Round {
  Batch batch;
  std::vector<Work> effects;
  std::vector<Answered> answers;
  std::vector<Notice> notices;
  bool resumed{false};  ///< the gate may open for some of what it is closed for
};

class Shell final : public Operators {
 public:
  explicit Shell(ShellParts parts) : parts_(std::move(parts)), reserve_released_(parts_.low) {}

  /// Loads, recovers, commits the start and dispatches the first reads. Errc::corrupt: the store does not fit together.
  /// `rules`: what the controls of kind sigma stand for. `snapshots`: windows put aside, oldest first, or why there are
  /// none of use.
  Result<Done> start(Config config, std::shared_ptr<const detect::sigma::RuleSet> rules = nullptr,
                     Result<std::vector<Snapshots::Stored>> snapshots = {});
  /// Any thread. Never blocks on the store. Hints beyond a limit are replaced by one "read everything".
  void post(Input input);
  /// Whether events of `source` may be posted now: not while some wait to be handled, what came of others cannot be
  /// stored, or too many runs that the source led to have not begun. Any thread; ask again after a while.
  [[nodiscard]] bool takes_events(const std::string& source) const;
  /// How far the log files of `source` have been handled, durably; empty: never heard of. Any thread.
  [[nodiscard]] std::vector<Lane> logs_done(const std::string& source) const;
  /// Likewise of what was posted to it: the number of the first delivery that is not handled; nullopt: never heard of.
  [[nodiscard]] std::optional<std::uint64_t> deliveries_done(const std::string& source) const;
  /// What `source` has looked for, durably, as `EventsRead` says; empty: never heard of. Any thread.
  [[nodiscard]] std::vector<std::string> looks_for(const std::string& source) const;
  /// One round: everything that waits, one commit. False when nothing was due. Errors only for what cannot be gone on
  /// with.
  Result<bool> step(const Now& now);
  /// Rounds until nothing is due. With `stopping`, from the first call on: drains until no effect is in flight (at most
  /// 10 s), records the stop and is over; then nothing may be called any more.
  Result<Turn> turn(bool stopping);
  /// The stop has been asked for: closes the gate; from now on no run and no effect begins.
  void drain();
  /// Nothing of ours is between intention and outcome, and everything is stored.
  [[nodiscard]] bool quiet() const { return core_->quiet() && !uncommitted_; }
  /// Nothing waits to be taken up or stored, and no run goes on by itself.
  [[nodiscard]] bool settled() const;
  /// Records the stop and signs it. Nothing may be called afterwards. Errc::unavailable: a round could not be stored.
  Result<Done> finish();
  /// When `step` must be called again without new input (boot-time clock).
  [[nodiscard]] std::optional<Nanos> next_due() const;

  std::future<Result<Json>> submit(Command command, Identity who) override;
  Status status() const override;
  Json definitions() const override;
  Json intakes() const override;

  [[nodiscard]] const Core& core() const { return *core_; }  ///< the engine's thread only

 private:
  [[nodiscard]] std::optional<Intake> intake(const std::string& source) const;
  Result<Remembered> remember(const Projection& projection, const Loaded& loaded,
                              const Result<std::vector<Snapshots::Stored>>& snapshots);
  Result<Done> remember_evidence(const Projection& projection, Remembered& remembered);
  Result<Done> remember_evidence(const Finding& finding, Remembered& remembered);
  Result<Done> remember_outputs(const Run& run, const Workflow& w, Remembered& remembered);
  Result<Done> remember_definition(const std::string& hash, Remembered& remembered);
  [[nodiscard]] Result<std::shared_ptr<const UndoSource>> undo_source(std::uint64_t run);
  Result<Done> add_undo_sources(std::vector<Input>& inputs, const Now& now);
  Result<Done> remember_plans(const Run& run, Remembered& remembered);
  Result<Done> take_up(Output output, const Now& now);
  [[nodiscard]] bool gathers(const Now& now);
  Result<Done> commit(const Now& now);
  void committed(Round round);
  Result<Done> add_checkpoint(Batch& batch, const Now& now);
  void close_gate();
  void open_gate();
  void refresh_status();
  [[nodiscard]] std::vector<Input> take_inbox();

  ShellParts parts_;
  std::unique_ptr<Core> core_;
  audit::Frontier tree_;
  std::optional<Round> uncommitted_;   ///< a round that could not be stored yet, or gathers
  std::optional<Nanos> gather_until_;  ///< set while `uncommitted_` waits for the plans of its runs
  std::optional<Nanos> retry_at_;      ///< of the commit, or of the reserve
  std::optional<Nanos> core_due_;
  std::optional<Nanos> stop_at_;  ///< whatever is in flight then
  std::optional<Nanos> checkpoint_due_;
  std::uint64_t checkpoint_size_{0};
  bool reserve_released_;
  bool low_untold_{false};  ///< the core must hear of the released reserve before anything else
  std::string store_trouble_;
  std::string low_why_;  ///< why no room could be set aside again
  std::uint64_t commits_{0};
  Nanos last_commit_{};

  mutable std::mutex inbox_mutex_;
  std::deque<Input> inbox_;
  std::size_t hints_{0};
  std::size_t events_{0};
  std::set<std::string> crowding_;  ///< as Status::crowding
  bool stores_{true};               ///< what comes of events can be made durable
  bool hints_lost_{false};
  std::uint64_t hints_lost_total_{0};
  std::uint64_t next_token_{1};
  std::map<std::uint64_t, std::promise<Result<Json>>> waiting_;

  mutable std::mutex status_mutex_;
  Status status_;
  Json definitions_ = Json::object();
  std::map<std::string, std::string> intakes_;  ///< by source, as stored
  std::optional<ModesSet> shown_modes_;         ///< those in `definitions_`; the engine's thread only
  std::uint64_t shown_reloads_{0};
  TestedVersions shown_versions_;
  Ages shown_ages_;                               ///< of definitions, as `definitions_` has them
  std::map<std::string, std::string> shown_due_;  ///< definitions that have to be looked at, of those
};

}  // namespace aright::engine
