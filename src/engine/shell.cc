#include "engine/shell.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace aright::engine {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t hints_max = 100'000;
constexpr std::size_t records_max = 1000;  ///< of sources, in one commit: each may be a finding and a run of 20 KB
constexpr std::size_t round_max = 512;     ///< inputs per commit: bounds the latency of the first of them
constexpr auto checkpoint_after = 800ms;   ///< promised: at most one second after an entry
constexpr auto commit_again = 200ms;
constexpr auto gather_max = 2ms;  ///< a plan takes a tenth of that; a driver that hangs must not hold findings up
constexpr auto reserve_again = 1s;
constexpr auto drain_max = 10s;

bool is_effect(const Work& work) {
  return std::holds_alternative<DoApply>(work) || std::holds_alternative<DoErrand>(work) ||
         std::holds_alternative<DoFormer>(work) ||  // it may end a program
         std::holds_alternative<DoNotify>(work) || std::holds_alternative<DoSnapshot>(work);
}

}  // namespace

Result<Done> Shell::start(Config config, std::shared_ptr<const detect::sigma::RuleSet> rules,
                          Result<std::vector<Snapshots::Stored>> snapshots) {
  auto loaded = parts_.store.load();
  if (!loaded) return std::unexpected(loaded.error());
  auto tree = audit::Frontier::from(loaded->tree.size, loaded->tree.edge);
  if (!tree) return std::unexpected(tree.error());
  tree_ = std::move(*tree);
  checkpoint_size_ = loaded->checkpoint ? loaded->checkpoint->size : 0;
  auto projection = Projection::load(loaded->tree.size, loaded->context, loaded->open_rows);
  if (!projection) return std::unexpected(projection.error());
  auto remembered = remember(*projection, *loaded, snapshots);
  if (!remembered) return std::unexpected(remembered.error());
  remembered->key = parts_.key;
  remembered->remarks = std::move(parts_.remarks);
  remembered->tests = std::move(parts_.tests);
  remembered->teams = std::move(parts_.teams);
  remembered->low = parts_.low;
  for (IntakeRow& row : loaded->intakes) intakes_[row.source] = std::move(row.doc);
  core_ = std::make_unique<Core>(std::move(config), std::move(*projection), std::move(rules), parts_.programs);
  const Now now = parts_.clock();
  close_gate();
  if (auto ok = take_up(core_->start(now, std::move(*remembered)), now); !ok) return ok;
  checkpoint_due_ = now.boot;  // what a death left unsigned is signed at once, and no log is without a signature
  auto done = commit(now);
  refresh_status();
  return done;
}

void Shell::post(Input input) {
  const std::scoped_lock lock(inbox_mutex_);
  if (std::holds_alternative<Hint>(input)) {
    if (hints_ >= hints_max) {
      hints_lost_ = true;
      ++hints_lost_total_;
      return;
    }
    ++hints_;
  }
  if (std::holds_alternative<EventsRead>(input)) ++events_;
  // At once, before any commit, and not without its input: `open_gate` looks for that.
  if (const auto* seen = std::get_if<PauseSeen>(&input); seen != nullptr && seen->paused) {
    parts_.gate.close(PauseScope::everything());
  }
  inbox_.push_back(std::move(input));
  parts_.nudge();
}

std::future<Result<Json>> Shell::submit(Command command, Identity who) {
  const std::scoped_lock lock(inbox_mutex_);
  if (const auto* pause = std::get_if<Pause>(&command)) parts_.gate.close(pause->scope);  // as in `post`
  const std::uint64_t token = next_token_++;
  auto future = waiting_[token].get_future();
  inbox_.emplace_back(Asked{token, std::move(command), std::move(who)});
  parts_.nudge();
  return future;
}

std::vector<Input> Shell::take_inbox() {
  const std::scoped_lock lock(inbox_mutex_);
  std::vector<Input> inputs;
  const std::size_t count = std::min(inbox_.size(), round_max);
  inputs.reserve(count + 2);
  if (std::exchange(low_untold_, false)) inputs.emplace_back(SpaceSeen{true});
  std::size_t records = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::holds_alternative<Hint>(inbox_.front())) --hints_;
    if (const auto* read = std::get_if<EventsRead>(&inbox_.front())) {
      records += read->events.size();
      if (i != 0 && records > records_max) break;
      --events_;
    }
    inputs.push_back(std::move(inbox_.front()));
    inbox_.pop_front();
  }
  if (hints_lost_ && hints_ == 0) {
    hints_lost_ = false;
    Hint all;
    all.source = "inbox";
    all.what = Hint::What::read_all;
    all.note = "more hints than the inbox holds";
    inputs.emplace_back(std::move(all));
  }
  return inputs;
}

Result<Done> Shell::take_up(Output output, const Now& now) {
  // From the first entry on, not from its commit: `audit verify` measures by the entries.
  if (!output.entries.empty() && !checkpoint_due_) checkpoint_due_ = now.boot + checkpoint_after;
  Round& round = uncommitted_ ? *uncommitted_ : uncommitted_.emplace();  // one that gathers goes on
  for (Entry& entry : output.entries) {
    const Digest leaf = audit::leaf_hash(entry.bytes);
    tree_.append(leaf);
    round.batch.leaves.push_back(leaf);
    round.batch.entries.push_back(std::move(entry));
  }
  round.batch.tree = {tree_.size(), tree_.edge()};
  std::ranges::move(output.rows, std::back_inserter(round.batch.rows));
  std::ranges::move(output.blobs, std::back_inserter(round.batch.blobs));
  std::ranges::move(output.intakes, std::back_inserter(round.batch.intakes));
  round.batch.gone.add(std::move(output.gone));
  std::ranges::move(output.definitions, std::back_inserter(round.batch.definitions));
  if (!output.context.empty()) round.batch.context = std::move(output.context);
  std::ranges::move(output.answers, std::back_inserter(round.answers));
  std::ranges::move(output.notices, std::back_inserter(round.notices));
  round.resumed = round.resumed || output.resumed;
  for (Work& work : output.work) {
    if (is_effect(work)) {
      round.effects.push_back(std::move(work));
    } else {
      parts_.dispatch(std::move(work));  // a read is no effect: it need not wait for the disk
    }
  }
  core_due_ = output.wake;
  return Done{};
}

/// A run that has no plan yet has more to say in a moment: finding, plan, decision and intention share one commit. Held
/// up are only findings without a decision; an effect, an answer or a checkpoint is committed at once.
bool Shell::gathers(const Now& now) {
  const bool done = !core_->planning() || !uncommitted_->effects.empty() || !uncommitted_->answers.empty() ||
                    uncommitted_->resumed || (checkpoint_due_ && now.boot >= *checkpoint_due_) ||
                    (gather_until_ && now.boot >= *gather_until_);
  if (done) {
    gather_until_.reset();
  } else if (!gather_until_) {
    gather_until_ = now.boot + gather_max;
  }
  return !done;
}

Result<Done> Shell::add_checkpoint(Batch& batch, const Now& now) {
  if (!checkpoint_due_ || now.boot < *checkpoint_due_ || batch.checkpoint) return Done{};
  if (tree_.size() == checkpoint_size_) {
    checkpoint_due_.reset();
    return Done{};
  }
  auto note = parts_.sign(tree_.size(), tree_.root());
  if (!note) return std::unexpected(note.error());
  batch.tree = {tree_.size(), tree_.edge()};
  batch.checkpoint = Checkpoint{tree_.size(), std::move(*note)};
  return Done{};
}

Result<Done> Shell::commit(const Now& now) {
  if (!uncommitted_) uncommitted_ = Round{};
  if (auto ok = add_checkpoint(uncommitted_->batch, now); !ok) return ok;
  Round round = std::move(*uncommitted_);
  uncommitted_.reset();
  if (round.batch.empty()) {
    committed(std::move(round));
    return Done{};
  }
  parts_.hurry();
  const Nanos began = parts_.clock().boot;
  auto stored = parts_.store.commit(round.batch);
  if (!stored && stored.error().code == Errc::no_space && !reserve_released_) {
    parts_.reserve.release();
    reserve_released_ = true;
    stored = parts_.store.commit(round.batch);
    low_untold_ = true;
  }
  if (stored) {
    ++commits_;
    last_commit_ = parts_.clock().boot - began;
    if (!std::exchange(store_trouble_, {}).empty()) parts_.tell({{false, "what happens can be recorded again"}});
    retry_at_ = reserve_released_ ? std::optional<Nanos>(now.boot + reserve_again) : std::nullopt;
    committed(std::move(round));
    return Done{};
  }
  const bool is_new = std::exchange(store_trouble_, stored.error().message).empty();
  if (stored.error().code != Errc::no_space && stored.error().code != Errc::unavailable) {
    return std::unexpected(stored.error());
  }
  if (is_new)
    parts_.tell({{true, "nothing can be recorded, so no further effect begins until it can: " + store_trouble_}});
  uncommitted_ = std::move(round);  // nothing is lost: tried again until it is stored
  retry_at_ = now.boot + commit_again;
  return Done{};
}

void Shell::committed(Round round) {
  if (round.batch.checkpoint) {
    checkpoint_size_ = round.batch.checkpoint->size;
    checkpoint_due_.reset();
    parts_.publish(round.batch.checkpoint->note);
  }
  if (!round.batch.intakes.empty()) {
    const std::scoped_lock lock(status_mutex_);
    for (IntakeRow& row : round.batch.intakes) intakes_[row.source] = std::move(row.doc);
  }
  round.resumed ? open_gate() : close_gate();
  for (Work& work : round.effects) parts_.dispatch(std::move(work));
  if (!round.notices.empty()) parts_.tell(round.notices);
  if (!round.answers.empty()) refresh_status();  // whoever is answered and then looks sees what was answered
  for (Answered& answered : round.answers) {
    std::promise<Result<Json>> promise;
    {
      const std::scoped_lock lock(inbox_mutex_);
      const auto found = waiting_.find(answered.token);
      if (found == waiting_.end()) continue;
      promise = std::move(found->second);
      waiting_.erase(found);
    }
    promise.set_value(std::move(answered.answer));
  }
}

/// For what is on record.
void Shell::close_gate() {
  for (const Paused& pause : core_->projection().pauses()) parts_.gate.close(pause.scope);
}

/// But for what is on record, and for what somebody has asked for meanwhile: its entry comes with the next round, its
/// effect came at once.
void Shell::open_gate() {
  const std::scoped_lock lock(inbox_mutex_);
  PauseScopes closed;
  for (const Paused& pause : core_->projection().pauses()) closed.insert(pause.scope);
  for (const Input& input : inbox_) {
    const auto* seen = std::get_if<PauseSeen>(&input);
    if (seen != nullptr && seen->paused) closed.insert(PauseScope::everything());
    const auto* asked = std::get_if<Asked>(&input);
    const auto* pause = asked == nullptr ? nullptr : std::get_if<Pause>(&asked->command);
    if (pause != nullptr) closed.insert(pause->scope);
  }
  parts_.gate.close_only(closed);
}

Result<bool> Shell::step(const Now& now) {
  if (uncommitted_ && !gather_until_) {  // the last round could not be stored: nothing new may build on it
    if (retry_at_ && now.boot < *retry_at_) return false;
    if (auto ok = commit(now); !ok) return std::unexpected(ok.error());
    refresh_status();
    return true;
  }
  if (reserve_released_ && retry_at_ && now.boot >= *retry_at_) {
    retry_at_ = now.boot + reserve_again;
    auto set_aside = parts_.reserve.restore();
    low_why_ = set_aside ? std::string() : set_aside.error().message;
    if (set_aside) {
      reserve_released_ = false;
      retry_at_.reset();
      post(SpaceSeen{false});
    } else {
      refresh_status();  // nothing else may happen for long
    }
  }
  auto inputs = take_inbox();
  const bool due = core_due_ && now.boot >= *core_due_;
  const bool sign = checkpoint_due_ && now.boot >= *checkpoint_due_;
  const bool gathered = gather_until_ && now.boot >= *gather_until_;
  if (inputs.empty() && !due && !sign && !gathered) return false;
  if (auto ok = add_undo_sources(inputs, now); !ok) return std::unexpected(ok.error());
  if (!inputs.empty() || due) {
    if (auto ok = take_up(core_->handle(std::move(inputs), now), now); !ok) return std::unexpected(ok.error());
    if (gathers(now)) return true;
  }
  gather_until_.reset();
  if (auto ok = commit(now); !ok) return std::unexpected(ok.error());
  refresh_status();
  return true;
}

std::optional<Nanos> Shell::next_due() const {
  std::optional<Nanos> due = retry_at_;
  if (uncommitted_ && !gather_until_) return due;
  for (const auto& other : {core_due_, checkpoint_due_, gather_until_}) {
    if (other && (!due || *other < *due)) due = other;
  }
  return due;
}

void Shell::drain() {
  parts_.gate.close(Gate::signal);
  post(Draining{});
}

bool Shell::settled() const {
  const std::scoped_lock lock(inbox_mutex_);
  return inbox_.empty() && !uncommitted_ && core_->settled();
}

Result<Done> Shell::finish() {
  const Now now = parts_.clock();
  if (std::exchange(gather_until_, std::nullopt)) {
    if (auto ok = commit(now); !ok) return ok;
  }
  if (uncommitted_) return fail(Errc::unavailable, "stopped with a round that could not be stored: " + store_trouble_);
  if (auto ok = take_up(core_->stop(now), now); !ok) return ok;
  checkpoint_due_ = now.boot;
  return commit(now);
}

Result<Turn> Shell::turn(bool stopping) {
  while (true) {
    const Now now = parts_.clock();
    const auto worked = step(now);
    if (!worked) return std::unexpected(worked.error());
    if (!stopping) {
      if (*worked) continue;
      return Turn{next_due(), false};
    }
    if (!stop_at_) {
      stop_at_ = now.boot + drain_max;
      drain();
      continue;
    }
    if (quiet() || now.boot >= *stop_at_) {
      if (auto ok = finish(); !ok) return std::unexpected(ok.error());
      return Turn{std::nullopt, true};
    }
    if (*worked) continue;
    const auto due = next_due();
    return Turn{due && *due < *stop_at_ ? due : stop_at_, false};
  }
}

}  // namespace aright::engine
