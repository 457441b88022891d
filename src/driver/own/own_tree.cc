#include "driver/own/own_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>

#include "base/path_text.h"
#include "driver/own/real_path.h"

namespace aright::driver {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t files_max = 200'000;  ///< of a state folder and a configuration; beyond, every doubt counts

struct Seen {
  FileId id;
  bool folder{false};
  bool elsewhere{false};  ///< the same may have another name: a mount begins here, or it is a hard link
};

std::optional<Seen> seen_at(const std::string& path) {
  struct statx info{};
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &info) != 0) return std::nullopt;
  const bool regular = S_ISREG(info.stx_mode);
  const bool mount =
      (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0 || (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  return Seen{{makedev(info.stx_dev_major, info.stx_dev_minor), info.stx_ino},
              S_ISDIR(info.stx_mode),
              path != "/" && (mount || (regular && info.stx_nlink > 1))};
}

bool is_there(const std::string& path) {
  struct stat ignored{};
  return lstat(path.c_str(), &ignored) == 0;
}

bool is_state_folder(const std::string& path) {
  return is_there(path + "/signing.key") && is_there(path + "/aright.db");
}

std::string own_words(const std::string& path) { return path_text(path) + ", which is Aright's own"; }

/// "/", "/a", "/a/b".
template <class Look>
void each_folder_on_the_way(const std::string& path, Look look) {
  if (!look(std::string("/"))) return;
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    if (!look(path.substr(0, end))) return;
  }
}

}  // namespace

std::optional<FileId> file_id(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId{info.st_dev, info.st_ino};
}

OwnTree::OwnTree(const std::vector<std::string>& paths) : program_(file_id("/proc/self/exe")) {
  for (const std::string& named : paths) {
    // What is no absolute path cannot be told apart from anything, so all is ours.
    const std::string path = named.starts_with('/') ? named : "/";
    Place place{path, file_id(path), {}};
    each_folder_on_the_way(path, [&](const std::string& folder) {
      if (const auto id = file_id(folder)) place.above.insert(*id);
      return true;
    });
    places_.push_back(std::move(place));
  }
}

bool OwnTree::is_program(const std::string& path) const { return program_ && file_id(path) == program_; }

bool OwnTree::begins_with(std::string_view first_folder) const {
  return std::ranges::any_of(places_, [&](const Place& place) {
    return std::string_view(place.path).substr(1, place.path.find('/', 1) - 1) == first_folder;
  });
}

/// Everything that lies in our folders: only there may a bind mount or a hard link of a part of them lead.
void OwnTree::look_through() {
  all_.emplace();
  const auto add = [&](const std::string& path) {
    if (const auto seen = seen_at(path)) all_->insert(seen->id);
    too_many_ = too_many_ || all_->size() > files_max;
    return !too_many_;
  };
  for (const Place& place : places_) {
    std::error_code error;
    if (!add(place.path)) return;
    for (fs::recursive_directory_iterator at(place.path, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error)) {
      if (!add(at->path().string())) return;
    }
  }
}

bool OwnTree::has(const FileId& id, bool may_be_elsewhere) {
  if (std::ranges::any_of(places_, [&](const Place& place) { return place.id == id; }) || program_ == id) return true;
  // A folder above ours lies in none of ours, though a mount begins there.
  if (std::ranges::any_of(places_, [&](const Place& place) { return place.above.contains(id); })) return false;
  const bool near =
      std::ranges::any_of(places_, [&](const Place& place) { return place.id && place.id->device == id.device; });
  if (!may_be_elsewhere || !near) return false;
  if (!all_) look_through();
  return too_many_ || all_->contains(id);
}

std::string OwnTree::around(const std::string& path) {
  for (const Place& place : places_) {
    if (is_at_or_above(place.path, path)) return own_words(place.path);
  }
  std::string found;
  const auto look = [&](const std::string& at) {
    const auto seen = seen_at(at);
    if (!seen) return false;  // nor is what would be in it
    if (has(seen->id, seen->elsewhere)) found = own_words(at);
    if (found.empty() && seen->folder && is_state_folder(at)) found = path_text(at) + ", the state folder of a daemon";
    return found.empty();
  };
  each_folder_on_the_way(path, look);
  if (found.empty() && path != "/") look(path);
  return found;
}

std::string OwnTree::within(const std::string& path) const {
  const auto id = file_id(path);
  for (const Place& place : places_) {
    if (is_at_or_above(path, place.path) || (id && place.above.contains(*id))) return own_words(place.path);
  }
  return {};
}

}  // namespace aright::driver
