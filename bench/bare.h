// The yardstick: what a fix costs when nothing is decided, recorded or proved. The same system calls the file driver
// makes for one change of content, in the same order, on files of the same kind.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::bench {

/// openat2, read and compare, new file beside it, write, fchmod, fsync, exchange, look at what was displaced, unlink,
/// fsync of the folder, read again. Errc::invalid when it is not as wanted afterwards.
[[nodiscard]] Result<Done> bare_fix(const std::string& file, const std::string& wanted);

/// posix_spawn with one argument and an empty environment, and the wait for its end, whatever that is.
[[nodiscard]] Result<Done> bare_run(const std::string& program, const std::string& argument);

/// The price of a durable record without a database: 4 KiB appended and fdatasync'ed.
class BareJournal {
 public:
  static Result<BareJournal> open(const std::string& file);
  [[nodiscard]] Result<Done> append();

 private:
  UniqueFd fd_;
};

}  // namespace aright::bench
