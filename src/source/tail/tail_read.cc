// Reading what is followed: each file to its end before the next, each line once.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/path_text.h"
#include "source/tail/tail_source.h"

namespace aright::source {

void TailSource::read_all(const std::string& path, Followed& followed, Clock::time_point now, WallTime arrival,
                          TailBatch& batch) {
  // Oldest first, and each to its end before the next: so the lines stay in order.
  followed.unread = true;
  while (!followed.old.empty()) {
    if (!read_old(path, 0, followed, now, arrival, batch)) return;
    const auto& oldest = followed.old.front();
    if (now < oldest.close_at || is_undecided(oldest)) break;
    if (oldest.overwritten) {
      if (oldest.overwritten->may_have_lost) {
        gap(path, oldest.file.generation(), oldest.file.rest().begin, cut_short, batch);
      }
    } else if (oldest.file.rest().size > 0) {
      quarantine(path, oldest.file.generation(), oldest.file.rest(), "a line that was never finished", batch);
    }
    followed.old.erase(followed.old.begin());
  }
  for (std::size_t i = 1; i < followed.old.size(); ++i) {
    if (!read_old(path, i, followed, now, arrival, batch)) return;
  }
  followed.unread = followed.file && !read_named(path, followed, now, arrival, batch);
  note_readable(followed);  // also where the one that did not read is let go
}

/// One that has lost its name. True: it has been read to its end.
bool TailSource::read_old(const std::string& path, std::size_t index, Followed& followed, Clock::time_point now,
                          WallTime arrival, TailBatch& batch) {
  while (true) {
    if (followed.old[index].overwritten && !begins_anew(path, index, followed, batch)) return true;
    Followed::Old& old = followed.old[index];
    const std::uint64_t read_before = old.file.read_to();
    const Reading read = read_file(path, old.file, followed, arrival, batch);
    if (read == Reading::cut) {
      old.at_end = old.at_end && old.file.read_to() == read_before;
      const Copies copies = go_on_in_copy(path, index, followed, now, batch);
      if (!read_copies(path, copies, followed, now, arrival, batch)) return false;
      index = copies.first + copies.count;
      continue;
    }
    old.at_end = read == Reading::end;
    return old.at_end;
  }
}

/// The one that has the name. True: it has been read to its end.
bool TailSource::read_named(const std::string& path, Followed& followed, Clock::time_point now, WallTime arrival,
                            TailBatch& batch) {
  if (followed.unsure) return true;  // read_unsure
  while (true) {
    const Reading read = read_file(path, *followed.file, followed, arrival, batch);
    if (read != Reading::cut) return read == Reading::end;
    const Copies copies = go_on_in_copy(path, std::nullopt, followed, now, batch);
    if (!read_copies(path, copies, followed, now, arrival, batch)) return false;
  }
}

bool TailSource::read_copies(const std::string& path, const Copies& copies, Followed& followed, Clock::time_point now,
                             WallTime arrival, TailBatch& batch) {
  for (std::size_t i = 0; i < copies.count; ++i) {
    if (!read_old(path, copies.first + i, followed, now, arrival, batch)) return false;
  }
  return true;
}

TailSource::Reading TailSource::read_file(const std::string& path, FollowedFile& file, Followed& followed,
                                          WallTime arrival, TailBatch& batch) {
  while (true) {
    if (budget_ == 0) {
      more_ = true;
      return Reading::later;
    }
    std::vector<Line> lines;
    const auto read = file.read(lines);
    if (!read) {
      failed(path, followed, read.error(), batch);
      followed.of_reading = true;
      return Reading::end;
    }
    note_readable(followed);
    for (const Line& line : lines) take_line(path, file.generation(), line, arrival, batch);
    if (*read == FollowedFile::Read::end) return Reading::end;
    if (*read != FollowedFile::Read::some) return Reading::cut;
    budget_ -= std::min(budget_, FollowedFile::piece);
  }
}

void TailSource::take_line(const std::string& path, std::uint64_t generation, const Line& line, WallTime arrival,
                           TailBatch& batch) {
  if (!line.whole()) {
    quarantine(path, generation, line, fmt::format("a line of more than {} bytes", options_.line_max), batch);
    return;
  }
  std::string_view text = line.text;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (is_blank(text)) return;
  auto decoded = decoder_->decode(text, arrival);
  if (!decoded) {
    quarantine(path, generation, line, std::move(decoded.error().message), batch);
  } else if (!*decoded) {
    ++batch.skipped;
  } else {
    batch.events.push_back(
        event_of(std::move(**decoded), name_of(path), event_offset(generation, line.begin), arrival));
  }
}

void TailSource::quarantine(const std::string& path, std::uint64_t generation, const Line& line, std::string reason,
                            TailBatch& batch) const {
  batch.quarantined.push_back({name_of(path), event_offset(generation, line.begin), std::move(reason), line.size,
                               hex(hmac_sha256(options_.commitment_key, line.text)),
                               line.text.substr(0, quarantined_beginning_max)});
}

}  // namespace aright::source
