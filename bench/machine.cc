#include "machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/unique_fd.h"
#include "report.h"

namespace aright::bench {

namespace {

constexpr int sync_samples = 200;

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The value of the first line "KEY…: VALUE".
std::string field(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::string file_system(const std::string& folder) {
  struct statfs info{};
  if (statfs(folder.c_str(), &info) != 0) return "unknown";
  switch (info.f_type) {
    case 0xEF53: return "ext2/3/4";
    case 0x58465342: return "xfs";
    case 0x9123683E: return "btrfs";
    case 0x01021994: return "tmpfs (nothing is durable here)";
    case 0x794C7630: return "overlayfs";
    default: return fmt::format("type 0x{:x}", info.f_type);
  }
}

Result<std::vector<double>> sync_times(const std::string& folder) {
  const std::string file = folder + "/sync-probe";
  const UniqueFd fd{open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, file));
  const std::string block(4096, 'x');
  std::vector<double> micros;
  for (int i = 0; i < sync_samples; ++i) {
    const auto begin = Clock::now();
    if (write(fd.get(), block.data(), block.size()) < 0 || fdatasync(fd.get()) != 0) {
      return std::unexpected(errno_error(errno, file));
    }
    micros.push_back(seconds_since(begin) * 1e6);
  }
  unlink(file.c_str());
  return micros;
}

}  // namespace

Result<Json> describe_machine(const std::string& folder, const std::string& commit) {
  auto syncs = sync_times(folder);
  if (!syncs) return std::unexpected(syncs.error());
  utsname system{};
  uname(&system);
  const std::string cpu = field(text_of("/proc/cpuinfo"), "model name");
  std::array<double, 3> load{};
  if (getloadavg(load.data(), 3) < 1) load[0] = -1;
  return Json{{"commit", commit},
              {"version", ARIGHT_VERSION},
              {"cores", std::thread::hardware_concurrency()},
              {"processor", cpu},
              {"memory", field(text_of("/proc/meminfo"), "MemTotal")},
              {"kernel", system.release},
              {"file_system", file_system(folder)},
              {"load_before", load[0]},
              {"fdatasync_p50_us", quantile(*syncs, 0.5)},
              {"fdatasync_p99_us", quantile(*syncs, 0.99)}};
}

Result<Usage> usage_of(int pid) {
  namespace fs = std::filesystem;
  Usage usage;
  std::error_code error;
  const std::string base = fmt::format("/proc/{}", pid);
  for (const auto& task : fs::directory_iterator(base + "/task", error)) {
    std::istringstream times(text_of(task.path() / "schedstat"));
    double on_cpu_ns = 0;
    times >> on_cpu_ns;
    usage.cpu_s += on_cpu_ns / 1e9;
    const std::string switches = field(text_of(task.path() / "status"), "voluntary_ctxt_switches");
    usage.wakeups += switches.empty() ? 0 : std::stoull(switches);
  }
  if (error) return fail(Errc::not_found, base + ": " + error.message());
  const std::string rss = field(text_of(base + "/status"), "VmRSS");
  usage.rss_mib = rss.empty() ? 0 : std::stod(rss) / 1024;
  const std::string stat = text_of(base + "/stat");
  std::istringstream after_name(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) after_name >> skipped;  // fields 3 to 13; 14 and 15 are utime and stime
  double utime = 0;
  double stime = 0;
  after_name >> utime >> stime;
  usage.ticks_s = (utime + stime) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return usage;
}

std::size_t children_of(int pid) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  std::error_code error;
  for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::istringstream children(text_of(task.path() / "children"));
    for (std::string child; children >> child;) ++count;
  }
  return count;
}

double thread_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace aright::bench
