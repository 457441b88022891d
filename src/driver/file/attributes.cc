#include "driver/file/attributes.h"

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/bytes.h"
#include "base/utf8.h"

namespace aright::driver {

namespace {

constexpr std::size_t attributes_max = 64U << 10U;  ///< bytes, names and values; also the kernel's limit for one value
constexpr std::string_view acl_name = "system.posix_acl_access";
constexpr std::string_view capability_name = "security.capability";
constexpr std::array labels{"security.selinux", "security.SMACK64"};
constexpr std::array measured{"security.ima", "security.evm"};

struct Flag {
  unsigned bit;
  char letter;
};
// In the order of their letters. Flags that only the kernel sets (extents, index, encryption) are not here.
constexpr std::array flags_known{
    Flag{FS_NOATIME_FL, 'A'},      Flag{FS_NOCOW_FL, 'C'},  Flag{FS_PROJINHERIT_FL, 'P'}, Flag{FS_SYNC_FL, 'S'},
    Flag{0x00100000U, 'V'},  // FS_VERITY_FL
    Flag{FS_APPEND_FL, 'a'},       Flag{FS_COMPR_FL, 'c'},  Flag{FS_NODUMP_FL, 'd'},      Flag{FS_IMMUTABLE_FL, 'i'},
    Flag{FS_JOURNAL_DATA_FL, 'j'}, Flag{FS_NOCOMP_FL, 'm'}, Flag{FS_SECRM_FL, 's'},       Flag{FS_NOTAIL_FL, 't'},
    Flag{FS_UNRM_FL, 'u'},         Flag{FS_DAX_FL, 'x'}};

bool not_supported(int err) { return err == ENOTSUP || err == ENOTTY || err == EINVAL || err == ENOSYS; }

/// Zeroes the permissions that are the mode's: of the owner, of others, and of the mask (or the group without a mask).
/// The kernel's form: a version of four bytes, then entries of tag (2), permissions (2) and id (4), little-endian.
void take_mode_out(std::string& acl) {
  constexpr std::size_t head = 4;
  constexpr std::size_t entry = 8;
  constexpr char owner = 0x01;
  constexpr char group = 0x04;
  constexpr char mask = 0x10;
  constexpr char other = 0x20;
  bool has_mask = false;
  for (std::size_t at = head; at + entry <= acl.size(); at += entry) has_mask = has_mask || acl[at] == mask;
  for (std::size_t at = head; at + entry <= acl.size(); at += entry) {
    if (acl[at] == owner || acl[at] == other || acl[at] == (has_mask ? mask : group)) acl[at + 2] = 0;
  }
}

Result<std::vector<std::string>> attribute_names(int fd, const std::string& path) {
  std::array<char, 1024> few{};
  std::string many;
  char* list = few.data();
  ssize_t size = flistxattr(fd, few.data(), few.size());
  if (size < 0 && errno == ERANGE) {
    many.resize(attributes_max);
    list = many.data();
    size = flistxattr(fd, many.data(), many.size());
  }
  if (size < 0 && not_supported(errno)) return std::vector<std::string>{};
  if (size < 0) return std::unexpected(errno_error(errno, path + ": its attributes"));
  std::vector<std::string> names;
  for (std::string_view rest(list, static_cast<std::size_t>(size)); !rest.empty();) {
    names.emplace_back(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(rest.size(), names.back().size() + 1));
  }
  return names;
}

/// 0 where the file system has none.
Result<unsigned> read_flags(int fd, const std::string& path) {
  int flags = 0;
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) return static_cast<unsigned>(flags);
  if (not_supported(errno)) return 0U;
  return std::unexpected(errno_error(errno, path + ": its flags"));
}

std::string letters_of(unsigned flags) {
  std::string letters;
  for (const Flag& flag : flags_known) {
    if ((flags & flag.bit) != 0) letters += flag.letter;
  }
  return letters;
}

Result<Done> kept(int outcome, const std::string& path, const std::string& name) {
  if (outcome == 0 || errno == ENODATA) return Done{};
  Error error = errno_error(errno, "setxattr");
  if (error.code == Errc::invalid) error.code = Errc::denied;
  error.message = fmt::format("{}: its attribute {} cannot be kept ({})", path, name, error.message);
  return std::unexpected(error);
}

Result<Done> write_attribute(int fd, const std::string& path, const std::string& key, const Json& value) {
  const auto bytes = unbase64(value.get_ref<const std::string&>());
  if (!bytes) return std::unexpected(bytes.error());
  if (key.starts_with("base64:")) return fail(Errc::denied, path + ": its attribute " + key + " has no plain name");
  return kept(fsetxattr(fd, key.c_str(), bytes->data(), bytes->size(), 0), path, key);
}

}  // namespace

Result<Done> read_attributes(int fd, const std::string& path, Json& fields) {
  const auto names = attribute_names(fd, path);
  if (!names) return std::unexpected(names.error());
  std::size_t total = 0;
  for (const std::string& name : *names) {
    std::string value(attributes_max, '\0');
    const ssize_t size = fgetxattr(fd, name.c_str(), value.data(), value.size());
    if (size < 0 && errno == ENODATA) continue;
    if (size < 0) return std::unexpected(errno_error(errno, fmt::format("{}: its attribute {}", path, name)));
    value.resize(static_cast<std::size_t>(size));
    total += name.size() + value.size();
    if (total > attributes_max) return fail(Errc::invalid, path + ": has more than 64 KiB of extended attributes");
    if (name == acl_name) take_mode_out(value);
    fields["attributes"][is_utf8(name) ? name : "base64:" + base64(name)] = base64(value);
  }
  const auto flags = read_flags(fd, path);
  if (!flags) return std::unexpected(flags.error());
  if (const std::string letters = letters_of(*flags); !letters.empty()) fields["flags"] = letters;
  return Done{};
}

Result<Done> write_flags(int fd, const std::string& path, const Json& fields) {
  const std::string letters = fields.value("flags", std::string());
  auto now = read_flags(fd, path);
  if (!now) return std::unexpected(now.error());
  unsigned wanted = *now;
  for (const Flag& flag : flags_known) {
    wanted = letters.find(flag.letter) == std::string::npos ? wanted & ~flag.bit : wanted | flag.bit;
  }
  if (wanted == *now) return Done{};
  const auto refuse = [&](const std::string& why) {
    return fail(Errc::denied,
                fmt::format("{}: its flags \"{}\" cannot be kept ({}); see lsattr(1)", path, letters, why));
  };
  const int value = static_cast<int>(wanted);
  if (ioctl(fd, FS_IOC_SETFLAGS, &value) != 0) return refuse(errno_error(errno, "chattr").message);
  now = read_flags(fd, path);  // some file systems say yes and do nothing
  if (!now) return std::unexpected(now.error());
  if (letters_of(*now) == letters_of(wanted)) return Done{};
  return refuse(fmt::format("the file system makes \"{}\" of them", letters_of(*now)));
}

Result<Done> write_attributes(int fd, const std::string& path, const Json& fields) {
  const Json wanted = fields.value("attributes", Json::object());
  const auto inherited = attribute_names(fd, path);
  if (!inherited) return std::unexpected(inherited.error());
  for (const std::string& name : *inherited) {
    if (wanted.contains(name) || std::ranges::find(labels, name) != labels.end()) continue;
    if (auto ok = kept(fremovexattr(fd, name.c_str()), path, name); !ok) return ok;
  }
  // Whoever is not root sets a user attribute only where the mode lets him write: an ACL, which is kept without the
  // mode's bits, comes last, and what an ACL of the folder made of the mode is taken out first.
  if (!wanted.empty() && fchmod(fd, S_IRUSR | S_IWUSR) != 0) return std::unexpected(errno_error(errno, path));
  for (const bool acl : {false, true}) {
    for (const auto& [key, value] : wanted.items()) {
      if ((key == acl_name) != acl) continue;
      if (auto ok = write_attribute(fd, path, key, value); !ok) return ok;
    }
  }
  return Done{};
}

Result<Done> check_replaceable(const std::string& path, const Json& fields) {
  const std::string flags = fields.value("flags", std::string());
  const auto refuse = [&](std::string_view why) { return fail(Errc::denied, fmt::format("{}: is {}", path, why)); };
  if (flags.find('i') != std::string::npos) return refuse("immutable; allow changes with chattr -i");
  if (flags.find('a') != std::string::npos) return refuse("append-only; allow changes with chattr -a");
  if (flags.find('V') != std::string::npos) return refuse("sealed by fs-verity, which a changed file cannot keep");
  const Json attributes = fields.value("attributes", Json::object());
  for (const char* name : measured) {
    if (attributes.contains(name)) {
      return refuse(fmt::format("measured by the kernel ({}), which a changed file cannot keep", name));
    }
  }
  return Done{};
}

Result<Done> check_changeable(int folder, const std::string& path) {
  const auto flags = read_flags(folder, path);
  if (!flags) return std::unexpected(flags.error());
  const auto refuse = [&](std::string_view is, std::string_view so, char flag) {
    return fail(Errc::denied, fmt::format("{}: its folder is {}, so that {}; allow it with chattr -{} {}", path, is, so,
                                          flag, path.substr(0, std::max<std::size_t>(path.rfind('/'), 1))));
  };
  if ((*flags & FS_IMMUTABLE_FL) != 0)
    return refuse("immutable", "nothing in it can be made, replaced or removed", 'i');
  if ((*flags & FS_APPEND_FL) != 0) return refuse("append-only", "no file in it can be replaced or removed", 'a');
  return Done{};
}

Json without_label(Json fields) {
  const auto attributes = fields.find("attributes");
  if (attributes == fields.end()) return fields;
  for (const char* name : labels) attributes->erase(name);
  if (attributes->empty()) fields.erase("attributes");
  return fields;
}

void drop_capabilities(Json& fields) {
  const auto attributes = fields.find("attributes");
  if (attributes == fields.end()) return;
  attributes->erase(std::string(capability_name));
  if (attributes->empty()) fields.erase("attributes");
}

}  // namespace aright::driver
