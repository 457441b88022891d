// Why something did not happen, as a value.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace aright {

/// What a caller may branch on. Absence is not an error: `find` returns an optional.
enum class Errc : std::uint8_t {
  not_found,    ///< the named thing does not exist
  invalid,      ///< the input breaks a rule; the message says which
  conflict,     ///< somebody else changed it meanwhile; nothing was touched
  denied,       ///< the system or a rule of ours does not allow it
  unavailable,  ///< cannot be reached or is busy
  no_space,     ///< the disk is full
  corrupt,      ///< stored data is not what was written
  paused,       ///< the pause gate was closed before the effect; nothing was touched
  timeout,      ///< the deadline passed; whether it happened is not known
};

enum class Retry : bool { no, yes };

/// `code` and `retry` are for the caller, `message` for a person: lower case, no full stop, names the resource and
/// the value seen.
struct Error {
  Errc code{};
  Retry retry{Retry::no};  ///< yes: the same call, unchanged, may succeed later
  std::string message;
};

struct Done {};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message, Retry retry = Retry::no) {
  return std::unexpected<Error>(Error{code, retry, std::move(message)});
}

/// The stable name of a code, as in records and API answers ("not-found", …).
[[nodiscard]] std::string_view name(Errc code);

/// `what: strerror(err)`, its first letter small, with the code that fits `err` (ENOENT not_found,
/// EACCES/EPERM/EROFS/ELOOP denied, ENOSPC/EDQUOT no_space, EAGAIN/EBUSY/EINTR unavailable + retry, EIO corrupt, else
/// invalid).
[[nodiscard]] Error errno_error(int err, std::string_view what);

}  // namespace aright
