#include "driver/file/file_driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "driver/file/replace.h"

namespace aright::driver {

namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

Result<Done> list_folder(const std::string& path, std::vector<std::string>& out) {
  auto folder = open_folder(path, path);
  if (!folder) return std::unexpected(folder.error());
  const std::unique_ptr<DIR, CloseDir> dir{fdopendir(folder->release())};
  if (!dir) return std::unexpected(errno_error(errno, path));
  while (const dirent* entry = readdir(dir.get())) {
    struct stat info{};
    if (std::string_view(entry->d_name).starts_with(temp_prefix)) continue;
    if (fstatat(dirfd(dir.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode)) {
      out.push_back(fmt::format("{}/{}", path, entry->d_name));
    }
  }
  return Done{};
}

/// An absent folder means an absent file: a fact, not an error.
Result<State> read_or_absent(const std::string& path, const FileLimits& limits) {
  auto place = open_place(path);
  if (!place && place.error().code == Errc::not_found) return State{{{"exists", false}}, false};
  if (!place) return std::unexpected(place.error());
  return read_state(*place, place->name, limits);
}

}  // namespace

Result<State> FileDriver::read(const ResourceId& resource) { return read_or_absent(resource.id, limits_); }

Result<std::vector<std::string>> FileDriver::list(const Select& select) {
  std::vector<std::string> ids = select.ids;
  for (const std::string& folder : select.within) {
    if (auto ok = list_folder(folder, ids); !ok) return std::unexpected(ok.error());
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  if (ids.size() > limits_.list_max) {
    return fail(Errc::invalid, fmt::format("{} files, more than the limit of {}", ids.size(), limits_.list_max));
  }
  return ids;
}

Result<Plan> FileDriver::plan(const ResourceId& resource, const Desired& desired) {
  auto before = read_or_absent(resource.id, limits_);
  if (!before) return std::unexpected(before.error());
  Plan plan;
  plan.before = std::move(*before);
  for (const auto& [key, value] : desired.fields.items()) plan.names.push_back(key);
  const bool wanted = desired.fields.value("exists", true);
  if (!wanted) {
    plan.after.fields = {{"exists", false}};
  } else if (plan.before.fields.at("exists") == true) {
    plan.after.fields = plan.before.fields;
    plan.after.fields.update(desired.fields);
  } else if (!desired.fields.contains("content")) {
    return fail(Errc::invalid, resource.id + ": does not exist, and no content is stated to create it with");
  } else {
    plan.after.fields = {{"mode", "0644"}, {"owner", user_name(geteuid())}, {"group", group_name(getegid())}};
    plan.after.fields.update(desired.fields);
  }
  if (wanted) {
    const auto uid = user_id(plan.after.fields.at("owner").get<std::string>());
    if (!uid) return std::unexpected(uid.error());
    const auto gid = group_id(plan.after.fields.at("group").get<std::string>());
    if (!gid) return std::unexpected(gid.error());
    plan.after.fields["owner"] = user_name(*uid);
    plan.after.fields["group"] = group_name(*gid);
    plan.after.sensitive = (plan.after.fields.at("mode").get_ref<const std::string&>().back() - '0') < 4;
  }
  plan.before.sensitive = plan.before.sensitive || desired.sensitive;
  plan.after.sensitive = plan.after.sensitive || desired.sensitive;
  return plan;
}

Result<ApplyOutcome> FileDriver::apply(const ApplyRequest& request) {
  auto place = open_place(request.resource.id);
  if (!place) return std::unexpected(place.error());
  return replace(*place, request.plan, request.key, limits_);
}

}  // namespace aright::driver
