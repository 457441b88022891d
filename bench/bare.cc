#include "bare.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace aright::bench {

namespace {

UniqueFd open_no_links(int folder, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? 0600 : 0;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return UniqueFd{static_cast<int>(syscall(SYS_openat2, folder, path, &how, sizeof how))};
}

Result<std::string> read_at(int folder, const std::string& name) {
  const UniqueFd fd = open_no_links(folder, name.c_str(), O_RDONLY);
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, name));
  std::string bytes(static_cast<std::size_t>(info.st_size) + 1, '\0');
  const ssize_t count = pread(fd.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return std::unexpected(errno_error(errno, name));
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

}  // namespace

Result<Done> bare_fix(const std::string& file, const std::string& wanted) {
  const auto failed = [&] { return std::unexpected(errno_error(errno, file)); };
  const auto slash = file.rfind('/');
  const std::string name = file.substr(slash + 1);
  const std::string temp = ".bare-" + name;
  const UniqueFd folder = open_no_links(AT_FDCWD, file.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY);
  if (!folder.valid()) return failed();
  auto before = read_at(folder.get(), name);
  if (!before) return std::unexpected(before.error());
  if (*before == wanted) return Done{};
  {
    const UniqueFd fd = open_no_links(folder.get(), temp.c_str(), O_WRONLY | O_CREAT | O_EXCL);
    if (!fd.valid() || write(fd.get(), wanted.data(), wanted.size()) != static_cast<ssize_t>(wanted.size()) ||
        fchmod(fd.get(), 0644) != 0 || fsync(fd.get()) != 0) {
      return failed();
    }
  }
  if (renameat2(folder.get(), temp.c_str(), folder.get(), name.c_str(), RENAME_EXCHANGE) != 0) return failed();
  auto displaced = read_at(folder.get(), temp);
  if (!displaced) return std::unexpected(displaced.error());
  if (*displaced != *before) return fail(Errc::conflict, file + ": changed meanwhile");
  if (unlinkat(folder.get(), temp.c_str(), 0) != 0 || fsync(folder.get()) != 0) return failed();
  auto after = read_at(folder.get(), name);
  if (!after) return std::unexpected(after.error());
  if (*after != wanted) return fail(Errc::invalid, file + ": is not as wanted after the fix");
  return Done{};
}

Result<Done> bare_run(const std::string& program, const std::string& argument) {
  std::string name = program;
  std::string word = argument;
  std::array<char*, 3> words{name.data(), word.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, program.c_str(), nullptr, nullptr, words.data(), environment.data());
  if (failed != 0) return std::unexpected(errno_error(failed, program));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return std::unexpected(errno_error(errno, "waitpid"));
  }
  return Done{};
}

Result<BareJournal> BareJournal::open(const std::string& file) {
  BareJournal journal;
  journal.fd_ = UniqueFd{::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!journal.fd_.valid()) return std::unexpected(errno_error(errno, file));
  return journal;
}

Result<Done> BareJournal::append() {
  static const std::array<char, 4096> block{};
  if (write(fd_.get(), block.data(), block.size()) < 0 || fdatasync(fd_.get()) != 0) {
    return std::unexpected(errno_error(errno, "journal"));
  }
  return Done{};
}

}  // namespace aright::bench
