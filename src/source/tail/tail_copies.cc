// Files that were copied and cut (`copytruncate`): what was read goes on in the copy, and is not read a second time
// where the copy is followed itself.
#include <algorithm>

#include "source/tail/siblings.h"
#include "source/tail/tail_source.h"

namespace aright::source {

bool TailSource::may_be_copy(const FollowedFile& file) const {
  return std::ranges::any_of(followed_, [&](const auto& item) {
    const Followed& f = item.second;
    return (f.file && file.may_be_copy_of(*f.file)) ||
           std::ranges::any_of(f.old, [&](const auto& old) { return file.may_be_copy_of(old.file); });
  });
}

/// True: nothing of it is to be read now. Who copies writes first and cuts afterwards, so this decides nothing but when
/// it is read: whether it is a copy is known when the other is cut.
bool TailSource::waits_for_cut(Followed& followed, Clock::time_point now) const {
  const std::uint64_t size = followed.file->size();
  if (size == 0) return true;  // who copies begins with an empty file
  if (size != followed.unsure->size) *followed.unsure = {now + linger, size};
  if (now < followed.unsure->until && may_be_copy(*followed.file)) return true;
  followed.unsure.reset();
  return false;
}

/// When all others have been read, and what was cut has been seen.
void TailSource::read_unsure(Clock::time_point now, WallTime arrival, TailBatch& batch) {
  for (auto& [path, followed] : followed_) {
    if (more_ || !followed.unsure || !followed.file) continue;
    if (!waits_for_cut(followed, now)) read_all(path, followed, now, arrival, batch);
  }
}

/// Whether a file that was waited for is what `cut` was: then it goes on there, under its own name.
bool TailSource::goes_on_in_unsure(const FollowedFile& cut) {
  Followed* newest = nullptr;
  for (auto& [path, followed] : followed_) {
    if (!followed.unsure || !followed.file || !cut.is_copied_in(*followed.file)) continue;
    if (newest == nullptr || newest->file->written() < followed.file->written()) newest = &followed;
  }
  if (newest == nullptr) return false;
  newest->file->begin(newest->file->generation(), cut.rest().begin);
  newest->unsure.reset();
  newest->unread = true;
  return true;
}

/// What rotation names so, and what has come within a pattern and is not followed yet: then it is taken over from here.
std::vector<std::string> TailSource::places_of_copies(const std::string& path) const {
  std::set<std::string> places;
  for (const std::string& rotated : rotated_names(path)) places.insert(rotated);
  for (const std::string& pattern : patterns_) {
    for (const std::string& other : files_in(folder_of(pattern))) {
      const auto known = followed_.find(other);
      const bool taken = known != followed_.end() && known->second.generation_next != 0;
      if (other != path && !taken && !resumed_.contains(other) && wanted(other)) places.insert(other);
    }
  }
  return {places.begin(), places.end()};
}

/// It was cut while we were away. False: there is no copy of what was read of it.
Result<bool> TailSource::resume_in_copy(const TailPosition& position, const std::string& path, Followed& followed,
                                        Clock::time_point now, TailBatch& batch) {
  const auto has_a_place = [&](const FollowedFile& file) {
    return is_followed(file) || std::ranges::any_of(resumed_, [&](const auto& item) {
             return std::ranges::any_of(item.second, [&](const auto& at) { return file.is(at.device, at.inode); });
           });
  };
  std::optional<FollowedFile> newest;
  std::string found_as;
  for (const std::string& place : places_of_copies(path)) {
    auto copy = FollowedFile::open(place, options_.line_max);
    if (!copy || copy->is(position.device, position.inode) || has_a_place(*copy)) continue;
    const auto is_copy = copy->is_copy_to(position);
    if (!is_copy || !*is_copy || (newest && newest->written() >= copy->written())) continue;
    newest = std::move(*copy);
    found_as = place;
  }
  if (!newest) return false;
  const bool taken_over = wanted(found_as);  // as of a renamed one: nothing of it may come a second time
  if (taken_over) tell_windows_lost(position, path, batch);
  newest->begin(position.generation, taken_over ? position.byte : position.again.value_or(position.byte));
  followed.old.push_back({std::move(*newest), now + linger});
  followed.old.back().copy = true;
  if (position.generation + 1 == followed.generation_next) between(path, found_as, followed, now, batch);
  return true;
}

/// The one of `old` that is `file` and has something else now than what was read of it; `end` where there is none.
std::vector<TailSource::Followed::Old>::iterator TailSource::overwritten_one(const FollowedFile& file,
                                                                             Followed& followed) {
  return std::ranges::find_if(followed.old, [&](const auto& old) {
    return old.file.is_same(file) && (old.overwritten || !old.file.has_what_was_read());
  });
}

/// `goes_on`: what was read of it goes on elsewhere. One that was renamed may have a writer still, whose last lines
/// nobody has seen; a copy has none.
void TailSource::note_overwritten(const std::string& path, Followed::Old& old, bool goes_on, TailBatch& batch) const {
  if (old.overwritten) return;
  const bool whole = goes_on || (old.at_end && old.file.rest().size == 0);
  if (!whole) gap(path, old.file.generation(), old.file.rest().begin, cut_short, batch);
  old.overwritten = Followed::Old::Overwritten{.may_have_lost = whole && !goes_on && !old.copy};
}

/// Whether it has to be looked at what it has now. Who copies begins with an empty file, so that says nothing.
bool TailSource::is_undecided(const Followed::Old& old) {
  if (!old.overwritten) return false;
  const FollowedFile::State now = old.file.state();
  return now.size != 0 && old.overwritten->copied != now;
}

/// What was copied over a file that was rotated away (`cp LOG LOG.1` again) is read where it was copied from, or goes
/// on here when that is cut. True: it is not that, and is read from its beginning.
bool TailSource::begins_anew(const std::string& path, std::size_t index, Followed& followed, TailBatch& batch) const {
  Followed::Old& old = followed.old[index];
  if (!is_undecided(old)) return false;
  const FollowedFile::State state = old.file.state();
  const auto any = [&](const auto& is_one) {
    return (followed.file && is_one(*followed.file)) || std::ranges::any_of(followed.old, [&](const auto& other) {
             return !other.overwritten && is_one(other.file);
           });
  };
  if (any([&](const FollowedFile& other) {
        return old.file.is_part_of(other) || (other.read_to() > 0 && other.is_copied_in(old.file));
      })) {
    old.overwritten->copied = state;  // and stays known as that when the other is cut
    return false;
  }
  if (old.overwritten->may_have_lost) {
    gap(path, old.file.generation(), old.file.rest().begin, cut_short, batch);
  }
  old.file.begin(followed.generation_next++, 0);
  old.overwritten.reset();
  old.at_end = false;
  return true;
}

/// The file that has the name, or the one at `index` of `old`, was cut. Where rotation has put a copy aside before,
/// what was not read yet is read there: so many files come into `old` at its end, or before the one that was cut.
TailSource::Copies TailSource::go_on_in_copy(const std::string& path, std::optional<std::size_t> index,
                                             Followed& followed, Clock::time_point now, TailBatch& batch) {
  const auto cut = [&]() -> FollowedFile& { return index ? followed.old[*index].file : *followed.file; };
  std::optional<FollowedFile> newest;
  std::string found_as;
  const bool goes_on_there = goes_on_in_unsure(cut());
  for (const std::string& rotated : goes_on_there ? std::vector<std::string>{} : places_of_copies(path)) {
    auto copy = FollowedFile::open(rotated, options_.line_max);
    if (!copy || !cut().is_copied_in(*copy)) continue;
    if (is_followed(*copy) && overwritten_one(*copy, followed) == followed.old.end()) continue;
    if (newest && newest->written() >= copy->written()) continue;
    newest = std::move(*copy);
    found_as = rotated;
  }
  if (newest) {
    if (const auto taken = overwritten_one(*newest, followed); taken != followed.old.end()) {
      note_overwritten(path, *taken, false, batch);
      if (index && taken - followed.old.begin() < static_cast<std::ptrdiff_t>(*index)) --*index;
      followed.old.erase(taken);
    }
  }
  const std::size_t first = followed.old.size();
  if (newest) {
    newest->begin(cut().generation(), cut().rest().begin);
    followed.old.push_back({std::move(*newest), now + linger});
    followed.old.back().copy = true;
    between(path, found_as, followed, now, batch);  // it was cut more than once
  }
  const bool goes_on = goes_on_there || newest;
  if (goes_on_there) more_ = true;
  if (index) {
    note_overwritten(path, followed.old[*index], goes_on, batch);
  } else {
    if (!goes_on) gap(path, cut().generation(), cut().rest().begin, cut_short, batch);
    cut().begin(followed.generation_next++, 0);
  }
  const auto at = [&](std::size_t i) { return followed.old.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::size_t place = index.value_or(first);
  std::rotate(at(place), at(first), followed.old.end());
  return {place, followed.old.size() - first};
}

}  // namespace aright::source
