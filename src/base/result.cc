#include "base/result.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace aright {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::not_found: return "not-found";
    case Errc::invalid: return "invalid";
    case Errc::conflict: return "conflict";
    case Errc::denied: return "denied";
    case Errc::unavailable: return "unavailable";
    case Errc::no_space: return "no-space";
    case Errc::corrupt: return "corrupt";
    case Errc::paused: return "paused";
    case Errc::timeout: return "timeout";
  }
  std::abort();
}

namespace {

Error classify(int err) {
  switch (err) {
    case ENOENT:
    case ENOTDIR: return {Errc::not_found, Retry::no, {}};
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EXDEV: return {Errc::denied, Retry::no, {}};
    case ENOSPC:
    case EDQUOT: return {Errc::no_space, Retry::yes, {}};
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return {Errc::unavailable, Retry::yes, {}};
    case EIO: return {Errc::corrupt, Retry::no, {}};
    default: return {Errc::invalid, Retry::no, {}};
  }
}

}  // namespace

Error errno_error(int err, std::string_view what) {
  Error error = classify(err);
  std::string said = std::generic_category().message(err);
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (said.size() > 1 && is_capital(said[0]) && !is_capital(said[1]))
    said[0] = static_cast<char>(said[0] + ('a' - 'A'));
  error.message = std::string(what) + ": " + said;
  return error;
}

}  // namespace aright
