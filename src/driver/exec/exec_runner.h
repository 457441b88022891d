// Runs programs on this machine: no shell, nothing of ours inherited, ended in time with everything they started.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "driver/exec/family.h"
#include "driver/exec/marks.h"
#include "driver/secret_keeper.h"
#include "model/port/program.h"

namespace aright::driver {

struct ExecLimits {
  std::size_t running_max = 8;             ///< programs at once
  std::chrono::milliseconds wait{10'000};  ///< for one of them to end, when as many are running
  std::chrono::milliseconds grace{2'000};  ///< between TERM and KILL
  std::chrono::milliseconds last{5'000};   ///< after KILL, for the kernel to take it away
};

/// One in a process, which becomes a child subreaper by it: every child born while it lives is taken for its own.
class ExecRunner final : public ProgramRunner {
 public:
  /// `secrets` outlives it; none: no request may name one. `marks`: the file by which a later life finds what this one
  /// has not seen end; empty: only by its environment. `node` ([a-z0-9]{1,16}): what tells our keys from those of other
  /// nodes, wherever a program passes them on to; empty: nothing. Errors as Family::create and Marks::open, and those
  /// of eventfd(2).
  static Result<std::unique_ptr<ExecRunner>> create(const ExecLimits& limits, SecretKeeper* secrets = nullptr,
                                                    const std::string& marks = {}, const std::string& node = {});

  Result<ProgramOutcome> run(const ProgramRequest& request) override;
  Result<Done> may_run(const ProgramRequest& request) override;
  Result<FormerProgram> former(const ProgramRequest& request, bool overdue) override;

  /// Ends running programs as if their time were over, now and from now on; who waits for its turn gets
  /// Errc::unavailable. Does not wait. Any thread, more than once.
  void stop();

 private:
  ExecRunner(const ExecLimits& limits, SecretKeeper* secrets, std::unique_ptr<Family> family, UniqueFd stopped,
             std::unique_ptr<Marks> marks, const std::string& node)
      : limits_(limits),
        key_begin_(node.empty() ? node : node + "-"),
        secrets_(secrets),
        family_(std::move(family)),
        stopped_(std::move(stopped)),
        marks_(std::move(marks)) {}
  Result<ProgramOutcome> run_told(const ProgramRequest& request);
  Result<Done> take_turn(const ProgramRequest& request);
  void give_turn_back();
  Result<Child> start(const ProgramRequest& request);
  Result<ProgramOutcome> attend(const ProgramRequest& request, Child child);

  const ExecLimits limits_;
  const std::string key_begin_;  ///< before the key of each request
  SecretKeeper* secrets_;
  std::unique_ptr<Family> family_;
  UniqueFd stopped_;              ///< readable from `stop` on
  std::unique_ptr<Marks> marks_;  ///< nullptr: none are made
  std::mutex mutex_;
  std::condition_variable turn_free_;
  std::size_t running_{0};
  bool stopping_{false};
};

}  // namespace aright::driver
