#include "daemon/webhooks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "cli/terminal_text.h"
#include "daemon/intake_pace.h"
#include "model/definition_context.h"
#include "model/port/reserve.h"
#include "source/webhook/release_rule.h"
#include "store/file_io.h"

namespace aright::daemon {

namespace {

constexpr std::string_view prefix = "/hooks/";
constexpr auto space_again = std::chrono::milliseconds{500};  ///< whether there is room again
constexpr auto unread_again = std::chrono::seconds{1};  ///< what is acknowledged must not wait for the next delivery

Error of_source(const std::string& name, Error error) {
  error.message = fmt::format("source {}: {}", name, error.message);
  return error;
}

Result<source::WebhookOptions> options_of(const source::WebhookDefinition& definition, const std::string& key) {
  source::WebhookOptions options;
  options.name = definition.name;
  options.mode = definition.mode;
  options.body_max = definition.body_max;
  options.headers = definition.headers;
  options.json = definition.json;
  options.commitment_key = key;
  if (!definition.scheme) return options;
  options.check = http::WebhookCheck{*definition.scheme, {}, definition.tolerance, definition.signature_header};
  for (const SecretSource& place : definition.secrets) {
    const auto text = read_secret(place, source::webhook_secret_bytes_min);
    if (!text) return std::unexpected(of_source(definition.name, text.error()));
    auto bytes = http::webhook_key(*definition.scheme, text->reveal());
    if (!bytes) return std::unexpected(of_source(definition.name, bytes.error()));
    options.check->keys.push_back(std::move(*bytes));
  }
  return options;
}

void warn_of_lost(const std::string& name, const store::DeliveryFiles::Opened& opened) {
  if (opened.damaged_ids != 0) {
    const bool one = opened.damaged_ids == 1;
    spdlog::warn("source {}: {} damaged; {}, sent again, would be taken again", name,
                 one ? "1 delivery id is" : fmt::format("{} delivery ids are", opened.damaged_ids),
                 one ? "that delivery" : "those deliveries");
  }
  if (!opened.lost.empty()) {
    spdlog::warn("source {}: {}; where there is a whole copy of the state folder, stop and put that back", name,
                 cli::safe(opened.lost));
  }
}

}  // namespace

struct Webhooks::Hook {
  explicit Hook(store::DeliveryFiles::Opened opened) : files(std::move(opened.deliveries)), next(opened.first) {}

  const std::unique_ptr<store::DeliveryFiles> files;
  std::unique_ptr<source::WebhookSource> source;  ///< set once, before anybody else sees it
  std::string auth;                               ///< under Webhooks::mutex_
  std::string trouble;                            ///< likewise
  std::atomic<bool> news{true};                   ///< something was kept since the last reading
  /// The first that was not given to the engine yet; listening thread, once it is active. Where nothing is known of
  /// it, the oldest that is kept.
  std::atomic<std::uint64_t> next;
  std::optional<Gap> lost;        ///< what the start missed of its files, until the engine is told; likewise
  source::ReleaseRule rule;       ///< listening thread
  bool begun{false};              ///< under Webhooks::mutex_
  std::atomic<bool> held{false};  ///< the engine takes none of it now
  std::mutex telling;             ///< of what follows
  std::string refusal;            ///< why what was posted last could not be kept, as the log has been told
};

Webhooks::Webhooks(engine::Shell& shell, api::Taps& taps, std::string folder, std::string key,
                   std::function<void()> stir)
    : shell_(shell), taps_(taps), folder_(std::move(folder)), key_(std::move(key)), stir_(std::move(stir)) {}
Webhooks::~Webhooks() = default;

/// Under `opening_`: one set of files is never open twice.
Result<std::shared_ptr<Webhooks::Hook>> Webhooks::open(const std::string& name) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = opened_.find(name); known != opened_.end()) return known->second;
  }
  if (auto ok = store::make_folder(folder_); !ok) return std::unexpected(ok.error());
  const std::uint64_t done = shell_.deliveries_done(name).value_or(0);
  auto opened = store::DeliveryFiles::open(folder_ + "/" + name, std::chrono::system_clock::now(), done);
  if (!opened) return std::unexpected(of_source(name, opened.error()));
  warn_of_lost(name, *opened);
  std::string lost = std::move(opened->lost);
  auto hook = std::make_shared<Hook>(std::move(*opened));
  if (!lost.empty()) hook->lost = Gap{name, done, std::move(lost)};
  const std::scoped_lock lock(mutex_);
  opened_[name] = hook;
  return hook;
}

Result<std::vector<Webhooks::Armed>> Webhooks::arm(const std::vector<source::WebhookDefinition>& definitions) {
  const std::scoped_lock lock(opening_);
  std::vector<Armed> armed;
  for (const source::WebhookDefinition& definition : definitions) {
    auto options = options_of(definition, key_);
    if (!options) return std::unexpected(options.error());
    auto hook = open(definition.name);
    if (!hook) return std::unexpected(hook.error());
    armed.push_back({definition, std::move(*options), std::move(*hook)});
  }
  return armed;
}

void Webhooks::remember(const Places& places) {
  stands_ = places.deliveries;
  find_left();
}

/// Folders of sources that are no webhooks any more. Nothing in them is opened for good: nobody may ever want it.
void Webhooks::find_left() {
  std::error_code error;
  std::filesystem::directory_iterator each(folder_, error);
  for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
    const std::string name = each->path().filename();
    if (Diagnostics wrong; !check_name(name, {}, wrong)) continue;  // no source ever had it: somebody's copy
    {
      const std::scoped_lock lock(mutex_);
      if (opened_.contains(name)) continue;
    }
    const auto found = store::DeliveryFiles::look(each->path());
    const std::scoped_lock lock(mutex_);
    if (!found) {
      if (found.error().code != Errc::not_found) left_[name] = unread_of(name, 0, 0, found.error().message);
      continue;
    }
    const std::uint64_t begin = std::max(found->first, shell_.deliveries_done(name).value_or(0));
    if (begin < found->next) left_[name] = unread_of(name, found->next - begin, found->bytes, {});
  }
  if (error && error != std::errc::no_such_file_or_directory) {  // which it is before the first webhook
    spdlog::warn("{}: {}; whether deliveries of webhooks that are gone wait there is not known", folder_,
                 error.message());
  }
}

Webhooks::Unread Webhooks::unread_of(const std::string& name, std::uint64_t waiting, std::uint64_t bytes,
                                     const std::string& why) const {
  if (!why.empty()) return {name, 0, bytes, "what it has acknowledged cannot be read: " + why};
  const bool one = waiting == 1;
  return {
      name, waiting, bytes,
      fmt::format("{} {} and nobody reads {}: no webhook of the configuration has its name; give one the name again "
                  "and {} worked up, or, to drop {}, stop, move {}/{} out of that folder and start",
                  counted(waiting, "acknowledged delivery"), one ? "waits" : "wait", one ? "it" : "them",
                  one ? "it is" : "they are", one ? "it" : "them", folder_, name)};
}

std::vector<Webhooks::Unread> Webhooks::unread() const {
  const std::scoped_lock lock(mutex_);
  return all_unread();
}

/// Under `mutex_`.
std::vector<Webhooks::Unread> Webhooks::all_unread() const {
  std::map<std::string, Unread> all = left_;
  std::erase_if(all, [&](const auto& item) { return access((folder_ + "/" + item.first).c_str(), F_OK) != 0; });
  for (const auto& [name, hook] : opened_) {
    all.erase(name);
    if (active_.contains(name)) continue;
    const DeliverySpoolFigures figures = hook->files->figures();
    const std::uint64_t begin = std::max(hook->next.load(), shell_.deliveries_done(name).value_or(0));
    if (begin < figures.next) all[name] = unread_of(name, figures.next - begin, figures.bytes, {});
  }
  std::vector<Unread> list;
  list.reserve(all.size());
  for (auto& [name, one] : all) list.push_back(std::move(one));
  return list;
}

void Webhooks::take(std::vector<Armed> armed, bool windows) {
  const std::scoped_lock lock(mutex_);
  windows_ = windows;
  active_.clear();
  engine::SourcesBegin begin;
  for (Armed& one : armed) {
    Hook& hook = *one.hook;
    const std::string& name = one.definition.name;
    hook.auth = one.definition.scheme ? http::name(*one.definition.scheme) : "none";
    if (hook.source) {
      hook.source->adopt(std::move(one.options));
    } else {
      hook.source = std::make_unique<source::WebhookSource>(std::move(one.options), *hook.files, [this, &hook] {
        hook.news = true;
        stir_();
      });
    }
    if (!std::exchange(hook.begun, true)) {
      const auto stand = stands_.find(name);
      if (stand != stands_.end()) hook.next = stand->second.again.value_or(stand->second.done).next;
      if (hook.next < hook.files->figures().next) begin.sources.push_back(name);
    }
    hook.news = true;
    active_[name] = std::move(one.hook);
  }
  if (!begin.sources.empty()) shell_.post(std::move(begin));
}

std::optional<Webhooks::Clock::time_point> Webhooks::deadline() const {
  if (held_up_) return Clock::now() + ask_again;
  if (closed_) return Clock::now() + space_again;
  if (unread_) return Clock::now() + unread_again;
  return std::nullopt;
}

void Webhooks::read(WallTime now) {
  std::map<std::string, std::shared_ptr<Hook>> active;
  {
    const std::scoped_lock lock(mutex_);
    active = active_;
  }
  if (active.empty()) return;
  held_up_ = false;
  unread_ = false;
  bool stirred = closed_;
  for (const auto& [name, hook] : active) {
    if (!hook->news.exchange(false)) continue;
    stirred = true;
    read(*hook, now);
  }
  if (!stirred) return;
  // What the state folder keeps in reserve is for the engine's own records.
  closed_ = shell_.status().no_space;
  for (const auto& [name, hook] : active) hook->source->close(closed_);
}

void Webhooks::read(Hook& hook, WallTime now) {
  for (int i = 0; i < batches_max; ++i) {
    hook.held = !shell_.takes_events(hook.source->name());
    if (hook.held) {
      held_up_ = true;
      hook.news = true;
      return;
    }
    if (hook.lost) tell_lost(hook, now);
    auto read = hook.source->read(hook.next, now);
    if (!read) {
      unread_ = true;
      hook.news = true;
      const std::scoped_lock lock(mutex_);
      if (hook.trouble == read.error().message) return;
      hook.trouble = read.error().message;
      spdlog::error("source {}: {}", hook.source->name(), cli::safe(hook.trouble));
      return;
    }
    const std::uint64_t next = read->lanes.front().next;
    if (next == hook.next) break;
    hook.next = next;
    read->behind = next < hook.files->figures().next;
    taps_.offer(*read, Clock::now());
    shell_.post(std::move(*read));
    if (i + 1 == batches_max) {
      held_up_ = true;
      hook.news = true;
    }
  }
  const auto released = release(hook, now);
  const std::scoped_lock lock(mutex_);
  hook.trouble = released ? "" : released.error().message;
}

void Webhooks::tell_lost(Hook& hook, WallTime now) {
  EventsRead told;
  told.source = hook.source->name();
  told.arrival = now;
  told.seed = random_digest();
  told.behind = hook.next < hook.files->figures().next;
  told.gaps.push_back(std::move(*hook.lost));
  told.lanes.push_back(source::deliveries_lane(told.source, hook.next));
  hook.lost.reset();
  shell_.post(std::move(told));
}

Result<Done> Webhooks::release(Hook& hook, WallTime now) {
  if (hook.files->figures().bytes < store::SpoolLimits{}.segment_bytes) return Done{};
  const std::uint64_t done = shell_.deliveries_done(hook.source->name()).value_or(0);
  const auto before = hook.rule.before({done, shell_.status().snapshots_total, windows_});
  return before ? hook.files->release(*before, now) : Result<Done>(Done{});
}

/// Told when it begins, when the reason changes and when it is over, not for every request.
http::Response Webhooks::told(Hook& hook, http::Response response) {
  constexpr unsigned unavailable = 503;
  const bool refused = response.status == unavailable;
  if (!refused && response.status != 200) return response;  // says nothing about room
  const std::string why = refused ? hook.source->figures().refusal : std::string();
  const std::scoped_lock lock(hook.telling);
  if (hook.refusal == why || (refused && why.empty())) return response;  // the next was kept meanwhile
  hook.refusal = why;
  if (refused) {
    spdlog::warn("source {}: deliveries are answered 503: {}", hook.source->name(), cli::safe(why));
  } else {
    spdlog::info("source {}: deliveries are taken again", hook.source->name());
  }
  return response;
}

bool is_to_webhook(const http::Request& request) { return request.path.starts_with(prefix); }

std::shared_ptr<Webhooks::Hook> Webhooks::find(const std::string& path) const {
  if (!path.starts_with(prefix)) return nullptr;
  const std::scoped_lock lock(mutex_);
  const auto found = active_.find(path.substr(prefix.size()));
  return found == active_.end() ? nullptr : found->second;
}

std::optional<http::Response> Webhooks::screen(const http::Request& head) const {
  const auto hook = find(head.path);
  if (!hook) return http::problem(404, "there is no webhook of that name; sources/ names them");
  auto away = hook->source->screen(head);
  return away ? std::optional(told(*hook, std::move(*away))) : std::nullopt;
}

http::Response Webhooks::answer(const http::Request& request) const {
  const auto hook = find(request.path);
  if (!hook) return http::problem(404, "there is no webhook of that name any more");
  return told(*hook, hook->source->take(request, std::chrono::system_clock::now()));
}

std::optional<Result<ReadAgain>> Webhooks::read_again(const std::string& source, std::uint64_t number) const {
  const auto hook = find(std::string(prefix) + source);
  if (!hook) return std::nullopt;
  return hook->source->read_again(number);
}

Json Webhooks::view() const {
  const std::scoped_lock lock(mutex_);
  Json all = Json::array();
  const bool no_space = shell_.status().no_space;
  for (const auto& [name, hook] : active_) {
    const source::WebhookFigures figures = hook->source->figures();
    const std::uint64_t waiting = figures.spool.next - std::min(figures.spool.next, hook->next.load());
    Json outcomes = Json::object();
    for (std::size_t i = 0; i < figures.outcomes.size(); ++i) {
      outcomes[source::webhook_outcome_names.at(i)] = figures.outcomes.at(i);
    }
    Json troubles = Json::object();
    if (!hook->trouble.empty()) troubles[""] = hook->trouble;
    if (!figures.refusal.empty())
      troubles["intake"] = "the last delivery could not be kept and was answered 503: " + figures.refusal;
    if (figures.closed) troubles["intake"] = std::string("nothing is taken: ") + lives_on_reserve;
    all.push_back({{"source", name},
                   {"kind", "webhook"},
                   {"path", std::string(prefix) + name},
                   {"auth", hook->auth},
                   {"outcomes", std::move(outcomes)},
                   {"waiting", waiting},
                   {"behind", waiting == 0 ? 0 : figures.spool.bytes},
                   {"spool_bytes", figures.spool.bytes},
                   {"ids", figures.spool.ids},
                   {"ids_dropped", figures.spool.ids_dropped},
                   {"held_up", hook->held.load()},
                   {"no_space", no_space},
                   {"troubles", std::move(troubles)}});
  }
  for (const Unread& one : all_unread()) {
    all.push_back({{"source", one.source},
                   {"kind", "webhook"},
                   {"configured", false},
                   {"waiting", one.waiting},
                   {"behind", one.bytes},
                   {"spool_bytes", one.bytes},
                   {"troubles", {{"", one.text}}}});
  }
  return all;
}

}  // namespace aright::daemon
