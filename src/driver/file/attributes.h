// What a file carries beside content, mode and owner: extended attributes with ACL and label, and chattr(1) flags. A
// new file gets exactly what the old one had, or the change is refused.
#pragma once

#include <string>

#include "model/resource.h"

namespace aright::driver {

/// Adds to `fields`, each only when there is something:
///   "attributes": {"user.note": "base64 of the value", …}. In the ACL the bits that the mode shows as well are zero,
///   so
///                 that a mode and an ACL can be stated apart.
///   "flags": letters of chattr(1) and "V" for fs-verity, sorted, of the flags a person can set.
/// Errc::invalid: more than 64 KiB of attributes.
[[nodiscard]] Result<Done> read_attributes(int fd, const std::string& path, Json& fields);

/// Gives the new file `fd` the flags that `fields` says and no others. Call it before there is content: btrfs takes
/// some of them for an empty file only. Errors name the flags, also when the file system takes them and does nothing.
[[nodiscard]] Result<Done> write_flags(int fd, const std::string& path, const Json& fields);

/// Gives the new file `fd` the attributes that `fields` says and takes away those it got from its folder; a label that
/// the system gave it stays when `fields` names none. Call it after content and owner and before the mode, which it
/// leaves as anything. Errors name the attribute that cannot be kept.
[[nodiscard]] Result<Done> write_attributes(int fd, const std::string& path, const Json& fields);

/// Errc::denied when a file with these fields cannot be replaced by one with another content: immutable, append-only,
/// fs-verity, or measured by the kernel. The message says what to try.
[[nodiscard]] Result<Done> check_replaceable(const std::string& path, const Json& fields);

/// Errc::denied when the flags of `folder`, in which the file `path` lies, let no file in it be replaced or removed:
/// immutable or append-only. The message says what to try.
[[nodiscard]] Result<Done> check_changeable(int folder, const std::string& path);

/// `fields` without the label, which the system chooses for a file that is new.
[[nodiscard]] Json without_label(Json fields);
/// `fields` without file capabilities: like chown(2), a new owner does not inherit them.
void drop_capabilities(Json& fields);

}  // namespace aright::driver
