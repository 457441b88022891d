#include "daemon/keys.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "cli/audit_tail.h"
#include "store/file_check.h"

namespace aright::daemon {

namespace {
constexpr const char* public_key = "signing.pub";
}  // namespace

Result<Keys> open_keys(store::StateFolder& state, store::SqliteHistory& history) {
  const auto begun = cli::has_begun(history, state.database(), state.file(public_key));
  if (!begun) return std::unexpected(begun.error());
  const bool fresh = !*begun;
  auto seed = state.secret(store::StateFolder::signing_key, fresh);
  if (!seed) return std::unexpected(seed.error());
  auto plan = state.secret(store::StateFolder::plan_key, fresh);
  if (!plan) return std::unexpected(plan.error());
  auto key = audit::SigningKey::from_seed(*seed);
  if (!key) return std::unexpected(key.error());
  Keys keys;
  keys.sign = std::move(*key);
  keys.plan = std::move(*plan);
  keys.node = hex(as_bytes(keys.sign.public_key()).first(8));
  keys.origin = "aright/" + keys.node;
  keys.verify = audit::VerifyKey::make(keys.origin, keys.sign.public_key());
  if (auto ok = cli::check_tail(history, keys.verify); !ok) {
    return std::unexpected(
        store::advised({Errc::corrupt, Retry::no, fmt::format("{}: {}", state.database(), ok.error().message)}));
  }
  return keys;
}

Result<Done> publish_key(store::StateFolder& state, store::SqliteHistory& history, const Keys& keys) {
  auto any = history.entries(0, 1);
  if (!any) return std::unexpected(any.error());
  if (any->empty()) return fail(Errc::no_space, state.path() + ": no room for the first entries; free some space");
  return state.publish(public_key, keys.verify.text() + "\n");
}

}  // namespace aright::daemon
