// Going on after a restart or a cut: where is the file that was being read, and what came between?
#include <algorithm>

#include "base/path_text.h"
#include "source/tail/siblings.h"
#include "source/tail/tail_source.h"

namespace aright::source {

namespace {

/// More files than this between ours and the name are not looked for.
constexpr std::uint32_t between_max = 100;

}  // namespace

/// False: the file is not to be found. An error: that cannot be told now. What is taken for another file is read from
/// its beginning, so a disk that does not read is waited for.
Result<bool> TailSource::resume_at(const TailPosition& position, const std::string& path, Followed& followed,
                                   Clock::time_point now, TailBatch& batch) {
  auto here = FollowedFile::open(path, options_.line_max);
  if (!here && is_waited_for(here.error(), path, position)) return std::unexpected(here.error());
  if (here && here->is(position.device, position.inode)) {
    const auto fits = here->fits(position);
    if (!fits) return fits;
    if (!*fits) return resume_in_copy(position, path, followed, now, batch);  // or the number is another's
    // Where it ended was told from outside: that may have been within a line.
    const bool unread = position.fingerprint.length == 0;
    const std::uint64_t byte = unread ? here->line_begin(position.byte) : position.byte;
    followed.file = std::move(*here);
    followed.file->begin(position.generation, position.again.value_or(byte));
    return true;
  }
  for (const std::string& rotated : rotated_names(path)) {
    auto file = FollowedFile::open(rotated, options_.line_max);
    if (!file && is_passing(file.error())) return std::unexpected(file.error());
    if (!file || !file->is(position.device, position.inode)) continue;
    const auto fits = file->fits(position);
    if (!fits) return fits;
    if (!*fits) continue;
    // One that is followed under that name takes it over: nothing of it may come a second time.
    const bool taken_over = wanted(rotated);
    if (taken_over) tell_windows_lost(position, path, batch);
    file->begin(position.generation, taken_over ? position.byte : position.again.value_or(position.byte));
    followed.old.push_back({std::move(*file), now + linger});
    if (position.generation + 1 == followed.generation_next) between(path, rotated, followed, now, batch);
    return true;
  }
  if (auto file = under_another_name(position, path)) {
    tell_windows_lost(position, path, batch);
    file->begin(position.generation, position.byte);
    followed.old.push_back({std::move(*file), now + linger});
    return true;
  }
  // Copied elsewhere and back, or moved to another disk: with the whole fingerprint it is still the same.
  const bool whole = position.fingerprint.length == Fingerprint::bytes_max;
  if (!here || !whole) return false;
  const auto fits = here->fits(position);
  if (!fits || !*fits) return fits;
  followed.file = std::move(*here);
  followed.file->begin(position.generation, position.again.value_or(position.byte));
  return true;
}

/// It goes on under another name, whose offsets are others.
void TailSource::tell_windows_lost(const TailPosition& position, const std::string& path, TailBatch& batch) const {
  if (!position.again || *position.again >= position.byte) return;
  gap(path, position.generation, position.byte,
      "the file has another name now; what correlations had of it is not counted again", batch);
}

/// Ours is "x.log.3" now: then "x.log.2" and "x.log.1" came after it and have not been read.
void TailSource::between(const std::string& path, const std::string& found_as, Followed& followed,
                         Clock::time_point now, TailBatch& batch) {
  const auto number = rotation_number(path, found_as);
  for (std::uint32_t n = std::min(number.value_or(1), between_max) - 1; n > 0; --n) {
    auto file = FollowedFile::open(path + "." + std::to_string(n), options_.line_max);
    if (file && is_followed(*file)) continue;
    const std::uint64_t generation = followed.generation_next++;
    if (!file) {
      gap(path, generation, 0, "a file that was rotated away cannot be read: " + file.error().message, batch);
      continue;
    }
    file->begin(generation, 0);
    followed.old.push_back({std::move(*file), now + linger});
  }
}

/// Those that go on now. All before any is looked at: what one finds under another's name is not read anew there.
std::set<std::string> TailSource::resume_all(Clock::time_point now, TailBatch& batch) {
  std::set<std::string> gone_on;
  for (auto& [path, followed] : followed_) {
    if (resumed_.contains(path) && resume(path, followed, now, batch)) gone_on.insert(path);
  }
  return gone_on;
}

/// False: not yet, and it is tried again.
bool TailSource::resume(const std::string& path, Followed& followed, Clock::time_point now, TailBatch& batch) {
  std::vector<TailPosition> positions = resumed_.extract(path).mapped();
  followed.generation_next = std::max(followed.generation_next, positions.back().generation + 1);
  for (auto at = positions.begin(); at != positions.end(); ++at) {
    const TailPosition& position = *at;
    if (position.inode == 0) continue;  // no file had the name
    const auto found = resume_at(position, path, followed, now, batch);
    if (!found) {
      failed(path, followed, found.error(), batch);
      positions.erase(positions.begin(), at);
      resumed_[path] = std::move(positions);
      return false;
    }
    if (*found) continue;
    if (position.ended && !position.again) continue;
    gap(path, position.generation, position.byte,
        position.ended ? "the file that was read here is gone; what correlations had of it is not counted again"
                       : "the file that was read here is gone or was begun anew; what came after this cannot be read "
                         "any more",
        batch);
  }
  return true;
}

}  // namespace aright::source
