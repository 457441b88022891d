#include "driver/file/seen_folders.h"

namespace aright::driver {

void SeenFolders::passed(const std::string& path, Id id, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (seen_.size() >= folders_max) {
    std::erase_if(seen_, [&](const auto& item) { return now - item.second.at >= fresh_for; });
    if (seen_.size() >= folders_max) seen_.clear();
  }
  seen_.insert_or_assign(path, Seen{id, now});
}

bool SeenFolders::has_passed(const std::string& path, Id id, Clock::time_point now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = seen_.find(path);
  return found != seen_.end() && found->second.id == id && now - found->second.at < fresh_for;
}

}  // namespace aright::driver
