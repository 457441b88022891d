#include "daemon/process.h"

#include <pthread.h>
#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "cli/file_syntax.h"

namespace aright::daemon {

namespace {

Nanos read_clock(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return std::chrono::seconds{time.tv_sec} + Nanos{time.tv_nsec};
}

}  // namespace

void name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

Nanos boot_time() { return read_clock(CLOCK_BOOTTIME); }

WallTime wall_time() { return WallTime{read_clock(CLOCK_REALTIME)}; }

Result<std::string> read_boot_id() {
  auto text = cli::read_whole("/proc/sys/kernel/random/boot_id", 64);
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

void set_up_process(bool reloads) {
  const char* open = std::getenv("ARIGHT_DUMPABLE");
  if (open == nullptr || std::string_view(open) != "1") prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, signal);
  if (reloads) sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace aright::daemon
