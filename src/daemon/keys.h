// The keys of a node: made at the first start, kept beside the log.
#pragma once

#include <string>

#include "audit/checkpoint.h"
#include "base/result.h"
#include "store/sqlite_history.h"
#include "store/state_folder.h"

namespace aright::daemon {

struct Keys {
  audit::SigningKey sign;   ///< of checkpoints
  audit::VerifyKey verify;  ///< its public half
  std::string plan;         ///< of plans and of what states are about
  std::string node;         ///< the node's name among all that call the same server
  std::string origin;       ///< of the log
};

/// Errc::corrupt: the log and its key do not belong together, or the end of the log is not what was signed; else of the
/// state folder.
[[nodiscard]] Result<Keys> open_keys(store::StateFolder& state, store::SqliteHistory& history);

/// After the first commit only: with the public key here, the log had entries. Errc::no_space: there is no first one.
[[nodiscard]] Result<Done> publish_key(store::StateFolder& state, store::SqliteHistory& history, const Keys& keys);

}  // namespace aright::daemon
