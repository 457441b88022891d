#include "daemon/programs.h"

namespace aright::daemon {

namespace {
/// The drain lasts 10 s. TERM and KILL take up to 2 s; the rest is for the record.
constexpr std::chrono::seconds patience{5};
}  // namespace

Result<std::unique_ptr<Programs>> Programs::create() {
  auto runner = driver::ExecRunner::create({.running_max = engine::programs_at_once});
  if (!runner) return std::unexpected(runner.error());
  return std::unique_ptr<Programs>{new Programs(std::move(*runner))};
}

void Programs::end_soon() {
  ender_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!over_.wait_for(lock, stop, patience, [] { return false; }) && !stop.stop_requested()) runner_->stop();
  });
}

}  // namespace aright::daemon
