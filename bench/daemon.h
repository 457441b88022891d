// The real daemon as a child process, and what it has made durable.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "machine.h"
#include "store/sqlite.h"

namespace aright::bench {

/// Runs a program to its end; its standard output. Errc::invalid when it does not exit with 0.
struct Finished {
  std::string output;
  double seconds{0};
  double rss_max_mib{0};
};
[[nodiscard]] Result<Finished> run_program(const std::vector<std::string>& argv, const std::string& log);

class Daemon {
 public:
  struct Where {
    std::string binary;
    std::string config;
    std::string state;
    std::string root;     ///< of relative paths; empty: none
    std::string log;      ///< its standard error goes there
    bool listens{false};  ///< its configuration names an address
  };
  /// Waits at most 30 s for the line "ready".
  static Result<Daemon> start(const Where& where);
  Daemon(Daemon&& other) noexcept;
  Daemon& operator=(Daemon&&) = delete;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();  ///< kills what was not stopped

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }  ///< 0: it listens at none
  /// From just before the process was made until its line "ready" was read.
  [[nodiscard]] double ready_s() const { return ready_s_; }
  /// SIGTERM, then its end. Errc::invalid when it did not exit with 0.
  [[nodiscard]] Result<Done> stop();

 private:
  Daemon() = default;
  int pid_{-1};
  std::uint16_t port_{0};
  double ready_s_{0};
  UniqueFd output_;
};

/// Sees what the daemon has committed, through a read-only connection of its own. In WAL mode with synchronous=FULL a
/// frame is synced before it becomes visible to another connection, so what is seen here is durable. Looking takes a
/// few microseconds and holds up neither writer nor checkpoint.
class Outcomes {
 public:
  static Result<Outcomes> open(const std::string& state);
  /// The number of the newest run.
  [[nodiscard]] Result<std::uint64_t> newest();
  [[nodiscard]] Result<std::uint64_t> open_runs();
  /// Runs after `run` whose recorded end is `state`.
  [[nodiscard]] Result<std::uint64_t> ended_as(const std::string& state, std::uint64_t run);
  /// Returns when run `run` is durable as succeeded. Looks every `interval`. Errc::timeout after 20 s, invalid when it
  /// ended otherwise.
  [[nodiscard]] Result<Done> wait_succeeded(std::uint64_t run, std::chrono::microseconds interval);
  /// Returns when run `run` is durable with an effect announced: from then on it is certain to be answered. Else as
  /// `wait_succeeded`.
  [[nodiscard]] Result<Done> wait_intended(std::uint64_t run, std::chrono::microseconds interval);
  /// Returns when `count` runs after `run` are there and none is open.
  [[nodiscard]] Result<Done> wait_all(std::uint64_t run, std::uint64_t count, std::chrono::microseconds interval);

 private:
  store::Database database_;
  store::Statement newest_, open_, one_;
};

}  // namespace aright::bench
