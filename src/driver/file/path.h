// Opening a file's folder so that nobody can lead us elsewhere: component by component beneath a handle, no links.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::driver {

/// The folder a managed file lies in, held open, and the file's name in it.
struct Place {
  UniqueFd folder;
  std::string name;    ///< bytes, as the system has them
  std::string path;    ///< as asked, for messages
  bool shared{false};  ///< others can make files here too (a sticky folder)
};

/// A folder held open for reading; `shared` as in Place.
struct Folder {
  UniqueFd fd;
  bool shared{false};
};

/// The form of ids (base/path_text.h) of an absolute path: no empty, "." or ".." component, no trailing slash, no NUL.
/// Errc::invalid.
[[nodiscard]] Result<Done> check_path(std::string_view path);

/// Opens the parent of `path`. Errc::denied: a component is a link (the message shows where it leads), or a folder on
/// the way, "/" included, belongs to somebody else than root or us, or can be written by others (unless sticky); what
/// an ACL grants shows in its mode. Errc::not_found: a folder is missing. Errc::invalid as check_path.
[[nodiscard]] Result<Place> open_place(const std::string& path);
/// Opens a folder itself, with the same checks, for listing.
[[nodiscard]] Result<Folder> open_folder(const std::string& path);

/// openat2 beneath `folder` without following links; flags as in open(2), O_CLOEXEC is added. -1 and errno on failure.
[[nodiscard]] int open_beneath(int folder, const char* name, int flags, unsigned mode = 0);

}  // namespace aright::driver
