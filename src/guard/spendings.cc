#include "guard/spendings.h"

#include <algorithm>

namespace aright::guard {

namespace {

Nanos wall_of(const Moment& at) { return at.wall.time_since_epoch(); }

}  // namespace

bool Spendings::in_boot(const Spent& spent) const { return spent.at.boot_id == boot_id_ && spent.at.boot > boot_from_; }

void Spendings::add(std::uint64_t entry, Spent one) {
  by_wall_.insert({wall_of(one.at), entry});
  by_boot_[one.at.boot_id].insert({one.at.boot, entry});
  const Spent& spent = items_.emplace(entry, Item{std::move(one), 0}).first->second.spent;
  if (!within_) return;
  if (wall_of(spent.at) > wall_from_) enter(entry);
  if (in_boot(spent)) enter(entry);
}

void Spendings::end(std::uint64_t entry, Spent::End how) {
  const auto found = items_.find(entry);
  if (found == items_.end()) return;
  const bool live = found->second.clocks != 0;
  if (live) change_live(entry, false);
  found->second.spent.end = how;
  if (live) change_live(entry, true);
}

void Spendings::remove(std::uint64_t entry) {
  const auto found = items_.find(entry);
  if (found == items_.end()) return;
  while (found->second.clocks != 0) leave(entry);
  const Moment& at = found->second.spent.at;
  by_wall_.erase({wall_of(at), entry});
  const auto boot = by_boot_.find(at.boot_id);
  boot->second.erase({at.boot, entry});
  if (boot->second.empty()) by_boot_.erase(boot);
  items_.erase(found);
}

void Spendings::enter(std::uint64_t entry) const {
  if (items_.at(entry).clocks++ == 0) change_live(entry, true);
}

void Spendings::leave(std::uint64_t entry) const {
  if (--items_.at(entry).clocks == 0) change_live(entry, false);
}

/// What is known of its subject is taken away, and put back as it is now.
void Spendings::change_live(std::uint64_t entry, bool enters) const {
  const std::string& name = items_.at(entry).spent.subject;
  Subject& subject = subjects_[name];
  if (!subject.live.empty()) {
    const std::uint64_t first = subject.live[0];
    firsts_.erase(first);
    open_.erase(first);
    other_.erase(first);
  }
  if (enters) {
    subject.live.insert(entry);
  } else {
    subject.live.erase(entry);
  }
  if (subject.live.empty()) {
    subjects_.erase(name);
    return;
  }
  const std::uint64_t first = subject.live[0];
  firsts_.insert(first);
  const Spent::End end = items_.at(subject.live.back()).spent.end;
  if (end == Spent::End::open) open_.insert(first);
  if (end == Spent::End::other) other_.insert(first);
}

/// A clock that goes on lets the oldest leave; one that is set back lets them come again.
void Spendings::move(const Ordered<At>& list, Nanos& from, Nanos to) const {
  const auto behind = [&](Nanos time) { return std::ranges::upper_bound(list, time, {}, &At::first); };
  const auto old_place = behind(from);
  const auto place = behind(to);
  for (auto it = old_place; to > from && it != place; ++it) leave(it->second);
  for (auto it = place; to < from && it != old_place; ++it) enter(it->second);
  from = to;
}

void Spendings::move_boot(const Now& now, Nanos to) const {
  static const Ordered<At> none;
  const auto list = [this]() -> const Ordered<At>& {
    const auto found = by_boot_.find(boot_id_);
    return found == by_boot_.end() ? none : found->second;
  };
  if (boot_id_ == now.boot_id) return move(list(), boot_from_, to);
  move(list(), boot_from_, Nanos::max());
  boot_id_ = now.boot_id;
  move(list(), boot_from_, to);
}

void Spendings::begin(Nanos within, const Now& now) const {
  for (auto& [entry, item] : items_) item.clocks = 0;
  subjects_.clear();
  firsts_ = {};
  open_.clear();
  other_.clear();
  within_ = within;
  wall_from_ = Nanos::max();
  boot_from_ = Nanos::max();
  boot_id_ = now.boot_id;
}

std::size_t Spendings::subjects(Nanos within, const Now& now) const {
  if (within_ != within) begin(within, now);
  move(by_wall_, wall_from_, now.wall.time_since_epoch() - within);
  move_boot(now, now.boot - within);
  return firsts_.size();
}

bool Spendings::counts(std::string_view subject) const { return subjects_.contains(subject); }

const Spent* Spendings::first(Spent::End how, std::size_t subjects) const {
  const std::set<std::uint64_t>& such = how == Spent::End::open ? open_ : other_;
  if (such.empty() || (subjects < firsts_.size() && *such.begin() >= firsts_[subjects])) return nullptr;
  const Item& item = items_.at(*such.begin());
  return &items_.at(subjects_.find(item.spent.subject)->second.live.back()).spent;
}

}  // namespace aright::guard
