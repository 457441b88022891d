#include "cli/output.h"

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/result.h"

namespace aright::cli {

namespace {

constexpr int failed = 2;  ///< 1 says that something is wrong with what was looked at (docs/decisions/0212)

/// Without fmt, which throws where it cannot print.
void say(int err, const char* where) {
  if (err == EPIPE) return;
  const std::string why =
      err == 0 ? std::string(where) + ": not all of it could be written" : errno_error(err, where).message;
  std::fputs(("error: " + why + "\n").c_str(), stderr);
}

}  // namespace

int end_output(int code) {
  const bool before = std::ferror(stdout) != 0;  // why is no longer known, unless it is so still
  errno = 0;
  const bool now = std::fflush(stdout) != 0;
  if (!before && !now) return code;
  say(errno, "standard output");
  return code == 0 ? failed : code;
}

std::optional<int> unprinted(const std::system_error& error) {
  const bool out = std::ferror(stdout) != 0;
  if (!out && std::ferror(stderr) == 0) return std::nullopt;
  say(error.code().value(), out ? "standard output" : "standard error");
  return failed;
}

}  // namespace aright::cli
