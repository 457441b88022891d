#include "source/epoll.h"

#include <sys/epoll.h>

#include <cerrno>

namespace aright::source {

Result<Done> wait_also_on(const UniqueFd& epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0) return Done{};
  return std::unexpected(errno_error(errno, "epoll"));
}

}  // namespace aright::source
