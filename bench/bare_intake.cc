#include "bare_intake.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace aright::bench {

Result<std::unique_ptr<GroupJournal>> GroupJournal::open(const std::string& file) {
  UniqueFd fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, file));
  return std::unique_ptr<GroupJournal>(new GroupJournal(std::move(fd)));
}

bool GroupJournal::append(const std::string& bytes) {
  std::unique_lock lock(mutex_);
  pending_ += bytes;
  const std::uint64_t mine = round_ + 1;
  while (done_ < mine) {
    if (leading_) {
      synced_.wait(lock);
      continue;
    }
    leading_ = true;
    const std::string batch = std::exchange(pending_, {});
    const std::uint64_t now = ++round_;
    lock.unlock();
    const bool good =
        write(fd_.get(), batch.data(), batch.size()) == static_cast<ssize_t>(batch.size()) && fdatasync(fd_.get()) == 0;
    lock.lock();
    leading_ = false;
    if (!good) return false;
    done_ = now;
    synced_.notify_all();
  }
  return true;
}

Result<std::unique_ptr<http::Server>> bare_intake(GroupJournal* journal) {
  auto server = http::Server::on_tcp("127.0.0.1:0",
                                     [journal](const http::Request& request) -> http::Response {
                                       const bool good = journal == nullptr || journal->append(request.body);
                                       return {good ? 200U : 503U, "application/json", R"({"duplicate":false})"};
                                     },
                                     {.connections = 256});
  if (server) (*server)->serve();
  return server;
}

}  // namespace aright::bench
