// Names in the configuration folder that nothing reads: most likely a folder that is misspelt.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace aright::cli {

class StrangeNames {
 public:
  /// All that lies in the folder, before the rest is read.
  void take(const std::vector<std::string>& names, const Diagnostics& so_far);
  /// Where whoever reads a file that a definition names (`content_from`) notes its path below the folder.
  [[nodiscard]] std::shared_ptr<std::set<std::string>> read() const { return read_; }
  /// When everything has been read: a warning for each that nothing was read of, where they would have come.
  void warn(Diagnostics& out) const;

 private:
  std::vector<std::string> names_;
  std::size_t at_{0};
  std::shared_ptr<std::set<std::string>> read_ = std::make_shared<std::set<std::string>>();
};

}  // namespace aright::cli
