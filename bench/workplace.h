// A folder of its own for one measurement, on the disk the build lies on, gone at the end.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace aright::bench {

class Workplace {
 public:
  /// Below the folder `above`, which exists.
  static Result<Workplace> make(const std::string& above);
  Workplace(Workplace&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Workplace& operator=(Workplace&&) = delete;
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// A new folder below it, 0700.
  [[nodiscard]] Result<std::string> folder(const std::string& name) const;

 private:
  explicit Workplace(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Writes the file whole. Mode 0644.
[[nodiscard]] Result<Done> write_file(const std::string& file, const std::string& text);
[[nodiscard]] Result<std::string> read_file(const std::string& file);

/// What every managed file of the benchmarks holds when it is as approved: about 1 KiB of settings.
[[nodiscard]] const std::string& approved_content();

/// A configuration that restores every regular file of `folders` to `approved_content`, mode auto, the threshold wider
/// than anything measured here.
[[nodiscard]] Result<Done> write_config(const std::string& config, const std::vector<std::string>& folders);

/// `count` approved files below `folder`; their paths.
[[nodiscard]] Result<std::vector<std::string>> make_files(const std::string& folder, unsigned count);

/// Breaks a file in place: appends a line and closes it.
[[nodiscard]] Result<Done> break_file(const std::string& file);

}  // namespace aright::bench
