#include "http/open_sockets.h"

#include <sys/socket.h>
#include <unistd.h>

namespace aright::http {

void OpenSockets::opened(int fd) {
  const std::scoped_lock lock(mutex_);
  open_.insert(fd);
  if (cut_) shutdown(fd, SHUT_RDWR);
}

int OpenSockets::close(int fd) {
  const std::scoped_lock lock(mutex_);  // after it the number may be another's
  open_.erase(fd);
  return ::close(fd);
}

void OpenSockets::cut_off() {
  const std::scoped_lock lock(mutex_);
  cut_ = true;
  for (const int fd : open_) shutdown(fd, SHUT_RDWR);
}

}  // namespace aright::http
