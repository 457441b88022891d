#include "daemon/keys.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "cli/audit_tail.h"
#include "store/file_check.h"

namespace aright::daemon {

namespace {
constexpr const char* public_key = "signing.pub";
}  // namespace

Result<Keys> open_keys(store::StateFolder& state, store::SqliteHistory& history) {
  auto any = history.entries(0, 1);
  if (!any) return std::unexpected(any.error());
  const bool fresh = any->empty();
  struct stat info{};
  const std::string published = state.file(public_key);
  if (fresh && lstat(published.c_str(), &info) == 0) {
    return fail(Errc::corrupt, fmt::format("{}: has no entries, but {}, the key of its log, is here; {}",
                                           state.database(), published, store::what_to_do()));
  }
  auto seed = state.secret(store::StateFolder::signing_key, fresh);
  if (!seed) return std::unexpected(seed.error());
  auto plan = state.secret("plan.key", fresh);
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
