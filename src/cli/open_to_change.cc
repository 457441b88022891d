#include "cli/open_to_change.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "base/path_text.h"
#include "cli/own_paths.h"

namespace aright::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* so_what = "what it says is run as the user of the daemon";

/// The mode of what everybody may write to.
std::optional<unsigned> mode_for_all(const fs::path& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0 || S_ISLNK(info.st_mode)) return std::nullopt;
  if ((info.st_mode & S_IWOTH) == 0) return std::nullopt;
  return info.st_mode & 07777U;
}

/// All that one folder holds and that everybody may change, as one mistake.
class OpenInside {
 public:
  explicit OpenInside(const fs::path& folder) : folder_(folder) {
    look(folder);
    std::error_code error;
    constexpr auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator one(folder, options, error), end; !error && one != end;
         one.increment(error)) {
      if (one->path().filename().string().starts_with('.')) {
        one.disable_recursion_pending();
      } else {
        look(one->path());
      }
    }
  }

  /// `prefix`: where the configuration has this folder; empty: it is the configuration.
  void tell(const std::string& named, const fs::path& prefix, Severity severity, Diagnostics& out) const {
    if (count_ == 0) return;
    const std::string below = first_.lexically_relative(folder_).string();
    const std::string at = below.empty() || below == "." ? named : (prefix / below).string();
    const std::string more = count_ == 1 ? std::string() : fmt::format(", as {} more in the folder", count_ - 1);
    out.push_back({severity,
                   {at, 0, 0},
                   fmt::format("anybody may change {} (mode {:04o}){}, and {}", at, mode_, more, so_what),
                   fmt::format("chmod {}o-w {}", count_ == 1 ? "" : "-R ",
                               path_text(count_ == 1 ? first_.string() : folder_.string()))});
  }

 private:
  void look(const fs::path& path) {
    const auto mode = mode_for_all(path);
    if (!mode) return;
    if (count_++ != 0 && first_ <= path) return;
    first_ = path;
    mode_ = *mode;
  }

  fs::path folder_;
  fs::path first_;
  unsigned mode_{0};
  std::size_t count_{0};
};

void check_above(const fs::path& whole, const std::string& named, Severity severity, Diagnostics& out) {
  for (fs::path above = whole; above.has_relative_path();) {
    above = above.parent_path();
    const auto mode = mode_for_all(above);
    if (!mode || (*mode & S_ISVTX) != 0) continue;
    const std::string shown = path_text(above.string());
    out.push_back(
        {severity,
         {named, 0, 0},
         fmt::format("it lies below {}, in which anybody may exchange it (mode {:04o}), and {}", shown, *mode, so_what),
         fmt::format("chmod o-w {}", shown)});
  }
}

}  // namespace

void check_open_to_change(const std::string& folder, Severity severity, Diagnostics& out) {
  const fs::path whole = absolute(folder);
  OpenInside(whole).tell(folder, {}, severity, out);
  check_above(whole, folder, severity, out);
  std::error_code error;
  for (fs::directory_iterator one(whole, error), end; !error && one != end; one.increment(error)) {
    std::error_code broken;
    if (!one->is_symlink(broken) || !one->is_directory(broken)) continue;
    const fs::path real = fs::canonical(one->path(), broken);  // controls/ may be a link to a folder elsewhere
    const std::string named = one->path().filename().string();
    if (broken || named.starts_with('.')) continue;
    OpenInside(real).tell(named, named, severity, out);
    check_above(real, named, severity, out);
  }
}

}  // namespace aright::cli
