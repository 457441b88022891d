// The page of an evidence folder.
#pragma once

#include <string>

#include "base/json.h"

namespace aright::cli {

/// HTML without scripts, fonts or anything from elsewhere, of what `collect_evidence` gives: for each run what was
/// wrong, before and after, who decided, which guards, times; and how all of it is checked. Nothing of a text becomes
/// markup.
[[nodiscard]] std::string evidence_page(const Json& pack);

}  // namespace aright::cli
