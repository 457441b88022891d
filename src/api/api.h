// HTTP answers. Everything that shows or changes state is on the Unix socket only; TCP serves health and metrics.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "engine/operators.h"
#include "http/message.h"
#include "model/port/store.h"

namespace aright::api {

/// Proves entry `seq` against the newest checkpoint, as JSON. Errc::not_found: no such entry, or not yet signed.
using Prove = std::function<Result<Json>(std::uint64_t seq)>;

/// Any thread. Keeps references: `operators` and `history` must outlive it.
class Api {
 public:
  Api(engine::Operators& operators, History& history, Prove prove)
      : operators_(operators), history_(history), prove_(std::move(prove)) {}
  /// On the Unix socket: identity is the peer's.
  http::Response local(const http::Request& request);
  /// On TCP: /healthz, /readyz, /metrics.
  http::Response open(const http::Request& request);

 private:
  http::Response get(const http::Request& request);
  http::Response post(const http::Request& request);
  http::Response list(const http::Request& request, const std::string& table, bool only_open);
  http::Response show(const std::string& table, const std::string& id);
  http::Response show_run(const std::string& id);
  http::Response show_definition(const std::string& kind, const std::string& name);
  Result<Done> add_states(Json& run);
  http::Response command(engine::Command command, const http::Request& request);

  engine::Operators& operators_;
  History& history_;
  Prove prove_;
};

/// Prometheus text of `status`.
[[nodiscard]] std::string metrics_text(const engine::Status& status);

}  // namespace aright::api
