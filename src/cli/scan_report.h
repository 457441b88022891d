// A scan as people and pipelines want it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/scan.h"

namespace aright::cli {

enum class ScanFormat : std::uint8_t { table, json, yaml, junit, sarif };
[[nodiscard]] std::optional<ScanFormat> parse_scan_format(std::string_view text);

/// table: what is wrong, then one line that counts; mistakes in the configuration are for the caller to print. json,
/// yaml: everything. junit: one test case for a control on a resource, and an error for each mistake. sarif:
/// SARIF 2.1.0, one rule a control and one result a violation; what cannot be read is a notification (OASIS SARIF 2.1.0
/// §3.20.21), a mistake one about the configuration (§3.20.22), its file named relative to the
/// working directory where it lies below, else as a file URI.
[[nodiscard]] std::string report(const Scan& scan, ScanFormat format);

}  // namespace aright::cli
