#include "guard/tally.h"

#include <algorithm>
#include <utility>

namespace aright::guard {

namespace {

/// How long a wait has lasted: by the clock that shows most, and at least since the boot. A wall clock that steps back
/// must not stretch it; the threshold is what stops loops.
Nanos waited_since(const Moment& since, const Now& now) {
  const Nanos span = elapsed_at_most(since, now);
  return since.boot_id == now.boot_id ? span : std::max(span, now.boot);
}

}  // namespace

Moment Tally::moment(const Item& item) const {
  return {item.wall, item.boot, stretches_[item.stretch - first_stretch_].boot_id};
}

const Tally::Items* Tally::items(By by, std::string_view value) const {
  if (by == By::all) return &all_;
  const Index& index = by == By::subject ? subjects_ : keys_;
  const auto found = index.find(value);
  return found == index.end() ? nullptr : &found->second;
}

void Tally::put(Items& items, Item item) {
  item.marked = (items.empty() ? 0 : items.back().marked) + (item.is_marked ? 1U : 0U);
  items.insert(item);
}

void Tally::take(Items& items, std::uint64_t entry) {
  Item wanted;
  wanted.entry = entry;
  const auto found = std::lower_bound(items.begin(), items.end(), wanted);
  if (found == items.end() || found->entry != entry) return;
  if (found->is_marked && found != items.begin()) {
    for (auto i = static_cast<std::size_t>(found - items.begin()); i < items.size(); ++i) --items.at(i).marked;
  }
  items.erase(wanted);
}

void Tally::take(Index& index, const std::string& value, std::uint64_t entry) {
  const auto found = index.find(value);
  if (found == index.end()) return;
  take(found->second, entry);
  if (found->second.empty()) index.erase(found);
}

void Tally::add(std::uint64_t entry, const Admission& one, bool marked, bool keyed) {
  const Moment& at = one.at;
  if (stretches_.empty() || stretches_.back().boot_id != at.boot_id || at.wall < stretches_.back().wall ||
      at.boot < stretches_.back().boot) {
    stretches_.push_back({at.boot_id, at.wall, at.boot});
  }
  stretches_.back().wall = at.wall;
  stretches_.back().boot = at.boot;
  const Item item{entry, at.wall, at.boot, first_stretch_ + static_cast<std::uint32_t>(stretches_.size() - 1),
                  0,     marked};
  put(all_, item);
  if (!keyed) return;
  put(subjects_[one.subject], item);
  for (std::size_t i = 0; i < one.keys.size(); ++i) {
    const auto earlier = one.keys.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(one.keys.begin(), earlier, one.keys[i]) == earlier) put(keys_[one.keys[i]], item);  // each once
  }
}

void Tally::remove(std::uint64_t entry, const Admission& one) {
  take(all_, entry);
  take(subjects_, one.subject, entry);
  for (const std::string& key : one.keys) take(keys_, key, entry);
  const std::uint32_t first =
      all_.empty() ? first_stretch_ + static_cast<std::uint32_t>(stretches_.size()) : all_.begin()->stretch;
  for (; first_stretch_ != first; ++first_stretch_) stretches_.pop_front();
}

template <class Each>
void Tally::stretches_of(const Items& items, Each each) const {
  for (auto first = items.begin(); first != items.end();) {
    const auto last = std::upper_bound(first, items.end(), first->stretch,
                                       [](std::uint32_t stretch, const Item& item) { return stretch < item.stretch; });
    each(first, last);
    first = last;
  }
}

Tally::Seen Tally::within(By by, std::string_view value, Nanos window, const Now& now) const {
  Seen seen;
  const Items* list = items(by, value);
  if (list == nullptr) return seen;
  stretches_of(*list, [&](auto first, auto last) {
    Moment at = moment(*first);
    const auto age_of = [&](const Item& item) {
      at.wall = item.wall;
      at.boot = item.boot;
      return elapsed(at, now);
    };
    const auto young = std::partition_point(first, last, [&](const Item& item) { return age_of(item) >= window; });
    if (young == last) return;
    seen.all += static_cast<std::uint64_t>(last - young);
    seen.marked += std::prev(last)->marked - young->marked + (young->is_marked ? 1U : 0U);
    seen.oldest = std::max(seen.oldest.value_or(Nanos{0}), age_of(*young));
  });
  return seen;
}

std::optional<Nanos> Tally::waited(By by, std::string_view subject, std::uint32_t own, const Now& now) const {
  const Items* list = items(by, subject);
  if (list == nullptr) return std::nullopt;
  std::vector<std::uint64_t> without;
  if (const Items* of_subject = own == 0 ? nullptr : items(By::subject, subject)) {
    for (std::size_t i = of_subject->size(); i-- > 0 && without.size() < own;)
      without.push_back((*of_subject)[i].entry);
  }
  std::optional<Nanos> least;
  stretches_of(*list, [&](auto first, auto last) {
    const auto is_own = [&](const Item& item) { return std::ranges::find(without, item.entry) != without.end(); };
    while (last != first && is_own(*std::prev(last))) --last;
    if (last == first) return;
    const Nanos span = waited_since(moment(*std::prev(last)), now);
    least = std::min(least.value_or(span), span);
  });
  return least;
}

std::optional<std::uint64_t> Tally::newest_of(std::string_view subject) const {
  const Items* list = items(By::subject, subject);
  return list == nullptr ? std::nullopt : std::optional(list->back().entry);
}

}  // namespace aright::guard
