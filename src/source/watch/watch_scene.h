// For tests of source/watch against the real kernel: a fresh folder, and waiting for hints with a deadline.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "source/watch/watch_source.h"

namespace aright::source {

namespace fs = std::filesystem;
using Clock = WatchSource::Clock;
inline constexpr auto patience = std::chrono::seconds{10};

class TempFolder {
 public:
  TempFolder() {
    std::string form = fs::canonical(fs::temp_directory_path()) / "aright-watch-XXXXXX";
    path_ = mkdtemp(form.data());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void put(const std::string& path, const std::string& text = "x") { std::ofstream(path) << text; }

inline void wait_for(const WatchSource& source, Clock::time_point until) {
  if (const auto due = source.deadline(); due && *due < until) until = *due;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd waiting{source.fd(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
}

/// Hints up to and including the first that `last` accepts; all so far when none comes in time.
template <class Last>
std::vector<Hint> hints_until(WatchSource& source, Last last) {
  std::vector<Hint> all;
  const auto until = Clock::now() + patience;
  while (Clock::now() < until) {
    wait_for(source, until);
    for (Hint& hint : source.drain()) {
      all.push_back(std::move(hint));
      if (last(all.back())) return all;
    }
  }
  ADD_FAILURE() << "no such hint within the deadline";
  return all;
}

inline std::vector<std::string> changes_until(WatchSource& source, const std::string& path) {
  std::vector<std::string> paths;
  for (const Hint& hint : hints_until(source, [&](const Hint& h) { return h.path == path; }))
    paths.push_back(hint.path);
  return paths;
}

inline std::string read_all_note(WatchSource& source) {
  const auto hints = hints_until(source, [](const Hint& h) { return h.what == Hint::What::read_all; });
  return hints.empty() ? std::string() : hints.back().note;
}

inline WatchSource watch(const std::vector<std::string>& files, const std::vector<std::string>& folders = {}) {
  auto source = WatchSource::create(files, folders);
  EXPECT_TRUE(source) << source.error().message;
  return std::move(*source);
}

}  // namespace aright::source
