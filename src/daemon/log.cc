#include "daemon/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>

#include "cli/terminal_text.h"

namespace aright::daemon {

namespace {

constexpr const char* engines = "engine";  // of the logger that does not flush by itself

/// Gathers lines until the flush. What cannot be written is dropped: the log is for a person who watches, the record is
/// elsewhere, and the next line is tried anew.
class GatheringSink final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override { formatter_->format(message, lines_); }
  void flush_() override {
    for (std::size_t done = 0; done < lines_.size();) {
      const ssize_t count = write(STDERR_FILENO, lines_.data() + done, lines_.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    lines_.clear();
  }

  spdlog::memory_buf_t lines_;
};

}  // namespace

void log_to_stderr(bool only_warnings) {
  auto sink = std::make_shared<GatheringSink>();
  auto at_once = std::make_shared<spdlog::logger>("aright", sink);
  auto engine = std::make_shared<spdlog::logger>(engines, sink);
  if (only_warnings) {
    at_once->set_level(spdlog::level::warn);
    engine->set_level(spdlog::level::warn);
  }
  sink->set_pattern("[%Y-%m-%d %H:%M:%S.%e] [aright] [%l] %v");
  at_once->flush_on(spdlog::level::trace);
  spdlog::drop(engines);
  spdlog::register_logger(std::move(engine));
  spdlog::set_default_logger(std::move(at_once));
}

void tell(const std::vector<engine::Notice>& notices) {
  const auto log = spdlog::get(engines);
  for (const auto& [warning, text] : notices) {
    log->log(warning ? spdlog::level::warn : spdlog::level::info, "{}", cli::safe(text));
  }
  log->flush();
}

}  // namespace aright::daemon
