// What is Aright's own, recognised by what a path leads to and not by how it is spelt.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/own/own_tree.h"
#include "model/port/own_places.h"

namespace aright::driver {

/// Where a path leads is looked at each time: what is a link now may be another one later. A file or folder of ours is
/// known by device and inode, at most a second old, so that bind mounts and hard links are seen; what is not there yet
/// by its path.
class OwnFiles final : public OwnPlaces {
 public:
  /// `paths` in the form of ids (base/path_text.h). The running program is always among them.
  explicit OwnFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  void change(std::vector<std::string> paths);

  /// Paths are looked for at the beginning of the text and behind whatever may separate one from other things; one that
  /// is not absolute counts from "/", where programs are started.
  [[nodiscard]] std::string named_in(std::string_view text, Given given) const override;
  [[nodiscard]] std::uint64_t process() const override;
  [[nodiscard]] std::string why_kept(std::string_view path) const override;

 private:
  [[nodiscard]] OwnTree tree() const;

  mutable std::mutex mutex_;
  std::vector<std::string> paths_;
  mutable std::optional<OwnTree> kept_;
  mutable std::chrono::steady_clock::time_point kept_at_;
};

}  // namespace aright::driver
