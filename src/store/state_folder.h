// The state folder: one daemon at a time, its secrets, and room set aside for the end.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/port/reserve.h"

namespace aright::store {

class StateFolder final : public Reserve {
 public:
  /// Name of the secret whose presence says that a log was begun here.
  static constexpr const char* signing_key = "signing.key";
  static constexpr const char* plan_key = "plan.key";

  /// Creates it (0700) below an existing folder. Errc::denied: a link, in use by another daemon (its process is named)
  /// that does not end within two seconds, not ours, or writable by others. Errc::corrupt: the log's key is here but
  /// its database is missing or empty.
  static Result<StateFolder> open(const std::string& path);

  /// True while a daemon works in the folder `path`.
  [[nodiscard]] static bool in_use(const std::string& path);
  /// Its number, as it wrote it there; "unknown" before it has.
  [[nodiscard]] static std::optional<std::string> process_of(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string database() const { return file("aright.db"); }
  [[nodiscard]] std::string socket() const { return file("aright.sock"); }
  [[nodiscard]] std::string pause_file() const { return file("pause"); }

  /// 32 secret bytes kept in a file of mode 0600, made at first use when `may_create`, in one piece: a crash leaves a
  /// whole key or none. Errc::not_found, denied (readable by others, not ours), corrupt (not 32 bytes).
  Result<std::string> secret(const std::string& name, bool may_create);
  /// Writes a small public file in one piece, unless it reads so already.
  Result<Done> publish(const std::string& name, const std::string& text);

  /// Allocates 16 MiB for real; after a release only when more is free, so that it is not needed again at once.
  /// Errc::no_space; others as the file system's.
  Result<Done> set_reserve_aside();
  void release() override;
  Result<Done> restore() override { return set_reserve_aside(); }

 private:
  std::string path_;
  UniqueFd lock_;  ///< the folder itself
  bool released_{false};
  std::optional<std::uint64_t> beside_;  ///< the most bytes that were free when the reserve had been set aside
};

}  // namespace aright::store
