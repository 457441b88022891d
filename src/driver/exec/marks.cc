#include "driver/exec/marks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "base/digest.h"
#include "driver/exec/process.h"

namespace aright::driver {

namespace {

constexpr std::size_t slot_bytes = 192;  ///< the longest key, and all that is known of its program
constexpr std::size_t fdinfo_max = 4096;

/// Where in the file a program's lock is: far behind all notes, one place for each key.
off_t place_of(const std::string& key) {
  constexpr std::uint64_t behind = std::uint64_t{1} << 32U;
  constexpr std::uint64_t places = std::uint64_t{1} << 61U;
  const Digest digest = sha256({key});
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8U | static_cast<std::uint8_t>(digest.at(i));
  return static_cast<off_t>(behind + number % places);
}

struct flock lock_at(short type, off_t place) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = place;
  lock.l_len = 1;
  return lock;
}

}  // namespace

Result<std::unique_ptr<Marks>> Marks::open(const std::string& path) {
  UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.valid()) return std::unexpected(errno_error(errno, path));
  const auto boot_id = proc_text("/proc/sys/kernel/random/boot_id", 64);
  std::unique_ptr<Marks> marks{new Marks(path, std::move(file), boot_id ? boot_id->substr(0, 36) : std::string())};
  marks->load();
  return marks;
}

void Marks::load() {
  std::string text(slots * slot_bytes, '\0');
  const ssize_t count = pread(file_.get(), text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  for (std::size_t i = 0; i < slots && i * slot_bytes < text.size(); ++i) {
    std::istringstream fields(text.substr(i * slot_bytes, slot_bytes));
    Slot slot;
    std::string boot_id;
    fields >> slot.key >> slot.noted.pid >> slot.noted.earliest >> slot.noted.latest >> boot_id;
    if (!fields || boot_id != boot_id_ || slot.noted.pid <= 0) continue;
    by_key_[slot.key] = i;
    slots_.at(i) = std::move(slot);
  }
  for (std::size_t i = 0; i < slots; ++i) {
    if (slots_.at(i).key.empty()) write(i);  // gives the file its room, so that a full disk does not matter later
  }
}

void Marks::write(std::size_t slot) const {
  const Slot& one = slots_.at(slot);
  std::string text;
  if (!one.key.empty()) {
    text = fmt::format("{} {} {} {} {}\n", one.key, one.noted.pid, one.noted.earliest, one.noted.latest, boot_id_);
  }
  text.resize(slot_bytes, '\0');
  [[maybe_unused]] const ssize_t written =
      pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(slot * slot_bytes));
}

Result<UniqueFd> Marks::hold(const std::string& key) const {
  UniqueFd own{::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  if (!own.valid()) return std::unexpected(errno_error(errno, path_));
  struct flock lock = lock_at(F_RDLCK, place_of(key));  // for reading: a program of an earlier life may still have it
  if (fcntl(own.get(), F_OFD_SETLK, &lock) != 0) return std::unexpected(errno_error(errno, path_ + ": a lock"));
  return own;
}

void Marks::note(const std::string& key, const Noted& noted) {
  const std::lock_guard lock(mutex_);
  const auto known = by_key_.find(key);
  const auto free = known != by_key_.end() ? slots_.begin() + static_cast<std::ptrdiff_t>(known->second)
                                           : std::ranges::find(slots_, std::string(), &Slot::key);
  if (free == slots_.end()) return;
  const auto slot = static_cast<std::size_t>(free - slots_.begin());
  *free = {key, noted};
  by_key_[key] = slot;
  write(slot);
}

void Marks::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return;
  slots_.at(known->second) = Slot{};
  write(known->second);
  by_key_.erase(known);
}

std::optional<Marks::Noted> Marks::noted(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return std::nullopt;
  return slots_.at(known->second).noted;
}

bool Marks::held(const std::string& key) const {
  struct flock lock = lock_at(F_WRLCK, place_of(key));
  return fcntl(file_.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool Marks::holds(pid_t pid, const std::string& key) const {
  struct stat own{};
  if (fstat(file_.get(), &own) != 0) return true;  // in doubt
  const auto info = proc_text(fmt::format("/proc/{}/fdinfo/{}", pid, handle), fdinfo_max);
  if (!info) return false;
  std::istringstream lines(*info);
  // Another node has the same keys: its file has another number. Of what is before it there are two views on some
  // disks.
  const std::string place = fmt::format(":{1} {0} {0}", place_of(key), own.st_ino);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("lock:") && line.contains("OFDLCK") && line.ends_with(place)) return true;
  }
  return false;
}

}  // namespace aright::driver
