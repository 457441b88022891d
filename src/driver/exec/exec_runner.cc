#include "driver/exec/exec_runner.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>

#include "base/text.h"
#include "driver/exec/former.h"
#include "driver/exec/policy.h"
#include "driver/exec/process.h"
#include "driver/exec/program_file.h"
#include "driver/exec/secrets.h"
#include "driver/exec/talk.h"

namespace aright::driver {

namespace {

std::string name_of(const ProgramRequest& request) { return "program " + clip_text(request.arguments.front(), 200); }

}  // namespace

Result<std::unique_ptr<ExecRunner>> ExecRunner::create(const ExecLimits& limits, SecretKeeper* secrets,
                                                       const std::string& marks, const std::string& node) {
  UniqueFd stopped{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!stopped.valid()) return std::unexpected(errno_error(errno, "programs: eventfd"));
  auto family = Family::create();
  if (!family) return std::unexpected(family.error());
  auto made = marks.empty() ? Result<std::unique_ptr<Marks>>(nullptr) : Marks::open(marks);
  if (!made) return std::unexpected(made.error());
  return std::unique_ptr<ExecRunner>{
      new ExecRunner(limits, secrets, std::move(*family), std::move(stopped), std::move(*made), node)};
}

Result<Done> ExecRunner::take_turn(const ProgramRequest& request) {
  std::unique_lock lock(mutex_);
  const bool free =
      turn_free_.wait_for(lock, limits_.wait, [&] { return stopping_ || running_ < limits_.running_max; });
  if (stopping_) return fail(Errc::unavailable, name_of(request) + ": is not started, we are stopping", Retry::yes);
  if (!free) {
    return fail(Errc::unavailable,
                fmt::format("{}: {} programs are running, which is the limit; none ended within {}", name_of(request),
                            limits_.running_max, format_duration(limits_.wait)),
                Retry::yes);
  }
  ++running_;
  return Done{};
}

void ExecRunner::give_turn_back() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  turn_free_.notify_one();
}

Result<ProgramOutcome> ExecRunner::run(const ProgramRequest& request) {
  auto told = secrets_ == nullptr ? Result<ToldRequest>(ToldRequest(request)) : with_secrets(request, *secrets_);
  if (!told) return std::unexpected(told.error());
  told->request.key.insert(0, key_begin_);
  auto outcome = run_told(told->request);
  if (outcome && secrets_ != nullptr) mask(*outcome, secrets_->redactor(std::move(told->handed)));
  return outcome;
}

Result<ProgramOutcome> ExecRunner::run_told(const ProgramRequest& request) {
  if (auto ok = check_request(request); !ok) return std::unexpected(ok.error());
  if (auto ok = check_program(request.arguments.front()); !ok) return std::unexpected(ok.error());
  if (auto ok = take_turn(request); !ok) return std::unexpected(ok.error());
  struct Back {
    ExecRunner& runner;
    ~Back() { runner.give_turn_back(); }
  } const back{*this};
  auto child = start(request);
  if (!child) return std::unexpected(child.error());
  auto outcome = attend(request, std::move(*child));
  if (outcome && outcome->strays_left == 0 && marks_) marks_->forget(request.key);
  return outcome;
}

/// The mark is there before the program is: whoever finds none knows that nothing was started.
Result<Child> ExecRunner::start(const ProgramRequest& request) {
  if (!marks_) return family_->start(request);
  const auto mark = marks_->hold(request.key);
  if (!mark) return std::unexpected(mark.error());
  const std::uint64_t earliest = ticks_now();
  auto child = family_->start(request, *mark);
  if (child) marks_->note(request.key, {child->pid, earliest, ticks_now()});
  return child;
}

Result<Done> ExecRunner::may_run(const ProgramRequest& request) {
  if (auto ok = check_request(request); !ok) return ok;
  return check_program(request.arguments.front());
}

Result<FormerProgram> ExecRunner::former(const ProgramRequest& request, bool overdue) {
  ProgramRequest named = request;
  named.key.insert(0, key_begin_);
  return find_former(named, overdue, marks_.get(), {limits_.grace, limits_.last});
}

Result<ProgramOutcome> ExecRunner::attend(const ProgramRequest& request, Child child) {
  using Until = Talk::Until;
  const auto begin = Talk::Clock::now();
  const std::string input = request.input.empty() ? std::string() : request.input + "\n";
  Talk talk(child, input, request.output_max);
  ProgramOutcome outcome;
  Until until = talk.run(begin + request.time_limit, stopped_.get());
  if (until != Until::ended) {
    outcome.cut = until == Until::deadline ? ProgramCut::time_limit : ProgramCut::stopped;
    family_->signal(request.key, child.pid, SIGTERM);
    until = talk.run(Talk::Clock::now() + limits_.grace, -1);
  }
  if (until != Until::ended) {
    family_->signal(request.key, child.pid, SIGKILL);
    until = talk.run(Talk::Clock::now() + limits_.last, -1);
  }
  if (until != Until::ended) {
    family_->give_up(request.key);
    return fail(
        Errc::timeout,
        fmt::format("{}: was killed after {} but has not ended {} later; process {} hangs in the "
                    "kernel",
                    name_of(request), format_duration(request.time_limit), format_duration(limits_.last), child.pid));
  }
  const End end = family_->finish(request.key, child.pid);
  const Sweep sweep = family_->sweep(child.pid);
  talk.rest();
  outcome.signalled = end.signalled;
  outcome.number = end.number;
  outcome.strays_ended = sweep.ended;
  outcome.strays_left = sweep.left;
  outcome.output = std::move(talk.output);
  outcome.errors = std::move(talk.errors);
  outcome.input_taken = talk.input_taken;
  outcome.elapsed = Talk::Clock::now() - begin;
  return outcome;
}

void ExecRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  turn_free_.notify_all();
  eventfd_write(stopped_.get(), 1);
}

}  // namespace aright::driver
