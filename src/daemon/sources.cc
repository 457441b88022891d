#include "daemon/sources.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

#include "base/path_text.h"
#include "cli/terminal_text.h"
#include "source/schedule/schedule_source.h"
#include "source/watch/watch_source.h"

namespace aright::daemon {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t unwatched_shown_max = 20;
constexpr auto taken_within = std::chrono::seconds{10};

engine::Hint to_engine(const char* source, source::Hint hint) {
  engine::Hint out;
  out.source = source;
  out.offset = hint.offset;
  out.control = std::move(hint.control);
  out.path = std::move(hint.path);
  out.note = std::move(hint.note);
  switch (hint.what) {
    case source::Hint::What::changed: out.what = engine::Hint::What::changed; break;
    case source::Hint::What::read_all: out.what = engine::Hint::What::read_all; break;
    case source::Hint::What::scan: out.what = engine::Hint::What::scan; break;
  }
  return out;
}

Result<source::WatchSource> make_watch(const Config& config, const Sources::Names& names) {
  std::vector<std::string> files;
  std::vector<std::string> folders;
  for (const Control& control : config.controls) {
    if (control.kind != ControlKind::watch) continue;
    files.insert(files.end(), control.select.ids.begin(), control.select.ids.end());
    folders.insert(folders.end(), control.select.within.begin(), control.select.within.end());
  }
  return source::WatchSource::create(files, folders, {path_text(names.pause), path_text(names.socket)});
}

std::vector<source::ScheduleSource::Item> scheduled(const Config& config) {
  std::vector<source::ScheduleSource::Item> items;
  for (const Control& control : config.controls) {
    if (control.every) items.push_back({control.name, *control.every});
  }
  return items;
}

bool has_windows(const cli::LoadedConfig& loaded) { return loaded.rules && !loaded.rules->correlations().empty(); }

void wake(int eventfd) {
  const std::uint64_t one = 1;
  (void)!write(eventfd, &one, sizeof one);  // fails only when it is readable anyway
}

}  // namespace

struct Sources::Armed {
  source::WatchSource watch;
  std::vector<source::ScheduleSource::Item> scheduled;
  std::vector<Tail> tails;
  std::vector<Webhooks::Armed> webhooks;
  bool windows{false};
};

struct Sources::Impl {
  source::WatchSource watch;
  source::ScheduleSource schedule;
  Names names;
  engine::Shell& shell;
  engine::Gate& gate;
  UniqueFd signals;
  UniqueFd stirred;
  std::unique_ptr<api::Taps> taps;
  Tails tails;
  Webhooks webhooks;
  std::mutex mutex{};  ///< of what follows
  std::condition_variable told{};
  bool stop_asked{false};
  bool reload_asked{false};
  std::uint32_t reload_asked_by{0};
  bool socket_moved{false};
  std::shared_ptr<Armed> armed_next{};
  api::WatchView unwatched{};

  /// The old watch's last hints are let go: with a new configuration the engine reads everything.
  void take_next() {
    std::shared_ptr<Armed> armed;
    {
      const std::scoped_lock lock(mutex);
      armed = armed_next;
    }
    if (!armed) return;
    armed->watch.number_after(watch);
    watch = std::move(armed->watch);
    schedule.adopt(armed->scheduled, Clock::now());
    tails.take(std::move(armed->tails));
    see_unwatched();
    look_at_pause_file();
    {
      const std::scoped_lock lock(mutex);
      if (armed_next == armed) armed_next.reset();  // else another has come meanwhile
    }
    told.notify_all();
  }

  void look_at_pause_file() {
    struct stat info{};
    // A link that leads nowhere is there, and what cannot be looked at may be.
    const bool there = lstat(names.pause.c_str(), &info) == 0 || errno != ENOENT;
    if (there) {
      gate.close(engine::Gate::file);
    } else {
      gate.open(engine::Gate::file);
    }
    shell.post(engine::PauseSeen{"file", there});
  }

  void take_signal() {
    signalfd_siginfo info{};
    if (read(signals.get(), &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGUSR1) {
      shell.post(engine::PauseSeen{"signal", true});
      return;
    }
    {
      const std::scoped_lock lock(mutex);
      (info.ssi_signo == SIGHUP ? reload_asked : stop_asked) = true;
      if (info.ssi_signo == SIGHUP) reload_asked_by = info.ssi_uid;
    }
    told.notify_all();
  }

  [[nodiscard]] int wait_ms(std::optional<Nanos> at_most) {
    auto due = watch.deadline();
    for (const auto& next : {schedule.deadline(), tails.deadline(), webhooks.deadline()}) {
      if (next && (!due || *next < *due)) due = next;
    }
    std::optional<Nanos> left = at_most;
    if (due) {
      const auto now = Clock::now();
      const Nanos wait = *due <= now ? Nanos::zero() : Nanos{*due - now};  // a source that has more says "long ago"
      left = std::min(left.value_or(wait), wait);
    }
    if (!left) return -1;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*left);
    return static_cast<int>(std::clamp<std::int64_t>(ms.count(), 0, 3'600'000));
  }

  /// Told on the log when it changes.
  void see_unwatched() {
    api::WatchView now;
    now.folders = watch.unwatched().size();
    for (const auto& [folder, why] : watch.unwatched()) {
      if (now.shown.size() < unwatched_shown_max) now.shown.push_back(why);
    }
    now.files = watch.files_unheard();
    const std::scoped_lock lock(mutex);
    for (const std::string& why : now.shown) {
      if (std::ranges::find(unwatched.shown, why) == unwatched.shown.end())
        spdlog::warn("not watched, changes there are not noticed: {}", cli::safe(why));
    }
    if (now.folders == 0 && unwatched.folders != 0) spdlog::info("every managed folder is watched again");
    if (now.files != 0 && unwatched.files == 0)
      spdlog::warn("{} managed files have no watch of their own: what is done under a second name is not noticed",
                   now.files);
    if (now.files == 0 && unwatched.files != 0) spdlog::info("every managed file has a watch of its own again");
    unwatched = std::move(now);
  }

  void tell_of_socket() {
    {
      const std::scoped_lock lock(mutex);
      socket_moved = true;
    }
    told.notify_all();
  }

  void take_changes() {
    const std::string pause_id = path_text(names.pause);
    const std::string socket_id = path_text(names.socket);
    std::vector<source::Hint> hints = watch.drain();
    see_unwatched();
    for (source::Hint& hint : hints) {
      const bool everything = hint.what == source::Hint::What::read_all;
      if (everything || hint.path == pause_id) look_at_pause_file();
      if (everything || hint.path == socket_id) tell_of_socket();
      if (hint.path != pause_id && hint.path != socket_id) shell.post(to_engine("watch", std::move(hint)));
    }
  }

  void listen(std::optional<Nanos> at_most) {
    std::vector<pollfd> fds{{watch.fd(), POLLIN, 0}, {signals.get(), POLLIN, 0}, {stirred.get(), POLLIN, 0}};
    tails.add(fds);
    poll(fds.data(), fds.size(), wait_ms(at_most));
    if ((fds[1].revents & POLLIN) != 0) take_signal();
    if (std::uint64_t count = 0; (fds[2].revents & POLLIN) != 0) {
      (void)!read(stirred.get(), &count, sizeof count);  // it was readable: nobody else reads it
    }
    take_next();  // not before the wait: what has come since a reload ended is read as the new configuration has it
    take_changes();
    tails.read(std::chrono::system_clock::now());
    webhooks.read(std::chrono::system_clock::now());
    for (source::Hint& hint : schedule.due(Clock::now())) shell.post(to_engine("schedule", std::move(hint)));
  }
};

Sources::Sources(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sources::~Sources() = default;

void Sources::listen(std::optional<Nanos> at_most) { impl_->listen(at_most); }

api::WatchView Sources::unwatched() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->unwatched;
}

void Sources::stir() { wake(impl_->stirred.get()); }

Sources::Asked Sources::wait() {
  std::unique_lock lock(impl_->mutex);
  impl_->told.wait(lock, [this] { return impl_->stop_asked || impl_->reload_asked || impl_->socket_moved; });
  if (impl_->stop_asked) return Asked::stop;
  if (std::exchange(impl_->reload_asked, false)) return Asked::reload;
  impl_->socket_moved = false;
  return Asked::socket_moved;
}

std::uint32_t Sources::reload_asked_by() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->reload_asked_by;
}

void Sources::end_wait() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->stop_asked = true;
  }
  impl_->told.notify_all();
}

Result<Done> Sources::follow(const cli::LoadedConfig& loaded, const Places& places) {
  auto tails = impl_->tails.arm(loaded.tails);
  if (!tails) return std::unexpected(tails.error());
  auto webhooks = impl_->webhooks.arm(loaded.webhooks);
  if (!webhooks) return std::unexpected(webhooks.error());
  impl_->tails.remember(places);
  impl_->tails.take(std::move(*tails));
  impl_->webhooks.remember(places);
  impl_->webhooks.take(std::move(*webhooks), has_windows(loaded));
  for (const Webhooks::Unread& one : unread())
    spdlog::warn("source {}: {}", cli::safe(one.source), cli::safe(one.text));
  return Done{};
}

std::vector<Webhooks::Unread> Sources::unread() const { return impl_->webhooks.unread(); }

const Webhooks& Sources::webhooks() const { return impl_->webhooks; }

Json Sources::view() const {
  Json all = impl_->tails.view();
  for (Json& one : impl_->webhooks.view()) {
    const auto log = std::ranges::find(all, one["source"], [](const Json& item) { return item["source"]; });
    if (log == all.end()) {
      all.push_back(std::move(one));
    } else {  // a log has the name of a webhook that has left something
      (*log)["waiting"] = one["waiting"];
      (*log)["troubles"]["deliveries"] = one["troubles"][""];
    }
  }
  return all;
}

Json Sources::tap(const std::string& source, std::optional<std::uint64_t> after) {
  return impl_->taps->next(source, after, api::Taps::Clock::now());
}

Result<ReadAgain> Sources::read_again(const std::string& source, const api::EventPlace& place) const {
  const bool posted = is_deliveries(source, place.source);
  auto again = posted ? impl_->webhooks.read_again(source, place.offset)
                      : impl_->tails.read_again(source, place.source, place.offset);
  if (again) return std::move(*again);
  return fail(Errc::not_found,
              fmt::format("source {} is not configured as a {} any more", source, posted ? "webhook" : "log"));
}

Result<std::shared_ptr<Sources::Armed>> Sources::arm(const cli::LoadedConfig& loaded) const {
  auto watch = make_watch(loaded.config, impl_->names);
  if (!watch) return std::unexpected(watch.error());
  auto tails = impl_->tails.arm(loaded.tails);
  if (!tails) return std::unexpected(tails.error());
  auto webhooks = impl_->webhooks.arm(loaded.webhooks);
  if (!webhooks) return std::unexpected(webhooks.error());
  return std::make_shared<Armed>(std::move(*watch), scheduled(loaded.config), std::move(*tails), std::move(*webhooks),
                                 has_windows(loaded));
}

void Sources::take(std::shared_ptr<Armed> armed) {
  impl_->webhooks.take(std::move(armed->webhooks), armed->windows);
  std::unique_lock lock(impl_->mutex);
  impl_->armed_next = armed;
  stir();
  const auto taken = [&] { return impl_->armed_next != armed || impl_->stop_asked; };
  if (!impl_->told.wait_for(lock, taken_within, taken)) {
    spdlog::warn("reload: the sources are not read as newly configured after {} s yet; they will be",
                 taken_within.count());
  }
}

Result<std::unique_ptr<Sources>> Sources::start(const Config& config, Names names, engine::Shell& shell,
                                                engine::Gate& gate, const std::string& key,
                                                const std::string& deliveries) {
  auto watch = make_watch(config, names);
  if (!watch) return std::unexpected(watch.error());
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, signal);
  UniqueFd stirred{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  const auto stir = [fd = stirred.get()] { wake(fd); };
  auto taps = std::make_unique<api::Taps>();
  api::Taps& tapped = *taps;
  std::unique_ptr<Impl> impl(new Impl{.watch = std::move(*watch),
                                      .schedule = {scheduled(config), Clock::now()},
                                      .names = std::move(names),
                                      .shell = shell,
                                      .gate = gate,
                                      .signals = UniqueFd{signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)},
                                      .stirred = std::move(stirred),
                                      .taps = std::move(taps),
                                      .tails = {shell, tapped, key},
                                      .webhooks = {shell, tapped, deliveries, key, stir}});
  if (!impl->signals.valid() || !impl->stirred.valid()) return std::unexpected(errno_error(errno, "signalfd"));
  impl->see_unwatched();
  impl->look_at_pause_file();
  return std::unique_ptr<Sources>(new Sources(std::move(impl)));
}

}  // namespace aright::daemon
