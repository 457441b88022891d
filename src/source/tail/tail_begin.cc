// Where reading begins of a file that has no position: at its end where it was there before the source was first
// looked for, at its beginning where it came later, whether we were there or not.
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/digest.h"
#include "base/path_text.h"
#include "source/tail/siblings.h"
#include "source/tail/tail_source.h"

namespace aright::source {

namespace {

bool fits_one(const std::set<std::string>& patterns, const std::string& path) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
  });
}

}  // namespace

void TailSource::start_from(std::span<const TailPosition> positions, std::span<const std::string> known) {
  resumed_.clear();
  for (const TailPosition& position : positions) remember(position);
  for (const auto& [path, list] : resumed_) {
    if (wanted(path)) followed_.try_emplace(path);
  }
  known_.clear();
  unseen_.clear();
  for (const std::string& name : known) {
    if (const auto bytes = path_bytes(name)) known_.insert(*bytes);
  }
}

bool TailSource::wanted(const std::string& path) const { return files_.contains(path) || fits_one(patterns_, path); }

/// It was looked for in an earlier life, and had no position then.
bool TailSource::came_since(const std::string& path) const { return known_.contains(path) || fits_one(known_, path); }

/// It may have been there before the source was first looked for. A pattern fits itself as a name: no file has it.
bool TailSource::may_be_old(const std::string& path) const {
  if (!options_.from_end) return false;
  if (unseen_.contains(path) || unseen_folders_.contains(folder_of(path))) return true;
  return first_ && !came_since(path);
}

/// It cannot be read yet, but its size can be told: what it has now is not read later either.
void TailSource::keep_end(const std::string& path, Followed& followed) {
  if (followed.file || followed.generation_next != 0 || !may_be_old(path)) return;
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) unseen_.insert(path);
    return;
  }
  if (!S_ISREG(info.st_mode)) return;
  unseen_.erase(path);
  TailPosition position;
  position.path = path_text(path);
  position.byte = static_cast<std::uint64_t>(info.st_size);
  position.begun = position.byte;
  position.device = info.st_dev;
  position.inode = info.st_ino;
  position.fingerprint = {0, sha256("")};
  remember(position);
}

/// What is not there any more has no past when it comes again.
void TailSource::forget_unseen(const FolderNews& news, bool all) {
  std::erase_if(unseen_, [&](const std::string& path) {
    if (!all && !news.touched.contains(path)) return false;
    struct stat info{};
    return lstat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
  });
}

/// What came into a folder before we could look into it is as old as what was there at first.
void TailSource::note_unseen_folders() {
  if (!options_.from_end) return;
  const auto& unwatched = watch_->unwatched();
  if (first_) {
    for (const std::string& pattern : patterns_) {
      const std::string folder = folder_of(pattern);
      if (!known_.contains(pattern) && unwatched.contains(folder)) unseen_folders_.insert(folder);
    }
    return;
  }
  std::erase_if(unseen_folders_, [&](const std::string& folder) { return !unwatched.contains(folder); });
}

std::vector<std::string> TailSource::looked_for() const {
  std::vector<std::string> names;
  for (const std::string& path : files_) {
    if (!unseen_.contains(path)) names.push_back(path_text(path));
  }
  for (const std::string& pattern : patterns_) {
    const std::set<std::string> one{pattern};
    const bool whole = std::ranges::none_of(unseen_, [&](const std::string& path) { return fits_one(one, path); });
    if (whole && !unseen_folders_.contains(folder_of(pattern))) names.push_back(path_text(pattern));
  }
  return names;
}

/// It is there and cannot be read now: that is waited for.
bool TailSource::is_waited_for(const Error& error, const std::string& path, const TailPosition& position) {
  if (is_passing(error)) return true;
  if (error.code != Errc::denied) return false;
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return errno == EACCES;
  return info.st_dev == position.device && info.st_ino == position.inode;
}

/// While we were away it may have got another name that we follow.
std::optional<FollowedFile> TailSource::under_another_name(const TailPosition& position,
                                                           const std::string& path) const {
  if (patterns_.empty()) return std::nullopt;
  for (const auto& [other, followed] : followed_) {
    if (other == path) continue;
    auto file = FollowedFile::open(other, options_.line_max);
    if (!file || !file->is(position.device, position.inode)) continue;
    if (const auto fits = file->fits(position); fits && *fits) return std::move(*file);
  }
  return std::nullopt;
}

}  // namespace aright::source
