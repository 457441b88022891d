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
#include "driver/file/names.h"
#include "driver/file/replace.h"
#include "model/key_wish.h"

namespace aright::driver {

namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

constexpr unsigned set_id_bits = S_ISUID | S_ISGID;

Result<std::size_t> content_size(const Json& content) {
  const auto bytes = content_bytes(content);
  if (!bytes) return std::unexpected(bytes.error());
  return bytes->size();
}

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

/// `desired` with the content in place of the keys that are wanted in it.
Result<Json> with_content(const std::string& path, const Json& before, Json desired) {
  const auto wish = desired.find(keys_field);
  if (wish == desired.end()) return desired;
  if (before.at("exists") == false) {
    return fail(Errc::invalid, path + ": does not exist, and keys can only be set in a file that does; create it");
  }
  if (desired.contains("content")) return fail(Errc::invalid, path + ": both `content` and `keys` are wanted");
  auto content = with_keys(*wish, before.at("content"));
  if (!content) return std::unexpected(Error{content.error().code, Retry::no, path + ": " + content.error().message});
  desired.erase(wish);
  desired["content"] = std::move(*content);
  return desired;
}

void complete(Json& after, const Json& with) {
  for (const auto& [field, value] : with.items()) {
    if (!after.contains(field)) after[field] = value;
  }
}

/// All fields of the file to be, from those of the one that is there and those that are wanted.
Result<Json> compose_after(const std::string& path, const Json& before, Json desired, const FileLimits& limits) {
  const bool mode_is_wanted = desired.contains("mode");
  Json after = std::move(desired);
  if (before.at("exists") == false) {
    if (!after.contains("content")) {
      return fail(Errc::invalid, path + ": does not exist, and no content is stated to create it with; add `content`");
    }
    complete(after, {{"mode", "0644"}, {"owner", fmt::to_string(geteuid())}, {"group", fmt::to_string(getegid())}});
  } else {
    complete(after, before);
  }
  after["exists"] = true;
  if (auto ok = normalise_owner(after); !ok) return std::unexpected(ok.error());
  const auto mode = mode_bits(after.at("mode"));
  if (!mode) return std::unexpected(mode.error());
  const auto size = content_size(after.at("content"));
  if (!size) return std::unexpected(size.error());
  if (*size > limits.bytes_max) {
    return fail(Errc::invalid, fmt::format("{}: the content stated for it has {} bytes, more than the limit of {}",
                                           path, *size, limits.bytes_max));
  }
  const bool handed_over = before.at("exists") == true &&
                           (after.at("owner") != before.at("owner") || after.at("group") != before.at("group"));
  if (handed_over) {
    // As chown(2) does: nobody's program becomes one that runs with the new owner's rights because he was set right.
    drop_capabilities(after);
    if (!mode_is_wanted) after["mode"] = fmt::format("{:04o}", *mode & ~set_id_bits);
  }
  return after;
}

bool everybody_reads(const Json& fields) {
  const auto mode = mode_bits(fields.at("mode"));
  return mode && (*mode & S_IROTH) != 0;
}

}  // namespace

/// An absent folder means an absent file: a fact, not an error.
Result<State> FileDriver::read_or_absent(const std::string& path) const {
  if (in_flight_.has(path)) return State{{{"exists", false}}, false};
  auto place = open_place(path);
  if (!place && place.error().code == Errc::not_found) return State{{{"exists", false}}, false};
  if (!place) return std::unexpected(place.error());
  return read_state(*place, place->name, limits_);
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
    const bool leftover = info.st_uid == geteuid() && is_temp_name(entry->d_name);
    if (S_ISREG(info.st_mode) && !leftover && !in_flight_.has(id)) out.push_back(std::move(id));
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
  Plan plan;
  plan.before = std::move(*before);
  if (plan.before.fields.at("exists") == false && !desired.fields.contains("exists")) {
    plan.after = plan.before;  // wanted so only while it is there
    return plan;
  }
  Json asked = desired.fields;
  asked.emplace("exists", true);  // it is there, and must be after the change
  auto wanted = with_content(resource.id, plan.before.fields, std::move(asked));
  if (!wanted) return std::unexpected(wanted.error());
  for (const auto& [key, value] : wanted->items()) plan.names.push_back(key);
  if (wanted->value("exists", true)) {
    auto after = compose_after(resource.id, plan.before.fields, std::move(*wanted), limits_);
    if (!after) return std::unexpected(after.error());
    plan.after.fields = std::move(*after);
    plan.after.sensitive = !everybody_reads(plan.after.fields);
  } else {
    plan.after.fields = {{"exists", false}};
  }
  plan.before.sensitive = plan.before.sensitive || desired.sensitive;
  plan.after.sensitive = plan.after.sensitive || desired.sensitive;
  if (plan.empty()) return plan;
  if (auto ok = check_replaceable(resource.id, plan.before.fields); !ok) return std::unexpected(ok.error());
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
  const std::string temp = temp_name(request.key);
  const InFlight::Mark mark(in_flight_, id.substr(0, id.rfind('/') + 1) + temp);
  return replace(*place, request.plan, temp, limits_);
}

}  // namespace aright::driver
