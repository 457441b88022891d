// Marks of the programs that are running, by which a later life of this process finds those it has not seen end.
// Decision: docs/decisions/0150.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::driver {

/// One small file. Of each program it holds who it is, where there is room for it, and a lock on a place of its own:
/// the program inherits the handle that holds it, so the kernel knows until the last of those who have it has ended.
/// Nothing is synced: what a reboot forgets has ended with it. Any thread.
class Marks {
 public:
  /// Under which number a program and its children have the handle, as long as they do not close it.
  static constexpr int handle = 100;
  /// Programs whose names and numbers have room: those at once, and as many of an earlier life.
  static constexpr std::size_t slots = 64;

  struct Noted {
    pid_t pid{0};               ///< also the number of the session it began
    std::uint64_t earliest{0};  ///< ticks since boot between which it was started
    std::uint64_t latest{0};
    bool operator==(const Noted&) const = default;
  };

  /// The file is made where there is none; what is in it counts if it is of this boot. Errors as of open(2).
  static Result<std::unique_ptr<Marks>> open(const std::string& path);

  /// Of the program that is about to start with `key`, for it alone: ours is closed when it has started, or has not.
  /// Errors: no more handles, or none who may lock.
  [[nodiscard]] Result<UniqueFd> hold(const std::string& key) const;
  /// It has started. A note that cannot be written is none: the lock holds without it.
  void note(const std::string& key, const Noted& noted);
  /// It has ended, and all it has left behind.
  void forget(const std::string& key);

  [[nodiscard]] std::optional<Noted> noted(const std::string& key) const;
  /// Somebody has the handle of that program.
  [[nodiscard]] bool held(const std::string& key) const;
  /// `pid` has it, under its number.
  [[nodiscard]] bool holds(pid_t pid, const std::string& key) const;

 private:
  struct Slot {
    std::string key;  ///< empty: it is free
    Noted noted;
  };
  Marks(std::string path, UniqueFd file, std::string boot_id)
      : path_(std::move(path)), file_(std::move(file)), boot_id_(std::move(boot_id)) {}
  void load();
  void write(std::size_t slot) const;

  const std::string path_;
  UniqueFd file_;
  const std::string boot_id_;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> by_key_;
  std::array<Slot, slots> slots_;
};

}  // namespace aright::driver
