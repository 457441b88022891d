#include "store/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/digest.h"
#include "store/file_check.h"
#include "store/file_io.h"
#include "store/spool_frame.h"

namespace aright::store {

namespace {

constexpr std::string_view suffix = ".seg";

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

/// Nothing was written of any record: who comes next tries again.
Error tried_again(Error error) {
  const bool full = error.code == Errc::no_space;
  return {full ? Errc::no_space : Errc::unavailable, Retry::yes,
          error.message + (full ? "" : "; nothing is lost, and the next delivery tries again")};
}

/// Sorted. One that is not seen would be lost.
Result<std::vector<std::string>> names_in(const std::string& folder) {
  const std::unique_ptr<DIR, CloseDir> dir{opendir(folder.c_str())};
  if (!dir) return std::unexpected(errno_error(errno, folder));
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = readdir(dir.get()); errno = 0) names.emplace_back(entry->d_name);
  if (errno != 0) return std::unexpected(errno_error(errno, folder));
  std::ranges::sort(names);
  return names;
}

std::string name_of(std::uint64_t first) { return fmt::format("{:020}{}", first, suffix); }

Error damaged(const std::string& path, std::uint64_t offset) {
  return {Errc::corrupt, Retry::no,
          fmt::format("{}: damaged at byte {}; {}", path, offset,
                      what_to_do_about_deliveries(path.substr(0, path.rfind('/'))))};
}

}  // namespace

Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(const std::string& folder, SpoolLimits limits, std::uint64_t done) {
  if (auto ok = make_folder(folder); !ok) return std::unexpected(ok.error());
  std::unique_ptr<Spool> spool(new Spool(folder, limits));
  spool->folder_fd_ = UniqueFd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!spool->folder_fd_.valid()) return std::unexpected(errno_error(errno, folder));
  if (auto ok = spool->take_up(); !ok) return std::unexpected(ok.error());
  if (spool->segments_.empty()) {
    spool->next_ = done;
    spool->begun_anew_ = true;
    if (auto ok = spool->begin_segment(); !ok) return std::unexpected(ok.error());
  }
  if (spool->next_ >= done) return spool;
  return fail(Errc::corrupt,
              fmt::format("{}: holds records up to {}, but {} have been worked up: it is an old copy; {}", folder,
                          spool->next_, done, what_to_do_about_deliveries(folder)));
}

Result<Done> Spool::take_up() {
  auto names = names_in(folder_);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (name.ends_with(".new")) unlinkat(folder_fd_.get(), name.c_str(), 0);  // never had a record
  }
  std::erase_if(*names, [](const std::string& name) { return !name.ends_with(suffix); });
  for (const std::string& name : *names) {
    if (auto ok = take_up(name, name == names->back()); !ok) return ok;
  }
  return Done{};
}

Result<SpoolFigures> Spool::look(const std::string& folder) {
  auto names = names_in(folder);
  if (!names) return std::unexpected(names.error());
  std::erase_if(*names, [](const std::string& name) { return !name.ends_with(suffix); });
  SpoolFigures all;
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    struct stat info{};
    if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
    all.bytes += static_cast<std::uint64_t>(info.st_size);
    if (name != names->front() && name != names->back()) continue;
    const auto bytes = read_at(fd.get(), 0, static_cast<std::size_t>(info.st_size), path);
    if (!bytes) return std::unexpected(bytes.error());
    const auto head = decode_segment_head(*bytes);
    if (!head) return std::unexpected(damaged(path, 0));
    if (name == names->front()) all.first = head->first;
    all.next = scan_segment(*bytes, head->salt, head->first).next;
  }
  return all;
}

Result<Done> Spool::take_up(const std::string& name, bool last) {
  const std::string path = folder_ + "/" + name;
  UniqueFd fd{openat(folder_fd_.get(), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  auto bytes = read_at(fd.get(), 0, static_cast<std::size_t>(info.st_size), path);
  if (!bytes) return std::unexpected(bytes.error());
  const auto head = decode_segment_head(*bytes);
  const bool follows = segments_.empty() || (head && head->first == next_);
  if (!head || !follows || name != name_of(head->first)) return std::unexpected(damaged(path, 0));
  const Scan scan = scan_segment(*bytes, head->salt, head->first);
  if (scan.damaged || (!last && scan.good != bytes->size())) return std::unexpected(damaged(path, scan.good));
  if (scan.good != bytes->size()) {
    const bool cut = ftruncate(fd.get(), static_cast<off_t>(scan.good)) == 0 && fdatasync(fd.get()) == 0;
    if (!cut) return std::unexpected(errno_error(errno, path));
  }
  segments_[head->first] = {path, head->salt, scan.good, info.st_dev, info.st_ino};
  next_ = scan.next;
  if (last) file_ = std::move(fd);
  return Done{};
}

/// Under its name only when its head is durable: a segment is whole up to its end, whatever dies meanwhile. What fails
/// before a sync does is no reason to stop: no record is in it.
Result<Done> Spool::begin_segment() {
  const Digest random = random_digest();
  const std::string salt(as_text(std::span(random).first(8)));
  const std::string path = folder_ + "/" + name_of(next_);
  const std::string temp = path + ".new";
  UniqueFd fd{::open(temp.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(write_error(errno, temp));
  if (auto ok = write_at(fd.get(), encode_segment_head({next_, salt}), 0, temp); !ok) {
    unlink(temp.c_str());
    return ok;
  }
  const bool synced = fdatasync(fd.get()) == 0;
  if (!synced || rename(temp.c_str(), path.c_str()) != 0) {
    const Error error = write_error(errno, temp);
    unlink(temp.c_str());
    if (!synced && error.code != Errc::no_space) broken_ = error.message;
    return std::unexpected(error);
  }
  if (fsync(folder_fd_.get()) != 0) {
    const Error error = write_error(errno, path);
    if (error.code != Errc::no_space) broken_ = error.message;
    return std::unexpected(error);
  }
  segments_[next_] = {path, salt, segment_head_bytes, info.st_dev, info.st_ino};
  file_ = std::move(fd);
  return Done{};
}

/// By the leader, without the lock: only the leader touches the file.
Result<Done> Spool::write_frames(const Segment& segment, std::string_view frames) const {
  if (auto ok = write_at(file_.get(), frames, segment.bytes, segment.path); !ok) {
    // What got there must not be taken for records at the next start: nobody was told that it is kept.
    if (ok.error().code == Errc::no_space && ftruncate(file_.get(), static_cast<off_t>(segment.bytes)) == 0) {
      return std::unexpected(tried_again(ok.error()));
    }
    return fail(Errc::unavailable, ok.error().message);
  }
  if (fdatasync(file_.get()) != 0) return fail(Errc::unavailable, errno_error(errno, segment.path).message);
  return Done{};
}

std::uint64_t Spool::total() const {
  std::uint64_t bytes = 0;
  for (const auto& [first, segment] : segments_) bytes += segment.bytes;
  return bytes;
}

/// A handle outlives its name: what is written to it then is on no disk that anybody finds. Under `mutex_`.
Result<Done> Spool::all_named() const {
  for (const auto& [first, segment] : segments_) {
    struct stat info{};
    const bool there = lstat(segment.path.c_str(), &info) == 0;
    if (there && info.st_dev == segment.device && info.st_ino == segment.inode) continue;
    const int err = there ? 0 : errno;
    if (err != 0 && err != ENOENT && err != ENOTDIR) {
      return fail(Errc::unavailable, errno_error(err, segment.path).message, Retry::yes);
    }
    if (there) {
      return fail(Errc::unavailable, segment.path + ": another file has this name now; start again to read that",
                  Retry::yes);
    }
    return fail(Errc::unavailable,
                fmt::format("{}: is gone, or was moved; put it back, or stop, move {} away if it is there, and start "
                            "again: {}",
                            segment.path, folder_, deliveries_are_lost()),
                Retry::yes);
  }
  return Done{};
}

Result<Done> Spool::in_place() const {
  const Lock lock(mutex_);
  return all_named();
}

Error Spool::stopped() const {
  return {Errc::unavailable, Retry::no,
          fmt::format("{}: a write or sync has failed, so nothing is taken until the next start: {}; look at the disk "
                      "and the kernel's log, then restart the daemon",
                      folder_, broken_)};
}

/// Writes what is pending, once, for everybody who waits for it. Others pend meanwhile; one of them leads next.
void Spool::lead(Lock& lock) {
  leading_ = true;
  const std::shared_ptr<Batch> batch = std::exchange(pending_, nullptr);
  Result<Done> done = broken_.empty() ? all_named() : std::unexpected(stopped());
  if (done && segments_.rbegin()->second.bytes >= limits_.segment_bytes) {
    done = begin_segment();
    if (!done) done = std::unexpected(broken_.empty() ? tried_again(done.error()) : stopped());
  }
  Segment& segment = segments_.rbegin()->second;
  batch->first = next_;
  std::string frames;
  for (std::size_t i = 0; i < batch->records.size(); ++i) {
    append_frame(frames, segment.salt, {next_ + i, segment.bytes, batch->records[i]});
  }
  if (done) {
    const Segment as_now = segment;
    lock.unlock();
    done = write_frames(as_now, frames);
    lock.lock();
    if (!done && done.error().code != Errc::no_space) {
      broken_ = done.error().message;
      done = std::unexpected(stopped());
    } else if (done) {
      done = all_named();  // it may have gone meanwhile; what lies there is not to be taken for records later
      if (!done && ftruncate(file_.get(), static_cast<off_t>(as_now.bytes)) != 0) broken_ = done.error().message;
    }
  }
  if (done) {
    segment.bytes += frames.size();
    next_ += batch->records.size();
    ++syncs_;
  }
  in_flight_ -= frames.size();
  batch->outcome = std::move(done);
  leading_ = false;
  synced_.notify_all();
}

Result<std::uint64_t> Spool::append(std::string_view record) {
  if (record.size() > limits_.record_bytes) {
    return fail(Errc::invalid,
                fmt::format("a record of {} bytes is larger than {}", record.size(), limits_.record_bytes));
  }
  Lock lock(mutex_);
  if (!broken_.empty()) return std::unexpected(stopped());
  const std::uint64_t more = frame_head_bytes + record.size();
  if (total() + in_flight_ + more > limits_.bytes) {
    return fail(
        Errc::no_space,
        fmt::format("{}: as much waits to be worked up as may, the limit is {} bytes; there is room when some of it is",
                    folder_, limits_.bytes),
        Retry::yes);
  }
  if (!pending_) pending_ = std::make_shared<Batch>();
  const std::shared_ptr<Batch> batch = pending_;
  const std::size_t place = batch->records.size();
  batch->records.emplace_back(record);
  in_flight_ += more;
  while (!batch->outcome) {
    if (leading_) {
      synced_.wait(lock);
    } else {
      lead(lock);
    }
  }
  if (!*batch->outcome) return std::unexpected(batch->outcome->error());
  return batch->first + place;
}

Result<std::vector<SpoolRecord>> Spool::read(std::uint64_t from, std::size_t records, std::size_t bytes) {
  const Lock lock(mutex_);
  std::vector<SpoolRecord> out;
  auto at = segments_.upper_bound(from);
  if (at != segments_.begin()) --at;
  std::size_t left = bytes;
  for (; at != segments_.end() && out.size() < records && (out.empty() || left > 0); ++at) {
    const std::size_t before = out.size();
    if (auto ok = read_segment(at->first, at->second, from, records, left, out); !ok) {
      const auto named = all_named();
      return std::unexpected(named ? ok.error() : named.error());
    }
    for (std::size_t i = before; i < out.size(); ++i) left -= std::min(left, out[i].bytes.size());
  }
  return out;
}

Result<Done> Spool::read_segment(std::uint64_t first, const Segment& segment, std::uint64_t from, std::size_t records,
                                 std::size_t bytes, std::vector<SpoolRecord>& out) {
  const UniqueFd fd{::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, segment.path));
  Cursor here{first, first, segment_head_bytes};
  if (cursor_.segment == first && cursor_.number <= from && cursor_.offset != 0) here = cursor_;
  std::size_t taken = 0;
  while (here.offset < segment.bytes && out.size() < records && (out.empty() || taken < bytes)) {
    auto head = read_at(fd.get(), here.offset, frame_head_bytes, segment.path);
    if (!head) return std::unexpected(head.error());
    const auto length = announced(*head);
    if (!length || *length > limits_.record_bytes) return std::unexpected(damaged(segment.path, here.offset));
    if (here.number >= from && !out.empty() && taken + *length > bytes) break;
    auto whole = read_at(fd.get(), here.offset, frame_head_bytes + *length, segment.path);
    if (!whole) return std::unexpected(whole.error());
    const auto frame = decode_frame(*whole, segment.salt);
    if (!frame || frame->number != here.number) return std::unexpected(damaged(segment.path, here.offset));
    if (here.number >= from) {
      taken += *length;
      out.push_back({here.number, std::string(frame->record)});
    }
    ++here.number;
    here.offset += whole->size();
  }
  cursor_ = here;
  return Done{};
}

Result<Done> Spool::release(std::uint64_t done) {
  const Lock lock(mutex_);
  while (segments_.size() > 1 && std::next(segments_.begin())->first <= done) {
    const std::string& path = segments_.begin()->second.path;
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(errno_error(errno, path));
    segments_.erase(segments_.begin());
  }
  return Done{};
}

std::uint64_t Spool::releasable(std::uint64_t done) const {
  const Lock lock(mutex_);
  auto behind = segments_.upper_bound(done);
  if (behind == segments_.begin()) return behind->first;
  return std::prev(behind)->first;
}

SpoolFigures Spool::figures() const {
  const Lock lock(mutex_);
  return {segments_.begin()->first, next_, total(), syncs_};
}

}  // namespace aright::store
