#include "driver/exec/talk.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace aright::driver {

namespace {

constexpr std::size_t talk_piece = std::size_t{64} * 1024;
/// A reading takes this much at most, so that a program that writes without end does not keep us from its deadline.
constexpr int pieces_max = 16;

sigset_t pipe_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool later(int err) { return err == EAGAIN || err == EINTR; }

int milliseconds_until(Talk::Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Talk::Clock::now());
  constexpr std::chrono::milliseconds none{0};
  constexpr std::chrono::milliseconds most{std::chrono::hours{1}};
  return static_cast<int>(std::clamp(left, none, most).count());
}

}  // namespace

Talk::Talk(Child& child, std::string_view input, std::size_t output_max)
    : child_(child), input_(input), output_max_(output_max) {
  const sigset_t set = pipe_signal();
  sigset_t before;
  sigemptyset(&before);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  pipe_signal_was_blocked_ = sigismember(&before, SIGPIPE) == 1;
  if (input_.empty()) child_.input.reset();
}

Talk::~Talk() {
  if (pipe_signal_was_blocked_) return;
  const sigset_t set = pipe_signal();
  const timespec at_once{};
  while (sigtimedwait(&set, nullptr, &at_once) > 0) continue;
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Talk::write_input() {
  while (child_.input.valid()) {
    const ssize_t count = write(child_.input.get(), input_.data(), input_.size());
    if (count < 0 && later(errno)) return;
    if (count > 0) {
      input_taken += static_cast<std::uint64_t>(count);
      input_.remove_prefix(static_cast<std::size_t>(count));
    }
    // A program need not read what it is given; closing is not its failure.
    if (count < 0 || input_.empty()) child_.input.reset();
  }
}

void Talk::read_from(UniqueFd& from, ProgramOutput& into) const {
  std::array<char, talk_piece> buffer;  // not zeroed: that costs more than most readings
  for (int i = 0; i < pieces_max && from.valid(); ++i) {
    const ssize_t count = read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && later(errno)) return;
    if (count <= 0) {
      from.reset();
      return;
    }
    const auto size = static_cast<std::size_t>(count);
    into.total += size;
    into.kept.append(buffer.data(), std::min(size, output_max_ - std::min(output_max_, into.kept.size())));
  }
}

Talk::Until Talk::run(Clock::time_point deadline, int stop) {
  while (true) {
    // poll passes over negative descriptors, which closed ones are.
    std::array<pollfd, 5> waiting{{{child_.ended.get(), POLLIN, 0},
                                   {child_.input.get(), POLLOUT, 0},
                                   {child_.output.get(), POLLIN, 0},
                                   {child_.errors.get(), POLLIN, 0},
                                   {stop, POLLIN, 0}}};
    const int ready = poll(waiting.data(), waiting.size(), milliseconds_until(deadline));
    if (ready > 0) {
      if (waiting[1].revents != 0) write_input();
      if (waiting[2].revents != 0) read_from(child_.output, output);
      if (waiting[3].revents != 0) read_from(child_.errors, errors);
      if (waiting[0].revents != 0) return Until::ended;
      if (waiting[4].revents != 0) return Until::stopped;
    }
    if (Clock::now() >= deadline) return Until::deadline;
  }
}

void Talk::rest() {
  read_from(child_.output, output);
  read_from(child_.errors, errors);
}

}  // namespace aright::driver
