#include "daemon/starts_low.h"

#include <spdlog/spdlog.h>

namespace aright::daemon {

Result<bool> starts_low(store::StateFolder& state, store::SqliteStore& store, store::SqliteHistory& history) {
  auto ok = state.set_reserve_aside();
  if (ok) return false;
  if (ok.error().code != Errc::no_space) return std::unexpected(ok.error());
  store.make_room();
  if (state.set_reserve_aside()) return false;
  const auto begun = history.newest_checkpoint();
  if (!begun) return std::unexpected(begun.error());
  if (!*begun) return std::unexpected(ok.error());
  spdlog::warn("{}", ok.error().message);
  state.release();
  return true;
}

}  // namespace aright::daemon
