#include "daemon/socket_group.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/unique_fd.h"
#include "cli/team_members.h"
#include "cli/terminal_text.h"

namespace aright::daemon {

Result<Done> open_socket_to(const std::string& group, const std::string& socket) {
  const auto number = cli::group_number(group);
  if (!number)
    return fail(Errc::invalid, fmt::format("aright.yaml: socket: there is no group {} on this machine", group));
  const std::filesystem::path path(socket);
  const std::string folder = path.parent_path();
  const std::string name = path.filename();
  const UniqueFd place{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!place.valid()) return std::unexpected(errno_error(errno, folder));
  constexpr uid_t stays = static_cast<uid_t>(-1);
  const bool given = fchown(place.get(), stays, *number) == 0 &&
                     fchownat(place.get(), name.c_str(), stays, *number, AT_SYMLINK_NOFOLLOW) == 0;
  if (!given && errno == EPERM) {
    return fail(Errc::denied,
                fmt::format("aright.yaml: socket: group {} is not one of this daemon's user, who can give the "
                            "socket only to his own; make him a member of it",
                            group));
  }
  if (!given || fchmod(place.get(), 0710) != 0) return std::unexpected(errno_error(errno, folder));
  return Done{};
}

void mend_socket(http::Server& server, const std::string& group, const std::string& socket) {
  struct stat info{};
  if (lstat(socket.c_str(), &info) == 0 || errno != ENOENT) return;
  auto made = server.listen_again();
  if (made && !group.empty()) made = open_socket_to(group, socket);
  if (made) return spdlog::warn("{}: was removed by somebody; it is made again", cli::safe(socket));
  spdlog::error(
      "{}: was removed by somebody, no command reaches this daemon, and it cannot be made again: {}; SIGHUP "
      "tries it again",
      cli::safe(socket), cli::safe(made.error().message));
}

}  // namespace aright::daemon
