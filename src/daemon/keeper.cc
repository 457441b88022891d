#include "daemon/keeper.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/process.h"
#include "store/outdated_rows.h"

namespace aright::daemon {

namespace {
constexpr std::chrono::hours look_every{1};
constexpr std::size_t part_max = 250;  ///< of each table: a commit that others wait for
constexpr std::chrono::milliseconds breath{20};
constexpr std::chrono::milliseconds look_for_end{100};  ///< while a commit cannot be made
}  // namespace

Keeper::Keeper(engine::Operators& operators, std::string database, const Retention& retention)
    : operators_(operators), database_(std::move(database)), retention_(retention), thread_([this] { run(); }) {}

Keeper::~Keeper() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  told_.notify_all();
  thread_.join();
}

void Keeper::change(const Retention& retention) {
  {
    const std::scoped_lock lock(mutex_);
    retention_ = retention;
    due_ = true;
  }
  told_.notify_all();
}

bool Keeper::ending() {
  const std::scoped_lock lock(mutex_);
  return ending_;
}

void Keeper::run() {
  name_thread("keeper");
  while (true) {
    Retention retention;
    {
      std::unique_lock lock(mutex_);
      told_.wait_for(lock, look_every, [this] { return ending_ || due_; });
      if (ending_) return;
      due_ = false;
      retention = retention_;
    }
    look(retention);
  }
}

/// Part after part, each one commit: what must be answered meanwhile comes between two.
void Keeper::look(const Retention& retention) {
  auto rows = store::OutdatedRows::open(database_);
  if (!rows) return spdlog::warn("what is kept too long is not known: {}", rows.error().message);
  const engine::Identity self{geteuid(), "aright", {}};
  while (!ending()) {
    auto found = rows->next(retention, wall_time(), part_max);
    if (!found) return spdlog::warn("what is kept too long is not known: {}", found.error().message);
    if (found->empty()) return;
    auto decided = operators_.submit(engine::Forget{std::move(*found)}, self);
    while (decided.wait_for(look_for_end) != std::future_status::ready) {
      if (ending()) return;
    }
    const auto done = decided.get();
    if (!done) return spdlog::warn("what was kept long enough stays for now: {}", done.error().message);
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, breath, [this] { return ending_; });
  }
}

}  // namespace aright::daemon
