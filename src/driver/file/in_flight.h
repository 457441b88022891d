// The temporaries that an apply of this process has on disk right now: neither listed nor read as files of their own.
// Any other file with such a name is somebody's file, and no hiding place.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace aright::driver {

/// Any thread.
class InFlight {
 public:
  /// `path` is in flight as long as this lives. The registry outlives it.
  class Mark {
   public:
    Mark(InFlight& all, std::string path) : all_(all), path_(std::move(path)) {
      const std::lock_guard lock(all_.mutex_);
      all_.paths_.insert(path_);
    }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() {
      const std::lock_guard lock(all_.mutex_);
      all_.paths_.erase(all_.paths_.find(path_));
    }

   private:
    InFlight& all_;
    std::string path_;
  };

  [[nodiscard]] bool has(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return paths_.contains(path);
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> paths_;
};

}  // namespace aright::driver
