// Several descriptors to wait on as one.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::source {

/// `epoll` is readable from now on whenever `fd` is. Errors as epoll_ctl(2) says.
Result<Done> wait_also_on(const UniqueFd& epoll, int fd);

}  // namespace aright::source
