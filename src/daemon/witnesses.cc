#include "daemon/witnesses.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <thread>
#include <utility>

#include "cli/terminal_text.h"
#include "daemon/process.h"

namespace aright::daemon {

namespace {
constexpr std::size_t waiting_max = 1000;
constexpr std::chrono::seconds try_again{1};
constexpr std::chrono::seconds ask_again_max{64};  ///< a server is asked less and less often
constexpr std::chrono::seconds farewell{2};
constexpr std::chrono::seconds after_the_cut{1};  ///< enough for all that can be cut
}  // namespace

/// What goes to one witness. Its thread holds it too, which may outlive whoever gave up waiting for it.
class Witnesses::Line {
 public:
  Line(cli::WitnessPlace place, const WitnessSurroundings& around)
      : place_(std::move(place)), writer_(witness_writer(place_, around)) {}

  [[nodiscard]] const cli::WitnessPlace& place() const { return place_; }

  void give(std::uint64_t size, const std::string& note) {
    const std::scoped_lock lock(mutex_);
    waiting_.emplace_back(size, note);
    const bool newest_is_enough = place_.kind == cli::WitnessPlace::Kind::http;
    if (waiting_.size() > (newest_is_enough ? 1 : waiting_max)) waiting_.pop_front();
    changed_.notify_all();
  }

  void end() {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }

  /// Whether its thread is over but for its last steps.
  bool wait_until(std::chrono::steady_clock::time_point last) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, last, [this] { return over_; });
  }

  /// Nobody listens any more.
  void cut() {
    std::unique_lock lock(mutex_);
    silent_ = true;
    lock.unlock();
    writer_->stop();
  }

  [[nodiscard]] api::WitnessView view() const {
    const std::scoped_lock lock(mutex_);
    return {place_.name(), size_, waiting_.size(), trouble_};
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) break;
      const auto [size, note] = waiting_.front();
      lock.unlock();
      auto written = writer_->write(size, note);
      lock.lock();
      if (written) {
        taken(size);
      } else {
        refused(written.error().message);
        if (ending_) break;
        changed_.wait_for(lock, pause(), [this] { return ending_; });
      }
    }
    over_ = true;
    changed_.notify_all();
  }

 private:
  [[nodiscard]] std::chrono::seconds pause() {
    if (place_.kind != cli::WitnessPlace::Kind::http) return try_again;
    return std::exchange(next_pause_, std::min(next_pause_ * 2, ask_again_max));
  }

  void taken(std::uint64_t size) {
    size_ = size;
    next_pause_ = try_again;
    while (!waiting_.empty() && waiting_.front().first <= size) waiting_.pop_front();
    if (!std::exchange(trouble_, {}).empty() && !silent_) spdlog::info("witness {}: well again", safe_name());
  }

  void refused(const std::string& why) {
    if (trouble_ != why && !silent_) spdlog::warn("witness {}: {}", safe_name(), cli::safe(why));
    trouble_ = why;
  }

  [[nodiscard]] std::string safe_name() const { return cli::safe(place_.name()); }

  const cli::WitnessPlace place_;
  const std::unique_ptr<WitnessWriter> writer_;
  std::chrono::seconds next_pause_{try_again};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::uint64_t, std::string>> waiting_;
  std::uint64_t size_{0};
  std::string trouble_;
  bool ending_{false};
  bool over_{false};
  bool silent_{false};
};

/// A line and its thread, which is left to itself where nobody may wait for it: a write to a dead server's disk does
/// not come back.
class Witnesses::Witness {
 public:
  Witness(const cli::WitnessPlace& place, const WitnessSurroundings& around)
      : line_(std::make_shared<Line>(place, around)), thread_([line = line_] {
          name_thread("witness");
          line->run();
        }) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() {
    line_->end();
    if (thread_.joinable()) thread_.detach();
  }

  [[nodiscard]] Line& line() const { return *line_; }

  /// Whether it has ended by then.
  bool join_until(std::chrono::steady_clock::time_point last) {
    if (!line_->wait_until(last)) return false;
    thread_.join();
    return true;
  }

 private:
  const std::shared_ptr<Line> line_;
  std::thread thread_;
};

Witnesses::Witnesses(WitnessSurroundings around, const std::vector<cli::WitnessPlace>& places)
    : around_(std::move(around)) {
  change(places);
}

Witnesses::~Witnesses() {
  const auto last = std::chrono::steady_clock::now() + farewell;
  for (const auto& [name, witness] : witnesses_) witness->line().end();
  for (auto& [name, witness] : witnesses_) {
    witness->line().wait_until(last);
    leaving_.push_back(std::move(witness));
  }
  for (const auto& witness : leaving_) witness->line().cut();
  const auto very_last = std::chrono::steady_clock::now() + after_the_cut;
  for (const auto& witness : leaving_) witness->join_until(very_last);
}

void Witnesses::change(const std::vector<cli::WitnessPlace>& places) {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::unique_ptr<Witness>> wanted;
  for (const cli::WitnessPlace& place : places) {
    const auto there = witnesses_.find(place.name());
    const bool as_before = there != witnesses_.end() && there->second->line().place() == place;
    wanted[place.name()] =
        as_before ? std::move(witnesses_.extract(there).mapped()) : std::make_unique<Witness>(place, around_);
  }
  std::erase_if(leaving_, [](const auto& witness) { return witness->join_until({}); });
  for (auto& [name, witness] : witnesses_) {
    witness->line().end();
    leaving_.push_back(std::move(witness));
  }
  witnesses_ = std::move(wanted);
}

void Witnesses::publish(const std::string& note) {
  std::uint64_t size = 0;  // the second line of what we have just signed
  const std::size_t at = note.find('\n') + 1;
  std::from_chars(note.data() + at, note.data() + note.size(), size);
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, witness] : witnesses_) witness->line().give(size, note);
}

std::vector<api::WitnessView> Witnesses::view() const {
  const std::scoped_lock lock(mutex_);
  std::vector<api::WitnessView> all;
  all.reserve(witnesses_.size());
  for (const auto& [name, witness] : witnesses_) all.push_back(witness->line().view());
  return all;
}

}  // namespace aright::daemon
