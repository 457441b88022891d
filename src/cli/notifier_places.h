// `notify:` in aright.yaml: who may be told, and how.
#pragma once

#include <vector>

#include "base/secret_source.h"
#include "base/yaml.h"
#include "http/destination.h"
#include "model/notification.h"
#include "model/notifier.h"

namespace aright::cli {

struct ParsedNotify {
  std::vector<NotifierDefinition> notifiers;
  NotifyRules rules;
};

/// A map of names to notifiers, and `default: [NAME, …]`. Every mistake is reported. `secrets` and `destinations`:
/// those of the same file.
[[nodiscard]] ParsedNotify parse_notifiers(const yaml::Node& node, const SecretSources& secrets,
                                           const http::Destinations& destinations, Diagnostics& out);

}  // namespace aright::cli
