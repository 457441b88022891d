// The configuration folder read again while the daemon runs: taken whole, or refused whole.
#pragma once

#include <mutex>
#include <string>

#include "cli/config_folder.h"
#include "daemon/errands.h"
#include "daemon/keeper.h"
#include "daemon/sources.h"
#include "daemon/witnesses.h"
#include "driver/own/own_files.h"
#include "engine/operators.h"
#include "model/notification.h"
#include "model/notifier.h"

namespace aright::daemon {

/// What is in use since the start, and of what the engine does not hold what is since the last reload.
struct InUse {
  std::string listen;        ///< an address, or none; as at the start
  std::string socket_group;  ///< or none; likewise
  std::vector<source::TailDefinition> tails{};
  std::vector<source::WebhookDefinition> webhooks{};
  std::vector<NotifierDefinition> notifiers{};
  NotifyRules notify{};  ///< how each of them is treated, and who is told by default

  /// All but the first two, of what was loaded.
  void take(const cli::LoadedConfig& loaded);
};
[[nodiscard]] InUse in_use(const std::string& listen, const cli::LoadedConfig& loaded);

/// Any thread; two that ask at once are served one after the other. Keeps references, which must outlive it.
class Reloader {
 public:
  /// `folder` and `options` as at the start.
  Reloader(std::string folder, cli::ConfigOptions options, InUse in_use, engine::Operators& engine, Sources& sources,
           Errands& errands, Witnesses& witnesses, driver::OwnFiles& own, Keeper& keeper)
      : folder_(std::move(folder)),
        options_(std::move(options)),
        in_use_(std::move(in_use)),
        engine_(engine),
        sources_(sources),
        errands_(errands),
        witnesses_(witnesses),
        own_(own),
        keeper_(keeper) {}

  /// {"reloaded": true, "controls": 3, "workflows": 2, "changed": ["control motd changed"], "diagnostics": […]}, or
  /// {"reloaded": false, "reason": …, "diagnostics": […]}: then nothing is other than before. Either is recorded. The
  /// first diagnostics only, "more" says how many others there are.
  /// Errors: unavailable (stopping), timeout (taken, but not recorded yet: the database cannot be written now).
  Result<Json> reload(const engine::Identity& who);

 private:
  void note_kept(cli::LoadedConfig& loaded) const;
  [[nodiscard]] std::vector<std::string> changed_to(const InUse& next) const;
  Result<Json> take(engine::Reload reload, const engine::Identity& who);
  Result<Json> refuse(const std::string& reason, Diagnostics diagnostics, const engine::Identity& who);

  std::string folder_;
  cli::ConfigOptions options_;
  InUse in_use_;
  engine::Operators& engine_;
  Sources& sources_;
  Errands& errands_;
  Witnesses& witnesses_;
  driver::OwnFiles& own_;
  Keeper& keeper_;
  std::mutex one_at_a_time_;
};

}  // namespace aright::daemon
