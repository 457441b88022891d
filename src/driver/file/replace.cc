#include "driver/file/replace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

namespace aright::driver {

namespace {

/// One apply: the place, the plan, and the name of the temporary.
class Replacement {
 public:
  Replacement(const Place& place, const Plan& plan, const std::string& key, const FileLimits& limits)
      : place_(place), plan_(plan), temp_(std::string(temp_prefix) + key), limits_(limits) {}

  Result<ApplyOutcome> run() {
    auto now = read_state(place_, place_.name, limits_);
    if (!now) return std::unexpected(now.error());
    if (auto done = settle_leftover(*now); !done || *done) return finish_leftover(done);
    if (now->fields == plan_.after.fields) return ApplyOutcome::already;
    if (now->fields != plan_.before.fields) return conflict();
    if (plan_.after.fields.at("exists") == false) return remove();
    return put();
  }

 private:
  [[nodiscard]] int folder() const { return place_.folder.get(); }
  [[nodiscard]] std::unexpected<Error> failed(int err) const { return std::unexpected(errno_error(err, place_.path)); }
  [[nodiscard]] std::unexpected<Error> conflict() const {
    return fail(Errc::conflict, place_.path + ": is not as it was when the change was planned", Retry::yes);
  }
  [[nodiscard]] static Result<ApplyOutcome> finish_leftover(const Result<bool>& settled) {
    if (!settled) return std::unexpected(settled.error());
    return ApplyOutcome::already;
  }
  int rename(const char* from, const char* to, unsigned flags) const {
    return renameat2(folder(), from, folder(), to, flags);
  }
  Result<Done> sync_folder() const {
    if (fsync(folder()) != 0) return failed(errno);
    return Done{};
  }
  void drop_temp() const { unlinkat(folder(), temp_.c_str(), 0); }

  /// What an earlier attempt with this key left behind when it died. True: that attempt had done the work.
  Result<bool> settle_leftover(const State& now) {
    struct stat info{};
    if (fstatat(folder(), temp_.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return false;
      return failed(errno);
    }
    auto left = read_state(place_, temp_, limits_);
    if (!left) return std::unexpected(left.error());
    const bool is_after = now.fields == plan_.after.fields;
    if (is_after && left->fields != plan_.before.fields && plan_.before.fields.at("exists") == true) {
      // It died between the exchange and the look at what it displaced, and that was somebody else's.
      return take_back(plan_.after.fields.at("exists") == true);
    }
    drop_temp();  // displaced `before`, or our own half-written file
    if (auto ok = sync_folder(); !ok) return std::unexpected(ok.error());
    return is_after;
  }

  Result<bool> take_back(bool exchanged) {
    const int done = exchanged ? rename(temp_.c_str(), place_.name.c_str(), RENAME_EXCHANGE)
                               : rename(temp_.c_str(), place_.name.c_str(), RENAME_NOREPLACE);
    if (done != 0) return failed(errno);
    if (exchanged) drop_temp();
    if (auto ok = sync_folder(); !ok) return std::unexpected(ok.error());
    return conflict();
  }

  Result<ApplyOutcome> remove() {
    if (rename(place_.name.c_str(), temp_.c_str(), RENAME_NOREPLACE) != 0) return failed(errno);
    auto displaced = read_state(place_, temp_, limits_);
    if (!displaced || displaced->fields != plan_.before.fields) {
      auto back = take_back(false);
      return std::unexpected(back.error());
    }
    drop_temp();
    if (auto ok = sync_folder(); !ok) return std::unexpected(ok.error());
    return ApplyOutcome::applied;
  }

  Result<ApplyOutcome> put() {
    auto written = write_temp();
    if (!written) {
      drop_temp();
      return std::unexpected(written.error());
    }
    const bool creating = plan_.before.fields.at("exists") == false;
    if (rename(temp_.c_str(), place_.name.c_str(), creating ? RENAME_NOREPLACE : RENAME_EXCHANGE) != 0) {
      const int err = errno;
      drop_temp();
      if (err == EEXIST || err == ENOENT) return conflict();
      if (err == EINVAL) return fail(Errc::denied, place_.path + ": its file system cannot exchange two files");
      return failed(err);
    }
    if (!creating) {
      auto displaced = read_state(place_, temp_, limits_);
      if (!displaced || displaced->fields != plan_.before.fields) {
        auto back = take_back(true);
        return std::unexpected(back.error());
      }
      drop_temp();
    }
    if (auto ok = sync_folder(); !ok) return std::unexpected(ok.error());
    return ApplyOutcome::applied;
  }

  Result<Done> write_temp() {
    const Json& after = plan_.after.fields;
    const auto bytes = content_bytes(after.at("content"));
    if (!bytes) return std::unexpected(bytes.error());
    const UniqueFd file{open_beneath(folder(), temp_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)};
    if (!file.valid()) return failed(errno);
    for (std::size_t at = 0; at < bytes->size();) {
      const ssize_t count = write(file.get(), bytes->data() + at, bytes->size() - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(errno);
      at += static_cast<std::size_t>(count);
    }
    if (auto ok = copy_attributes(file.get()); !ok) return ok;
    if (auto ok = set_owner_and_mode(file.get()); !ok) return ok;
    if (fsync(file.get()) != 0) return failed(errno);
    return Done{};
  }

  Result<Done> set_owner_and_mode(int fd) const {
    const Json& after = plan_.after.fields;
    const auto uid = user_id(after.at("owner").get<std::string>());
    if (!uid) return std::unexpected(uid.error());
    const auto gid = group_id(after.at("group").get<std::string>());
    if (!gid) return std::unexpected(gid.error());
    const auto& text = after.at("mode").get_ref<const std::string&>();
    unsigned mode = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (error != std::errc{} || stop != text.data() + text.size()) return fail(Errc::invalid, "mode " + text);
    struct stat info{};
    if (fstat(fd, &info) != 0) return failed(errno);
    if ((info.st_uid != *uid || info.st_gid != *gid) && fchown(fd, *uid, *gid) != 0) return failed(errno);
    if (fchmod(fd, mode) != 0) return failed(errno);  // after the owner: changing that clears setuid
    return Done{};
  }

  /// Extended attributes, ACL and label of the file as it is; kept, or the change is refused.
  Result<Done> copy_attributes(int to) const {
    if (plan_.before.fields.at("exists") == false) return Done{};
    const UniqueFd from{open_beneath(folder(), place_.name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW)};
    if (!from.valid()) return errno == ENOENT ? Result<Done>(conflict()) : Result<Done>(failed(errno));
    std::array<char, 4096> names{};
    const ssize_t size = flistxattr(from.get(), names.data(), names.size());
    if (size < 0 && errno != ENOTSUP) return failed(errno);
    std::string_view rest(names.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
    while (!rest.empty()) {
      const std::string name(rest.substr(0, rest.find('\0')));
      rest.remove_prefix(name.size() + 1);
      if (auto ok = copy_attribute(from.get(), to, name); !ok) return ok;
    }
    return Done{};
  }

  Result<Done> copy_attribute(int from, int to, const std::string& name) const {
    std::string value(64U << 10U, '\0');  // the kernel's limit for one value
    const ssize_t size = fgetxattr(from, name.c_str(), value.data(), value.size());
    if (size < 0 && errno == ENODATA) return Done{};
    if (size >= 0 && fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(size), 0) == 0) return Done{};
    Error error = errno_error(errno, place_.path);
    error.message = fmt::format("{}: its attribute {} cannot be kept ({})", place_.path, name, error.message);
    return std::unexpected(error);
  }

  const Place& place_;
  const Plan& plan_;
  std::string temp_;
  const FileLimits& limits_;
};

}  // namespace

Result<ApplyOutcome> replace(const Place& place, const Plan& plan, const std::string& key, const FileLimits& limits) {
  return Replacement(place, plan, key, limits).run();
}

}  // namespace aright::driver
