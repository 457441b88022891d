#include "daemon/witness_writer.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <mutex>
#include <utility>

#include "base/time.h"
#include "base/unique_fd.h"
#include "cli/cosigned.h"
#include "cli/prover.h"
#include "cli/witness_file.h"
#include "daemon/http_witness.h"
#include "daemon/process.h"
#include "store/file_io.h"

namespace aright::daemon {

namespace {

Result<Done> append(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(errno_error(count < 0 ? errno : ENOSPC, path));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return Done{};
}

/// Opened anew each time: it may be rotated, and its disk may go and come back.
Result<Done> write_to_file(const std::string& path, const std::string& line) {
  const UniqueFd fd{open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::denied, path + ": is no regular file");
  char last = '\n';
  if (info.st_size > 0 && pread(fd.get(), &last, 1, info.st_size - 1) != 1) {
    return std::unexpected(errno_error(errno, path));
  }
  const std::string text = fmt::format("{}{} checkpoint {}\n", last == '\n' ? "" : "\n",  // an end that was torn
                                       rfc3339(wall_time()), line);
  if (auto ok = append(fd.get(), text, path); !ok) return ok;
  if (fdatasync(fd.get()) != 0) return std::unexpected(errno_error(errno, path));
  // A power cut would take the file away, lines and all, when its name was never synced; each time, since whoever made
  // it may have died before. A folder that has not changed costs nothing.
  if (auto ok = store::sync_name(path); !ok && ok.error().code != Errc::denied) return ok;
  return Done{};
}

/// As syslog(3) writes it, which does not say whether anybody took it.
Result<Done> write_to_syslog(const std::string& path, const std::string& line) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Errc::invalid, path + ": is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, path));
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  const std::string text =
      fmt::format("<{}>{:%b %e %H:%M:%S} aright[{}]: checkpoint {}", LOG_DAEMON | LOG_NOTICE, local, getpid(), line);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the system wants an address
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL, to, sizeof address) < 0) {
    return std::unexpected(errno_error(errno, path));
  }
  return Done{};
}

class LineWriter final : public WitnessWriter {
 public:
  explicit LineWriter(const cli::WitnessPlace& place)
      : path_(place.path), to_file_(place.kind == cli::WitnessPlace::Kind::file) {}
  Result<Done> write(std::uint64_t /*size*/, const std::string& note) override {
    const std::string line = cli::witness_line(note);
    return to_file_ ? write_to_file(path_, line) : write_to_syslog(path_, line);
  }

 private:
  const std::string path_;
  const bool to_file_;
};

/// Opens what it needs at its first checkpoint, and again after it could not.
class ServerWriter final : public WitnessWriter {
 public:
  ServerWriter(cli::WitnessPlace place, WitnessSurroundings around)
      : place_(std::move(place)), around_(std::move(around)) {}

  Result<Done> write(std::uint64_t size, const std::string& note) override {
    const auto server = ready();
    if (!server) return std::unexpected(server.error());
    const auto said = (*server)->submit(note, size);
    if (!said) return std::unexpected(said.error());
    if (said->what != HttpWitness::Said::What::cosigned) return fail(Errc::conflict, in_words(*said, size));
    return cli::keep_cosigned(around_.folder, place_.path, note + said->cosignature.line);
  }

  void stop() override {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    if (server_) server_->stop();
  }

 private:
  Result<std::shared_ptr<HttpWitness>> ready() {
    const std::scoped_lock lock(mutex_);
    if (server_) return server_;
    if (stopped_) return fail(Errc::paused, "the daemon stops");
    auto log = around_.open_log();
    if (!log) return std::unexpected(log.error());
    log_ = std::move(*log);
    prover_ = std::make_unique<cli::Prover>(*log_);
    auto made = HttpWitness::create(
        place_, [this](std::uint64_t from, std::uint64_t to) { return prover_->consistency(from, to); }, time_limit);
    if (!made) return std::unexpected(made.error());
    server_ = std::move(*made);
    return server_;
  }

  static constexpr std::chrono::seconds time_limit{15};
  const cli::WitnessPlace place_;
  const WitnessSurroundings around_;
  std::mutex mutex_;
  bool stopped_{false};
  std::unique_ptr<store::SqliteHistory> log_;
  std::unique_ptr<cli::Prover> prover_;
  std::shared_ptr<HttpWitness> server_;
};

}  // namespace

std::unique_ptr<WitnessWriter> witness_writer(const cli::WitnessPlace& place, const WitnessSurroundings& around) {
  if (place.kind == cli::WitnessPlace::Kind::http) return std::make_unique<ServerWriter>(place, around);
  return std::make_unique<LineWriter>(place);
}

}  // namespace aright::daemon
