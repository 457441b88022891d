// Going on after a restart: where is the file that was being read, and what came between?
#include <algorithm>

#include "base/path_text.h"
#include "source/tail/siblings.h"
#include "source/tail/tail_source.h"

namespace aright::source {

namespace {

/// More files than this between ours and the name are not looked for.
constexpr std::uint32_t between_max = 100;

}  // namespace

/// False: the file is not to be found.
bool TailSource::resume_at(const TailPosition& position, const std::string& path, Followed& followed,
                           Clock::time_point now, TailBatch& batch) {
  auto here = FollowedFile::open(path, options_.line_max);
  if (here && here->is(position.device, position.inode)) {
    if (!here->fits(position)) return false;  // cut, or the number was given to another file
    followed.file = std::move(*here);
    followed.file->begin(position.generation, position.again.value_or(position.byte));
    return true;
  }
  for (const std::string& rotated : rotated_names(path)) {
    auto file = FollowedFile::open(rotated, options_.line_max);
    if (!file || !file->is(position.device, position.inode) || !file->fits(position)) continue;
    file->begin(position.generation, position.again.value_or(position.byte));
    followed.old.push_back({std::move(*file), now + linger});
    if (position.generation + 1 == followed.generation_next) between(path, rotated, followed, now, batch);
    return true;
  }
  // Copied elsewhere and back, or moved to another disk: with the whole fingerprint it is still the same.
  if (!here || position.fingerprint.length < Fingerprint::bytes_max || !here->fits(position)) return false;
  followed.file = std::move(*here);
  followed.file->begin(position.generation, position.again.value_or(position.byte));
  return true;
}

/// Ours is "x.log.3" now: then "x.log.2" and "x.log.1" came after it and have not been read.
void TailSource::between(const std::string& path, const std::string& found_as, Followed& followed,
                         Clock::time_point now, TailBatch& batch) {
  const auto number = rotation_number(path, found_as);
  for (std::uint32_t n = std::min(number.value_or(1), between_max) - 1; n > 0; --n) {
    const std::uint64_t generation = followed.generation_next++;
    auto file = FollowedFile::open(path + "." + std::to_string(n), options_.line_max);
    if (!file) {
      gap(path, event_offset(generation, 0), "a file that was rotated away cannot be read: " + file.error().message,
          batch);
      continue;
    }
    file->begin(generation, 0);
    followed.old.push_back({std::move(*file), now + linger});
  }
}

void TailSource::resume(const std::string& path, Followed& followed, Clock::time_point now, TailBatch& batch) {
  const auto positions = resumed_.extract(path).mapped();
  followed.generation_next = positions.back().generation + 1;
  for (const TailPosition& position : positions) {
    if (position.inode == 0) continue;  // no file had the name
    if (resume_at(position, path, followed, now, batch)) continue;
    gap(path, event_offset(position.generation, position.byte),
        "the file that was read here is gone or was begun anew; what came after this cannot be read any more", batch);
  }
}

}  // namespace aright::source
