#include "daemon/witnesses.h"

#include <spdlog/spdlog.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <thread>
#include <utility>

#include "cli/terminal_text.h"
#include "cli/witness_file.h"
#include "daemon/process.h"
#include "daemon/witness_writer.h"

namespace aright::daemon {

namespace {
constexpr std::size_t waiting_max = 1000;
constexpr std::chrono::seconds try_again{1};
constexpr std::chrono::seconds farewell{2};
}  // namespace

/// What goes to one witness. Its thread holds it too: it may outlive whoever gave up waiting for it.
class Witnesses::Line {
 public:
  explicit Line(cli::WitnessPlace place) : place_(std::move(place)) {}

  static std::shared_ptr<Line> begin(const cli::WitnessPlace& place) {
    auto line = std::make_shared<Line>(place);
    std::thread([line] {
      name_thread("witness");
      line->run();
    }).detach();  // a write to a dead server's disk does not come back, and nobody waits for it
    return line;
  }

  void give(std::uint64_t size, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    waiting_.emplace_back(size, text);
    if (waiting_.size() > waiting_max) waiting_.pop_front();
    changed_.notify_all();
  }

  void end() {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }

  void wait_until(std::chrono::steady_clock::time_point last) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, last, [this] { return over_; });
    silent_ = true;
  }

  [[nodiscard]] api::WitnessView view() const {
    const std::scoped_lock lock(mutex_);
    return {place_.name(), size_, waiting_.size(), trouble_};
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) break;
      const auto [size, text] = waiting_.front();
      lock.unlock();
      auto written = write_to_witness(place_, text);
      lock.lock();
      if (written) {
        taken(size);
      } else {
        refused(written.error().message);
        if (ending_) break;
        changed_.wait_for(lock, try_again, [this] { return ending_; });
      }
    }
    over_ = true;
    changed_.notify_all();
  }

  void taken(std::uint64_t size) {
    size_ = size;
    while (!waiting_.empty() && waiting_.front().first <= size) waiting_.pop_front();
    if (!std::exchange(trouble_, {}).empty() && !silent_) spdlog::info("witness {}: well again", safe_name());
  }

  void refused(const std::string& why) {
    if (trouble_ != why && !silent_) spdlog::warn("witness {}: {}", safe_name(), cli::safe(why));
    trouble_ = why;
  }

  [[nodiscard]] std::string safe_name() const { return cli::safe(place_.name()); }

  const cli::WitnessPlace place_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::uint64_t, std::string>> waiting_;
  std::uint64_t size_{0};
  std::string trouble_;
  bool ending_{false};
  bool over_{false};
  bool silent_{false};  ///< nobody listens any more
};

Witnesses::~Witnesses() {
  const auto last = std::chrono::steady_clock::now() + farewell;
  for (const auto& [name, line] : lines_) line->end();
  for (const auto& [name, line] : lines_) line->wait_until(last);
}

void Witnesses::change(const std::vector<cli::WitnessPlace>& places) {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::shared_ptr<Line>> wanted;
  for (const cli::WitnessPlace& place : places) {
    const auto there = lines_.find(place.name());
    wanted[place.name()] = there != lines_.end() ? there->second : Line::begin(place);
  }
  for (const auto& [name, line] : lines_) {
    if (!wanted.contains(name)) line->end();
  }
  lines_ = std::move(wanted);
}

void Witnesses::publish(const std::string& note) {
  std::uint64_t size = 0;  // the second line of what we have just signed
  const std::size_t at = note.find('\n') + 1;
  std::from_chars(note.data() + at, note.data() + note.size(), size);
  const std::string text = cli::witness_line(note);
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, line] : lines_) line->give(size, text);
}

std::vector<api::WitnessView> Witnesses::view() const {
  const std::scoped_lock lock(mutex_);
  std::vector<api::WitnessView> all;
  all.reserve(lines_.size());
  for (const auto& [name, line] : lines_) all.push_back(line->view());
  return all;
}

}  // namespace aright::daemon
