#include "source/tail/tail_source.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/path_text.h"
#include "source/tail/siblings.h"

namespace aright::source {

namespace {

constexpr std::string_view wild = "*?[";
constexpr auto read_again = std::chrono::seconds{1};

Result<std::string> plain(const std::string& text, bool pattern) {
  auto bytes = path_bytes(text);
  if (!bytes) return bytes;
  const auto bad = [&](std::string_view why) { return fail(Errc::invalid, fmt::format("path \"{}\" {}", text, why)); };
  if (!bytes->starts_with('/') || bytes->ends_with('/')) return bad("is not the absolute path of a file");
  if (pattern && folder_of(*bytes).find_first_of(wild) != std::string::npos) {
    return bad("has wild cards before its last component");
  }
  return bytes;
}

}  // namespace

Result<TailSource> TailSource::create(TailOptions options, const LineDecoder& decoder) {
  TailSource source(std::move(options), decoder);
  if (auto ok = source.prepare(); !ok) return std::unexpected(ok.error());
  return source;
}

Result<Done> TailSource::prepare() {
  if (options_.files.empty() && options_.patterns.empty()) {
    return fail(Errc::invalid, "source " + options_.name + ": names no file");
  }
  std::set<std::string> folders;
  for (const std::string& text : options_.files) {
    auto path = plain(text, false);
    if (!path) return std::unexpected(path.error());
    folders.insert(folder_of(*path));
    files_.insert(std::move(*path));
  }
  for (const std::string& text : options_.patterns) {
    auto path = plain(text, true);
    if (!path) return std::unexpected(path.error());
    folders.insert(folder_of(*path));
    patterns_.insert(std::move(*path));
  }
  for (const TailPosition& position : options_.positions) {
    if (auto path = path_bytes(position.path); !path) return std::unexpected(path.error());
    remember(position);
  }
  auto watch = FolderWatch::create(std::move(folders));
  if (!watch) return std::unexpected(watch.error());
  watch_ = std::make_unique<FolderWatch>(std::move(*watch));
  for (const std::string& path : files_) followed_.try_emplace(path);
  find_matching();
  for (const auto& [path, positions] : resumed_) {
    if (wanted(path)) followed_.try_emplace(path);
  }
  return Done{};
}

void TailSource::remember(const TailPosition& position) {
  auto path = path_bytes(position.path);
  if (!path) return;
  auto& positions = resumed_[std::move(*path)];
  positions.push_back(position);
  std::ranges::sort(positions, {}, &TailPosition::generation);
}

std::map<std::string, std::string> TailSource::troubles() const {
  std::map<std::string, std::string> all;
  for (const auto& [path, followed] : followed_) {
    if (!followed.trouble.empty()) all[path_text(path)] = followed.trouble;
  }
  for (const auto& [folder, why] : watch_->unwatched()) all[path_text(folder)] = why;
  if (!too_many_trouble_.empty()) all[""] = too_many_trouble_;
  return all;
}

void TailSource::tell_unwatched(TailBatch& batch) {
  for (const auto& [folder, why] : watch_->unwatched()) {
    const auto told = unwatched_told_.find(folder);
    if (told != unwatched_told_.end() && told->second == why) continue;
    batch.troubles.push_back(fmt::format("source {}: {}", options_.name, why));
  }
  unwatched_told_ = watch_->unwatched();
}

/// Logs with dates in their names would be remembered for ever. Those that sort first are the oldest.
void TailSource::forget_gone() {
  const auto is_gone = [this](const auto& item) {
    const Followed& f = item.second;
    return !f.file && f.old.empty() && f.trouble.empty() && f.generation_next > 0 && !files_.contains(item.first);
  };
  std::erase_if(followed_, [&](const auto& item) {  // none that ever had the name has been seen
    const Followed& f = item.second;
    return !f.file && f.old.empty() && f.trouble.empty() && f.generation_next == 0 && f.due == 0 && !f.fleeting &&
           !files_.contains(item.first) && !resumed_.contains(item.first);
  });
  auto gone = static_cast<std::size_t>(std::ranges::count_if(followed_, is_gone));
  for (auto it = followed_.begin(); gone > options_.gone_max && it != followed_.end();) {
    const bool goes = is_gone(*it);
    it = goes ? followed_.erase(it) : std::next(it);
    gone -= goes ? 1U : 0U;
  }
}

void TailSource::find_matching() {
  for (const std::string& pattern : patterns_) {
    for (const std::string& path : files_in(folder_of(pattern))) follow(path);
  }
}

/// From now on, if it is wanted. Where there are too many, one that no file has any more makes room.
void TailSource::follow(const std::string& path) {
  if (followed_.contains(path) || !wanted(path)) return;
  if (followed_.size() >= options_.files_max) {
    const auto gone = std::ranges::find_if(followed_, [&](const auto& item) {
      return !item.second.file && item.second.old.empty() && item.second.generation_next > 0 &&
             !files_.contains(item.first);
    });
    if (gone == followed_.end()) {
      too_many_ = true;
      if (may_be_old(path)) unseen_.insert(path);
      return;
    }
    followed_.erase(gone);
  }
  followed_.try_emplace(path);
}

std::optional<TailSource::Clock::time_point> TailSource::deadline() const {
  if (more_) return Clock::time_point::min();
  std::optional<Clock::time_point> first = watch_->deadline();
  if (retry_at_) first = first ? std::min(*first, *retry_at_) : *retry_at_;
  for (const auto& [path, followed] : followed_) {
    for (const auto& old : followed.old) first = first ? std::min(*first, old.close_at) : old.close_at;
    if (followed.unsure && followed.unsure->size != 0) {
      first = first ? std::min(*first, followed.unsure->until) : followed.unsure->until;
    }
  }
  return first;
}

TailBatch TailSource::drain(WallTime arrival, Clock::time_point now) {
  TailBatch batch;
  const FolderNews news = watch_->read(now);
  tell_unwatched(batch);
  const bool look_at_all = first_ || !news.lost.empty();
  if (first_) note_unseen_folders();
  forget_unseen(news, look_at_all);
  if (look_at_all) find_matching();
  for (const std::string& path : news.touched) follow(path);
  if (std::exchange(too_many_, false)) {
    too_many_trouble_ =
        fmt::format("more than {} files fit its patterns; the others are not followed", options_.files_max);
    batch.troubles.push_back(fmt::format("source {}: {}", options_.name, too_many_trouble_));
  } else if (look_at_all) {
    too_many_trouble_.clear();
  }
  const std::set<std::string> resumed = resume_all(now, batch);
  const bool retry = retry_at_ && now >= *retry_at_;
  for (auto& [path, followed] : followed_) {
    if (resumed_.contains(path)) continue;
    const bool again = resumed.contains(path) || (followed.failed && retry);
    if (!look_at_all && !again && !news.touched.contains(path)) continue;
    followed.failed = false;
    look(path, news, now, batch);
    followed.unread = true;
  }
  note_unseen_folders();
  more_ = false;
  budget_ = options_.batch_max;
  for (auto& [path, followed] : followed_) {
    if (followed.unread || !followed.old.empty()) read_all(path, followed, now, arrival, batch);
  }
  read_unsure(now, arrival, batch);
  first_ = false;
  batch.bytes = options_.batch_max - budget_;
  forget_gone();
  plan_retry(now);
  for (const auto& [path, followed] : followed_) add_positions(path, followed, batch);
  return batch;
}

bool TailSource::is_passing(const Error& error) {
  return error.code == Errc::corrupt || error.code == Errc::unavailable;
}

void TailSource::failed(const std::string& path, Followed& followed, const Error& error, TailBatch& batch) const {
  followed.failed = is_passing(error);
  trouble(path, followed,
          error.message.contains(path_text(path)) ? error.message : path_text(path) + ": " + error.message, batch);
}

void TailSource::plan_retry(Clock::time_point now) {
  const bool waits = std::ranges::any_of(followed_, [](const auto& item) { return item.second.failed; });
  if (!waits) {
    retry_at_.reset();
  } else if (!retry_at_ || now >= *retry_at_) {
    retry_at_ = now + read_again;
  }
}

void TailSource::add_positions(const std::string& path, const Followed& followed, TailBatch& batch) const {
  const std::string text = path_text(path);
  const auto waits = resumed_.find(path);
  if (waits != resumed_.end()) {
    batch.positions.insert(batch.positions.end(), waits->second.begin(), waits->second.end());
  }
  for (const auto& old : followed.old) {
    if (old.overwritten && !is_undecided(old)) continue;  // nothing of what was read is left to go on in
    batch.positions.push_back(old.file.position(text));
    batch.positions.back().ended = old.at_end && !old.overwritten;
  }
  // One that may be a copy has none yet: after a restart it is again one that has just come.
  const std::uint64_t given = followed.generation_next - (followed.unsure ? 1U : 0U);
  if (followed.file && !followed.unsure) {
    batch.positions.push_back(followed.file->position(text));
  } else if (waits == resumed_.end() && given > 0) {
    // No file, but the next one must not have offsets that were given before.
    batch.positions.push_back({text, given - 1, 0, 0, 0, {}});
  }
}

bool TailSource::is_followed(const FollowedFile& file) const {
  return std::ranges::any_of(followed_, [&](const auto& item) {
    const Followed& f = item.second;
    return (f.file && f.file->is_same(file)) ||
           std::ranges::any_of(f.old, [&](const auto& old) { return old.file.is_same(file); });
  });
}

void TailSource::retire(Followed& followed, Clock::time_point now) {
  followed.unsure.reset();
  if (followed.file) followed.old.push_back({std::move(*followed.file), now + linger});
  followed.file.reset();
}

/// What is followed under another name that leads elsewhere now is followed on under this one, from where it is.
std::optional<FollowedFile> TailSource::take_over(const FollowedFile& opened) {
  std::optional<FollowedFile> taken;
  for (auto& [path, followed] : followed_) {
    const auto old = std::ranges::find_if(followed.old, [&](const auto& o) { return o.file.is_same(opened); });
    if (old != followed.old.end()) {
      if (old->overwritten) old->file.begin(old->file.generation(), 0);
      taken = std::move(old->file);
      followed.old.erase(old);
      return taken;
    }
    if (!followed.file || !followed.file->is_same(opened)) continue;
    const auto there = FollowedFile::open(path, options_.line_max);
    if (there && there->is_same(opened)) continue;  // one file with two names stays with the first
    taken = std::move(*followed.file);
    followed.file.reset();
    ++followed.due;
    followed.unsure.reset();
    note_readable(followed);
    return taken;
  }
  return taken;
}

void TailSource::look(const std::string& path, const FolderNews& news, Clock::time_point now, TailBatch& batch) {
  Followed& followed = followed_[path];
  auto opened = FollowedFile::open(path, options_.line_max);
  if (!opened && opened.error().code != Errc::not_found) {
    if (opened.error().code == Errc::denied || is_passing(opened.error())) keep_end(path, followed);
    failed(path, followed, opened.error(), batch);
    return;
  }
  const bool had = followed.file.has_value();
  const bool past = is_past(path, followed);
  if (!followed.of_reading) followed.trouble.clear();
  if (opened && followed.file && followed.file->is_same(*opened)) return count_told(path, news, false, followed);
  retire(followed, now);
  adopt_missed(path, news, followed.due + (past ? 1 : 0), now, batch);
  count_told(path, news, had, followed);
  if (!opened) {
    const auto here = news.here.find(path);
    if (here != news.here.end() && here->second.came) followed.fleeting = here->second;
    return;
  }
  followed.fleeting.reset();
  const std::uint64_t generation = followed.generation_next++;
  if (auto taken = take_over(*opened)) {
    const std::uint64_t byte = taken->rest().begin;
    followed.file = std::move(taken);
    followed.file->begin(generation, byte);
    return;
  }
  if (is_followed(*opened)) {
    trouble(path, followed, path_text(path) + ": is followed under another name already", batch);
    return;
  }
  followed.file = std::move(*opened);
  const bool at_end = generation == 0 && may_be_old(path);
  unseen_.erase(path);
  followed.file->begin(generation, at_end ? followed.file->last_line() : 0);
  const bool came = !first_ || came_since(path);
  if (!at_end && came && !files_.contains(path)) followed.unsure = Followed::Unsure{now + linger, 0};
}

/// Whether the one that has or had the name is no news: we have it, or have told why we cannot, or it is older than
/// what we look for, or its place is known from an earlier life.
bool TailSource::is_past(const std::string& path, const Followed& followed) const {
  const bool told = !followed.trouble.empty() && !followed.of_reading;
  return followed.file || told || may_be_old(path) || (first_ && followed.generation_next != 0);
}

/// The kernel tells in order, and later than we see: what it has told of the name is not due any more, and where it has
/// told of one that came, all before that is told.
void TailSource::count_told(const std::string& path, const FolderNews& news, bool had, Followed& followed) {
  const auto left = news.left.find(path);
  const auto here = news.here.find(path);
  const std::size_t told = left == news.left.end() ? 0 : left->second.size();
  followed.due += had ? 1 : 0;
  followed.due -= std::min(followed.due, told);
  if (news.incomplete || (here != news.here.end() && here->second.came)) followed.due = 0;
}

/// Under another of our names it is read or told there, and an empty one has nothing to be read.
bool TailSource::is_no_loss(const FolderFile& gone) const {
  return gone.empty() || std::ranges::any_of(gone.earlier, [&](const std::string& name) { return wanted(name); });
}

/// Files that came under this name and left it again before we looked. The first `ours` are none of them.
void TailSource::adopt_missed(const std::string& path, const FolderNews& news, std::size_t ours, Clock::time_point now,
                              TailBatch& batch) {
  Followed& followed = followed_[path];
  const auto left = news.left.find(path);
  if (left == news.left.end()) return;
  const auto fleeting = std::exchange(followed.fleeting, std::nullopt);
  for (std::size_t i = 0; i < left->second.size(); ++i) {
    FolderFile gone = left->second[i];
    if (i == 0 && !gone.came && fleeting) {
      const bool written = gone.written || fleeting->written;
      gone = {gone.now, fleeting->earlier, true, fleeting->made, written};
    }
    auto missed = gone.now.empty() ? fail(Errc::not_found, "") : FollowedFile::open(gone.now, options_.line_max);
    if (missed && (is_followed(*missed) || wanted(gone.now))) continue;
    const bool unsure = i == 0 && news.incomplete;
    if (!missed && (i < ours || unsure || is_no_loss(gone))) continue;
    const std::uint64_t generation = followed.generation_next++;
    if (missed) {
      missed->begin(generation, 0);
      followed.old.push_back({std::move(*missed), now + linger});
    } else {
      gap(path, generation, 0,
          gone.written ? "a file was there and gone before it could be read"
                       : "a file was there and gone before it could be read; there may have been something in it",
          batch);
    }
  }
}

void TailSource::gap(const std::string& path, std::uint64_t generation, std::uint64_t byte, std::string_view reason,
                     TailBatch& batch) const {
  batch.gaps.push_back({name_of(path), event_offset(generation, byte),
                        fmt::format("{} (file {} of this name, byte {})", reason, generation + 1, byte)});
}

/// The trouble of reading ends where none of its files has it any more.
void TailSource::note_readable(Followed& followed) {
  if (!followed.of_reading || (followed.file && followed.file->unreadable())) return;
  if (std::ranges::any_of(followed.old, [](const auto& old) { return old.file.unreadable(); })) return;
  followed.of_reading = false;
  followed.trouble.clear();
}

void TailSource::trouble(const std::string& path, Followed& followed, std::string text, TailBatch& batch) const {
  followed.of_reading = false;
  if (text == followed.trouble) return;
  batch.troubles.push_back(fmt::format("source {}: {}", name_of(path), text));
  followed.trouble = std::move(text);
}

std::string TailSource::name_of(const std::string& path) const { return options_.name + ":" + path_text(path); }

}  // namespace aright::source
