// The webhooks of a configuration: connections bring deliveries in, the listening thread gives them to the engine.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/taps.h"
#include "engine/shell.h"
#include "http/server.h"
#include "source/webhook/webhook_definition.h"
#include "source/webhook/webhook_source.h"
#include "store/delivery_files.h"

namespace aright::daemon {

class Webhooks {
 public:
  using Clock = std::chrono::steady_clock;

  struct Hook;
  /// One as configured, its keys read and its files open.
  struct Armed {
    source::WebhookDefinition definition;
    source::WebhookOptions options;
    std::shared_ptr<Hook> hook;
  };

  /// `folder`: each source has one of its own in it. `key`: of the commitments to what is quarantined. `stir`: wakes
  /// the listening thread.
  Webhooks(engine::Shell& shell, api::Taps& taps, std::string folder, std::string key, std::function<void()> stir);
  ~Webhooks();

  /// Any thread, after the engine's start. Errors as read_secret, http::webhook_key and
  /// store::DeliveryFiles::open; the source is named.
  [[nodiscard]] Result<std::vector<Armed>> arm(const std::vector<source::WebhookDefinition>& definitions);

  /// Acknowledged deliveries that nobody reads: their source is no webhook of the configuration.
  struct Unread {
    std::string source;
    std::uint64_t waiting{0};  ///< how many; 0: their files cannot be read, `text` says why
    std::uint64_t bytes{0};    ///< on the disk
    std::string text;          ///< how many wait, and what to try
  };

  /// Where webhooks of an earlier life go on, and what those have left that are not armed. Once, after the first `arm`
  /// and before `take`.
  void remember(const Places& places);
  /// Any thread. In the place of those there were. What one that is not configured any more has kept, it keeps, and
  /// goes on there when it is configured again. `windows`: there are correlations, whose windows a restart fills by
  /// reading again.
  void take(std::vector<Armed> armed, bool windows);

  // The listening thread only:

  /// When `read` is due though nothing has stirred.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;
  /// Gives what was kept to the engine, unless that cannot take events now: then a little later.
  void read(WallTime now);

  // Any thread: requests to /hooks/NAME.
  [[nodiscard]] std::optional<http::Response> screen(const http::Request& head) const;
  [[nodiscard]] http::Response answer(const http::Request& request) const;

  /// Any thread. For each source: name, path, how it is signed, outcomes, what is kept, and its trouble, if any. Those
  /// with something unread are not `configured`.
  [[nodiscard]] Json view() const;
  /// Any thread, after `take`. By name.
  [[nodiscard]] std::vector<Unread> unread() const;

  /// Any thread. nullopt: there is no webhook of that name. Else as WebhookSource::read_again.
  [[nodiscard]] std::optional<Result<ReadAgain>> read_again(const std::string& source, std::uint64_t number) const;

 private:
  [[nodiscard]] Result<std::shared_ptr<Hook>> open(const std::string& name);
  [[nodiscard]] std::shared_ptr<Hook> find(const std::string& path) const;
  void read(Hook& hook, WallTime now);
  void tell_lost(Hook& hook, WallTime now);
  [[nodiscard]] Result<Done> release(Hook& hook, WallTime now);
  void find_left();
  [[nodiscard]] std::vector<Unread> all_unread() const;
  [[nodiscard]] Unread unread_of(const std::string& name, std::uint64_t waiting, std::uint64_t bytes,
                                 const std::string& why) const;
  static http::Response told(Hook& hook, http::Response response);

  engine::Shell& shell_;
  api::Taps& taps_;
  std::string folder_;
  std::string key_;
  std::function<void()> stir_;
  std::atomic<bool> held_up_{false};
  std::atomic<bool> closed_{false};
  std::atomic<bool> unread_{false};  ///< something kept could not be read
  std::atomic<bool> windows_{false};
  std::map<std::string, ReadFrom> stands_;  ///< by name, of an earlier life
  std::mutex opening_;
  mutable std::mutex mutex_;                             ///< of what follows
  std::map<std::string, std::shared_ptr<Hook>> opened_;  ///< by name, for the daemon's life: their files are open
  std::map<std::string, std::shared_ptr<Hook>> active_;  ///< those configured now
  std::map<std::string, Unread> left_;  ///< by an earlier life; those that are `opened_` meanwhile do not count
};

/// A request to one of them.
[[nodiscard]] bool is_to_webhook(const http::Request& request);

}  // namespace aright::daemon
