#include "driver/exec/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "base/secret.h"
#include "driver/exec/marks.h"
#include "driver/exec/policy.h"

namespace aright::driver {

namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

constexpr int behind_standard = STDERR_FILENO + 1;  ///< the mark's place while all others are closed

/// Above what they become in the child, even when ours are closed: a duplicate onto itself would be closed by exec.
UniqueFd above_standard(UniqueFd fd) {
  if (fd.get() > behind_standard) return fd;
  return UniqueFd{fcntl(fd.get(), F_DUPFD_CLOEXEC, behind_standard + 1)};
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(errno_error(errno, "a pipe for a program"));
  Pipe pipe{above_standard(UniqueFd{ends[0]}), above_standard(UniqueFd{ends[1]})};
  if (!pipe.read.valid() || !pipe.write.valid()) return std::unexpected(errno_error(errno, "a pipe for a program"));
  return pipe;
}

bool do_not_block(const UniqueFd& fd) { return fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0; }

/// What posix_spawn is to do in the child; `failed` is the first error number.
class Orders {
 public:
  Orders() {
    note(posix_spawn_file_actions_init(&actions_));
    note(posix_spawnattr_init(&attributes_));
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    note(posix_spawnattr_setsigmask(&attributes_, &none));
    note(posix_spawnattr_setsigdefault(&attributes_, &all));
    note(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    note(posix_spawn_file_actions_addchdir_np(&actions_, "/"));
  }
  Orders(const Orders&) = delete;
  Orders& operator=(const Orders&) = delete;
  ~Orders() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void standard(const Pipe& input, const Pipe& output, const Pipe& errors, const UniqueFd& mark) {
    note(posix_spawn_file_actions_adddup2(&actions_, input.read.get(), STDIN_FILENO));
    note(posix_spawn_file_actions_adddup2(&actions_, output.write.get(), STDOUT_FILENO));
    note(posix_spawn_file_actions_adddup2(&actions_, errors.write.get(), STDERR_FILENO));
    if (!mark.valid()) {
      note(posix_spawn_file_actions_addclosefrom_np(&actions_, behind_standard));
      return;
    }
    note(posix_spawn_file_actions_adddup2(&actions_, mark.get(), behind_standard));
    note(posix_spawn_file_actions_addclosefrom_np(&actions_, behind_standard + 1));
    // Scripts use the low numbers, and would close it by that.
    note(posix_spawn_file_actions_adddup2(&actions_, behind_standard, Marks::handle));
    note(posix_spawn_file_actions_addclose(&actions_, behind_standard));
  }

  /// 0 or an error number, also the child's before it became the program.
  int carry_out(pid_t& pid, const ProgramRequest& request) {
    if (failed_ != 0) return failed_;
    std::vector<std::string> arguments = request.arguments;
    std::vector<std::string> environment = environment_of(request);
    const int err = posix_spawn(&pid, request.arguments.front().c_str(), &actions_, &attributes_,
                                pointers(arguments).data(), pointers(environment).data());
    for (std::string& variable : environment) wipe(variable);  // may hold a secret
    return err;
  }

 private:
  void note(int err) {
    if (failed_ == 0) failed_ = err;
  }
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int failed_{0};
};

}  // namespace

Result<Child> spawn(const ProgramRequest& request, const UniqueFd& mark) {
  auto input = make_pipe();
  if (!input) return std::unexpected(input.error());
  auto output = make_pipe();
  if (!output) return std::unexpected(output.error());
  auto errors = make_pipe();
  if (!errors) return std::unexpected(errors.error());
  if (!do_not_block(input->write) || !do_not_block(output->read) || !do_not_block(errors->read)) {
    return std::unexpected(errno_error(errno, "a pipe for a program"));
  }
  Orders orders;
  orders.standard(*input, *output, *errors, mark);
  Child child;
  if (const int err = orders.carry_out(child.pid, request); err != 0) {
    return std::unexpected(start_error(err, request));
  }
  child.ended = UniqueFd{static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0))};
  if (!child.ended.valid()) {
    // Without it we could not wait with a limit. It ran for an instant; it must not run on.
    const Error error = errno_error(errno, "program " + request.arguments.front() + ": pidfd_open");
    kill(-child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    return fail(Errc::timeout, error.message + "; it was killed at once, what it did is not known");
  }
  child.input = std::move(input->write);
  child.output = std::move(output->read);
  child.errors = std::move(errors->read);
  return child;
}

}  // namespace aright::driver
