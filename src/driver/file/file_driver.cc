#include "driver/file/file_driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/path_text.h"
#include "driver/file/attributes.h"
#include "driver/file/file_plan.h"
#include "driver/file/names.h"
#include "driver/file/new_file.h"
#include "driver/file/replace.h"
#include "model/temporary_name.h"

namespace aright::driver {

namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

/// Owner and group in the form that reading gives, so that "0" and "root" are the same.
Result<Done> normalise_owner(Json& fields) {
  const auto uid = user_id(fields.at("owner").get<std::string>());
  if (!uid) return std::unexpected(uid.error());
  const auto gid = group_id(fields.at("group").get<std::string>());
  if (!gid) return std::unexpected(gid.error());
  auto owner = user_name(*uid);
  if (!owner) return std::unexpected(owner.error());
  auto group = group_name(*gid);
  if (!group) return std::unexpected(group.error());
  fields["owner"] = std::move(*owner);
  fields["group"] = std::move(*group);
  return Done{};
}

/// The name of a mounted file cannot be given to another.
Result<Done> check_not_mounted(const std::string& path) {
  struct statx info{};
  const auto bytes = path_bytes(path);
  if (!bytes || statx(AT_FDCWD, bytes->c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info) != 0) return Done{};
  if ((info.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) return Done{};
  return fail(Errc::denied, fmt::format("{}: is mounted by itself (as containers do), so that it cannot be exchanged; "
                                        "change the file that is mounted there, or manage its folder's mount",
                                        path));
}

}  // namespace

/// An absent folder means an absent file: a fact, not an error.
Result<State> FileDriver::read_or_absent(const std::string& path) const {
  if (in_flight_.has(path)) return State{{{"exists", false}}, false};
  auto place = open_place(path);
  if (!place && place.error().code == Errc::not_found) return State{{{"exists", false}}, false};
  if (!place) return std::unexpected(place.error());
  if (auto ok = check_unclaimed(*place); !ok) return std::unexpected(ok.error());
  return read_state(*place, place->name, limits_);
}

/// As long as both are there, nobody knows what belongs there: also when one of them is gone from the name again.
Result<Done> FileDriver::check_unclaimed(const Place& place) const {
  const std::lock_guard lock(kept_mutex_);
  const auto kept = kept_.find(place.path);
  if (kept == kept_.end()) return Done{};
  struct stat info{};
  if (fstatat(place.folder.get(), kept->second.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
    kept_.erase(kept);
    return Done{};
  }
  return fail(Errc::denied,
              fmt::format("{}: two files of somebody else claim its name, and both were kept; the other is "
                          "{} beside it: move it away, or remove it",
                          place.path, kept->second));
}

Result<Done> FileDriver::list_folder(const std::string& path, std::vector<std::string>& out) const {
  if (path.size() > folder_text_max) {
    return fail(Errc::invalid, fmt::format("folder {}: is longer than {} bytes", path, folder_text_max));
  }
  auto folder = open_folder(path);
  if (!folder) return std::unexpected(folder.error());
  const std::string bytes = *path_bytes(path);
  const std::unique_ptr<DIR, CloseDir> dir{fdopendir(folder->fd.get())};
  if (!dir) return std::unexpected(errno_error(errno, path));
  (void)folder->fd.release();  // `dir` closes it
  while (true) {
    errno = 0;
    const dirent* entry = readdir(dir.get());
    if (entry == nullptr && errno != 0) return std::unexpected(errno_error(errno, path));
    if (entry == nullptr) return Done{};
    struct stat info{};
    std::string id = path_text(fmt::format("{}/{}", bytes, entry->d_name));
    if (fstatat(dirfd(dir.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return std::unexpected(errno_error(errno, id));
    }
    // Left by an attempt that died; whatever another user calls by such a name is a file like any other.
    const bool leftover = info.st_uid == geteuid() && is_temporary_name(entry->d_name);
    // A link or a pipe is no file that can be managed: reading it says so, here as where it comes while we look.
    if (!S_ISDIR(info.st_mode) && !leftover && !in_flight_.has(id)) out.push_back(std::move(id));
    if (out.size() > limits_.list_max) {
      return fail(Errc::invalid, fmt::format("{}: more files than the limit of {}", path, limits_.list_max));
    }
  }
}

Result<State> FileDriver::read(const ResourceId& resource) { return read_or_absent(resource.id); }

Result<std::vector<std::string>> FileDriver::list(const Select& select) {
  std::vector<std::string> ids = select.ids;
  for (const std::string& folder : select.within) {
    if (auto ok = list_folder(folder, ids); !ok) return std::unexpected(ok.error());
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

Result<Plan> FileDriver::plan(const ResourceId& resource, const Desired& desired) {
  auto before = read_or_absent(resource.id);
  if (!before) return std::unexpected(before.error());
  const FileOwners owners{fmt::to_string(geteuid()), fmt::to_string(getegid()), normalise_owner};
  auto plan = plan_file(resource.id, std::move(*before), desired, limits_, owners);
  if (!plan || plan->empty()) return plan;
  if (auto ok = check_replaceable(resource.id, plan->before.fields); !ok) return std::unexpected(ok.error());
  if (auto ok = check_not_mounted(resource.id); !ok) return std::unexpected(ok.error());
  const auto place = open_place(resource.id);
  if (!place) return place.error().code == Errc::not_found ? plan : std::unexpected(place.error());
  if (auto ok = check_changeable(place->folder.get(), resource.id); !ok) return std::unexpected(ok.error());
  if (plan->after.fields.at("exists") == false) return plan;
  if (auto ok = check_room(*place, plan->after.fields); !ok) return std::unexpected(ok.error());
  return plan;
}

Result<ApplyOutcome> FileDriver::apply(const ApplyRequest& request) {
  const std::string& id = request.resource.id;
  auto place = open_place(id);
  if (!place && place.error().code == Errc::not_found) {
    if (request.plan.after.fields.at("exists") == false) return ApplyOutcome::already;
    return fail(Errc::not_found, fmt::format("{}: its folder does not exist; create it", id));
  }
  if (!place) return std::unexpected(place.error());
  const std::string temp = temporary_name(request.key);
  const InFlight::Mark mark(in_flight_, id.substr(0, id.rfind('/') + 1) + temp);
  bool kept = false;
  auto outcome = replace(*place, request.plan, temp, limits_, kept);
  if (kept) {
    const std::lock_guard lock(kept_mutex_);
    kept_.insert_or_assign(id, temp);
  }
  return outcome;
}

}  // namespace aright::driver
