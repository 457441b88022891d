// What is ours as it lies in the file system at one moment, to be compared with where a path leads.
#pragma once

#include <sys/types.h>

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace aright::driver {

struct FileId {
  dev_t device{0};
  ino_t inode{0};
  auto operator<=>(const FileId&) const = default;
};

/// Of what is at the path, links followed; none: nothing is.
[[nodiscard]] std::optional<FileId> file_id(const std::string& path);

class OwnTree {
 public:
  /// `paths`: absolute bytes, as `real_path` gives them; one that is not absolute makes everything ours.
  explicit OwnTree(const std::vector<std::string>& paths);

  /// Words for what of ours `path` is or lies in; empty: nothing. `path` as `real_path` gives it.
  [[nodiscard]] std::string around(const std::string& path);
  /// The same of what of ours lies in the folder `path`, or is it.
  [[nodiscard]] std::string within(const std::string& path) const;
  /// It is the running program, under whatever name.
  [[nodiscard]] bool is_program(const std::string& path) const;
  /// There is one of ours whose first folder has this name.
  [[nodiscard]] bool begins_with(std::string_view first_folder) const;

 private:
  struct Place {
    std::string path;
    std::optional<FileId> id;
    std::set<FileId> above;  ///< the folders on the way to it
  };
  [[nodiscard]] bool has(const FileId& id, bool may_be_elsewhere);
  void look_through();

  std::vector<Place> places_;
  std::optional<FileId> program_;
  std::optional<std::set<FileId>> all_;  ///< everything in `places_`, once it was asked for
  bool too_many_{false};                 ///< to know them all
};

}  // namespace aright::driver
