// Tells people: by mail, webhook, Slack's form of it, syslog and programs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver/notify/node_name.h"
#include "driver/secret_keeper.h"
#include "http/client.h"
#include "model/notifier.h"
#include "model/port/notify.h"
#include "model/port/program.h"

namespace aright::driver {

/// What is configured: who there is, and which servers may be called.
struct NotifierSet {
  std::vector<NotifierDefinition> notifiers;
  http::Destinations destinations;
};

class Notifiers final : public NotifyHand {
 public:
  /// `node` tells our ids from those of other nodes. `secrets` and `programs` outlive it. Errors as
  /// `http::Client::create`.
  static Result<std::unique_ptr<Notifiers>> create(std::string node, NotifierSet set, SecretKeeper& secrets,
                                                   ProgramRunner& programs,
                                                   http::Resolve resolve = http::resolve_by_system);

  /// Errc::not_found (retry): there is no such notifier now.
  Result<std::string> deliver(const Notification& notification) override;
  /// Another configuration, for the next delivery on.
  void change(NotifierSet set);
  /// Ends requests under way, now and from now on; programs are ended by whoever runs them. Any thread.
  void stop() { client_->stop(); }

 private:
  Notifiers(std::string node, NotifierSet set, SecretKeeper& secrets, ProgramRunner& programs,
            std::unique_ptr<http::Client> client, http::Resolve resolve);
  [[nodiscard]] std::shared_ptr<const NotifierSet> set() const;
  /// What one try needs.
  struct Try {
    const Notification& what;
    const NotifierSet& set;
    Nanos time_limit;
    Redactor handed{};
  };
  Result<std::string> tell(const WebhookNotifier& how, Try& now);
  Result<std::string> tell(const SlackNotifier& how, Try& now);
  Result<std::string> tell(const SyslogNotifier& how, Try& now);
  Result<std::string> tell(const ProgramNotifier& how, Try& now);
  Result<std::string> tell(const SmtpNotifier& how, Try& now);
  Result<std::string> post(http::Outgoing request, Try& now);

  const NodeName node_;
  SecretKeeper& secrets_;
  ProgramRunner& programs_;
  std::unique_ptr<http::Client> client_;
  http::Resolve resolve_;
  mutable std::mutex mutex_;
  std::shared_ptr<const NotifierSet> set_;
};

}  // namespace aright::driver
