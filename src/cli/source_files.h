// Files of sources/: which kind of source one is, and what they need beside themselves.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/config_folder.h"

namespace aright::cli {

using SourceDefinition = std::variant<source::TailDefinition, source::WebhookDefinition>;

/// nullopt after reporting every mistake to `out`. Pure.
[[nodiscard]] std::optional<SourceDefinition> parse_source(const yaml::Node& node, Diagnostics& out,
                                                           const SecretSources* secrets = nullptr);
[[nodiscard]] const std::string& name_of(const SourceDefinition& source);
void add_source(SourceDefinition source, LoadedConfig& into);
[[nodiscard]] bool has_sources(const LoadedConfig& loaded);

/// Reads the keys of a webhook, as the daemon will at its start; what cannot be one is a mistake in `node`.
void check_secrets(const SourceDefinition& source, const yaml::Node& node, Diagnostics& out);

/// Mistakes: `alert`, written as `node`, names a source that is none of `sources`.
void check_alert_sources(const AlertMapping& alert, const yaml::Node& node, const std::vector<std::string>& sources,
                         Diagnostics& out);

/// Warns of rules without a source that brings events (of that log source), and of webhooks without an address they
/// could be reached at.
void check_sources(LoadedConfig& loaded);

}  // namespace aright::cli
