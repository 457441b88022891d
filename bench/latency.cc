#include "latency.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <string_view>
#include <thread>

#include "bare.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;

struct Pace {
  int samples{0};
  int block{1};
  std::chrono::microseconds pause{0};
};
constexpr Pace spaced_pace{300, 1, 5ms};
constexpr Pace close_pace{300, 100, 0us};
constexpr auto look_every = 40us;
constexpr std::string_view broken_line = "changed = by somebody\n";

/// Opens first, so that moment 0 is just before the write that breaks the file.
Result<Clock::time_point> break_at(const std::string& file) {
  const UniqueFd fd{open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, file));
  const auto begin = Clock::now();
  if (write(fd.get(), broken_line.data(), broken_line.size()) < 0) return std::unexpected(errno_error(errno, file));
  return begin;
}

/// A program that does nothing but this: waits for inotify, records, fixes, records.
class BareProgram {
 public:
  static Result<BareProgram> open(const std::string& folder) {
    BareProgram program;
    program.file_ = folder + "/settings.conf";
    if (auto ok = write_file(program.file_, approved_content()); !ok) return std::unexpected(ok.error());
    auto journal = BareJournal::open(folder + "/../bare-journal");
    if (!journal) return std::unexpected(journal.error());
    program.journal_ = std::move(*journal);
    program.inotify_ = UniqueFd{inotify_init1(IN_CLOEXEC)};
    if (inotify_add_watch(program.inotify_.get(), folder.c_str(), IN_CLOSE_WRITE) < 0) {
      return std::unexpected(errno_error(errno, folder));
    }
    return program;
  }

  /// Milliseconds from the write to the second synced record.
  Result<double> once() {
    return once([this] { return wait_and_fix(); });
  }
  /// From the write to the first; what follows is done too.
  Result<double> intend_once() {
    return once([this] { return wait_and_intend(); });
  }

 private:
  template <class React>
  Result<double> once(React react) {
    auto end = std::async(std::launch::async, react);
    std::this_thread::sleep_for(1ms);  // until it waits
    auto begin = break_at(file_);
    if (!begin) return std::unexpected(begin.error());
    auto done = end.get();
    if (!done) return std::unexpected(done.error());
    return std::chrono::duration<double, std::milli>(*done - *begin).count();
  }

  Result<Clock::time_point> wait_and_intend() {
    if (auto ok = wait(); !ok) return std::unexpected(ok.error());
    auto ok = journal_.append();
    const auto intended = Clock::now();
    if (ok) ok = bare_fix(file_, approved_content());
    if (!ok) return std::unexpected(ok.error());
    return intended;
  }

  Result<Clock::time_point> wait_and_fix() {
    if (auto ok = wait(); !ok) return std::unexpected(ok.error());
    auto ok = journal_.append();
    if (ok) ok = bare_fix(file_, approved_content());
    if (ok) ok = journal_.append();
    if (!ok) return std::unexpected(ok.error());
    return Clock::now();
  }

  Result<Done> wait() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t count = read(inotify_.get(), buffer.data(), buffer.size());
      if (count <= 0) return std::unexpected(errno_error(errno, "inotify"));
      for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        if (buffer[at + sizeof event] != '.') return Done{};  // not our own temporary file
        at += sizeof event + event.len;
      }
    }
  }

  std::string file_;
  BareJournal journal_;
  UniqueFd inotify_;
};

Result<double> daemon_once(const std::string& file, Outcomes& outcomes) {
  auto last = outcomes.newest();
  if (!last) return std::unexpected(last.error());
  auto begin = break_at(file);
  if (!begin) return std::unexpected(begin.error());
  if (auto ok = outcomes.wait_succeeded(*last + 1, look_every); !ok) return std::unexpected(ok.error());
  return std::chrono::duration<double, std::milli>(Clock::now() - *begin).count();
}

/// From the write to the durable intention; the fix itself is waited for before the next.
Result<double> intention_once(const std::string& file, Outcomes& outcomes) {
  auto last = outcomes.newest();
  if (!last) return std::unexpected(last.error());
  auto begin = break_at(file);
  if (!begin) return std::unexpected(begin.error());
  if (auto ok = outcomes.wait_intended(*last + 1, look_every); !ok) return std::unexpected(ok.error());
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - *begin).count();
  if (auto ok = outcomes.wait_succeeded(*last + 1, look_every); !ok) return std::unexpected(ok.error());
  return ms;
}

Result<Done> measure_intention(const LatencyPlaces& places, Outcomes& outcomes, BareProgram& bare, Report& report) {
  constexpr int samples = 300;
  std::vector<double> taken;
  std::vector<double> barely;
  for (int i = 0; i < samples; ++i) {
    auto ms = intention_once(places.managed, outcomes);
    if (!ms) return std::unexpected(ms.error());
    taken.push_back(*ms);
    std::this_thread::sleep_for(10ms);
    auto of_bare = bare.intend_once();
    if (!of_bare) return std::unexpected(of_bare.error());
    barely.push_back(*of_bare);
  }
  report.add({.name = "lone finding: event -> durable intention, p99",
              .figure = quantile(taken, 0.99),
              .unit = "ms",
              .target = Target{5, Better::lower},
              .yardstick = Yardstick{"bare program, 1 synced append", quantile(barely, 0.99)},
              .note = fmt::format("{} samples, p50 {:.2f} ms, worst {:.2f} ms", samples, quantile(taken, 0.5),
                                  quantile(taken, 1))});
  return Done{};
}

struct Series {
  std::vector<double> daemon;
  std::vector<double> bare;
};

/// Daemon and bare program in turn, `block` samples each.
Result<Series> take(const LatencyPlaces& places, Outcomes& outcomes, BareProgram& bare, Pace pace) {
  Series series;
  for (int i = 0; i < pace.samples; i += pace.block) {
    for (int k = 0; k < pace.block; ++k) {
      auto ms = daemon_once(places.managed, outcomes);
      if (!ms) return std::unexpected(ms.error());
      series.daemon.push_back(*ms);
      std::this_thread::sleep_for(pace.pause);
    }
    for (int k = 0; k < pace.block; ++k) {
      auto ms = bare.once();
      if (!ms) return std::unexpected(ms.error());
      series.bare.push_back(*ms);
      std::this_thread::sleep_for(pace.pause);
    }
  }
  return series;
}

void tell(Report& report, const std::string& how, const Series& series) {
  const std::string bare = "bare program, 2 synced appends";
  report.add({.name = fmt::format("write -> durable verified fix, {}, p50", how),
              .figure = quantile(series.daemon, 0.5),
              .unit = "ms",
              .target = Target{3, Better::lower},
              .yardstick = Yardstick{bare, quantile(series.bare, 0.5)},
              .note = {}});
  report.add({.name = fmt::format("write -> durable verified fix, {}, p99", how),
              .figure = quantile(series.daemon, 0.99),
              .unit = "ms",
              .target = Target{15, Better::lower},
              .yardstick = Yardstick{bare, quantile(series.bare, 0.99)},
              .note = fmt::format("{} samples, best {:.2f} ms, worst {:.2f} ms", series.daemon.size(),
                                  quantile(series.daemon, 0), quantile(series.daemon, 1))});
}

/// What looking adds: the time between two looks, which the figures are late by at most.
Result<double> look_ms(Outcomes& outcomes) {
  std::vector<double> gaps;
  for (int i = 0; i < 200; ++i) {
    const auto begin = Clock::now();
    if (auto newest = outcomes.newest(); !newest) return std::unexpected(newest.error());
    std::this_thread::sleep_for(look_every);
    gaps.push_back(seconds_since(begin) * 1e3);
  }
  return quantile(gaps, 0.5);
}

}  // namespace

Result<Done> measure_latency(const LatencyPlaces& places, Outcomes& outcomes, Report& report) {
  prctl(PR_SET_TIMERSLACK, 1000);  // this thread's short sleeps are short
  auto bare = BareProgram::open(places.folder);
  if (!bare) return std::unexpected(bare.error());
  auto look = look_ms(outcomes);
  if (!look) return std::unexpected(look.error());
  report.heading(fmt::format("latency of one fix; its end is seen late by at most one look ({:.3f} ms)", *look));
  for (int i = 0; i < 20; ++i) {  // first touches are not what is measured
    if (auto ms = daemon_once(places.managed, outcomes); !ms) return std::unexpected(ms.error());
  }
  auto spaced = take(places, outcomes, *bare, spaced_pace);
  if (!spaced) return std::unexpected(spaced.error());
  tell(report, "spaced", *spaced);
  auto close = take(places, outcomes, *bare, close_pace);
  if (!close) return std::unexpected(close.error());
  tell(report, "back to back", *close);
  return measure_intention(places, outcomes, *bare, report);
}

}  // namespace aright::bench
