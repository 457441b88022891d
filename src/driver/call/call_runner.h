// Calls servers: only listed ones, each request once, secrets only on the wire.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "driver/secret_keeper.h"
#include "http/client.h"
#include "model/port/call.h"

namespace aright::driver {

/// The header that names a step of a run to the server, whatever the attempt.
inline constexpr std::string_view key_header = "Idempotency-Key";

class CallRunner final : public aright::CallRunner {
 public:
  /// `node`: what tells our keys from those of other nodes at the same server. `secrets` outlives it. Errors as
  /// `http::Client::create`, and as `http::libcurl_is_here` when there are destinations.
  static Result<std::unique_ptr<CallRunner>> create(std::string node, http::Destinations destinations,
                                                    SecretKeeper& secrets,
                                                    http::Resolve resolve = http::resolve_by_system);

  Result<CallOutcome> run(const CallRequest& request, const MaySend& may_send) override;

  /// Another configuration, for the next request on.
  void change(http::Destinations destinations);
  /// Ends calls under way, now and from now on. Does not wait. Any thread, more than once.
  void stop() { client_->stop(); }

 private:
  CallRunner(std::string node, http::Destinations destinations, SecretKeeper& secrets,
             std::unique_ptr<http::Client> client);
  [[nodiscard]] std::shared_ptr<const http::Destinations> destinations() const;
  [[nodiscard]] Result<http::Outgoing> outgoing(const CallRequest& request, Redactor& handed) const;
  [[nodiscard]] Result<std::string> body(const CallRequest& request, Redactor& handed) const;

  const std::string node_;
  SecretKeeper& secrets_;
  std::unique_ptr<http::Client> client_;
  mutable std::mutex mutex_;
  std::shared_ptr<const http::Destinations> destinations_;
};

}  // namespace aright::driver
