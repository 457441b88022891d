// Checkpoints as others have cosigned them, kept for whoever is handed evidence.
#pragma once

#include <string>

#include "base/result.h"

namespace aright::cli {

/// The folder in the state folder.
inline constexpr const char* cosigned_folder = "cosigned";

/// `note`, with the cosignature, as the newest that `witness` has cosigned; the folder is made where it is missing.
/// Errors as the system says.
[[nodiscard]] Result<Done> keep_cosigned(const std::string& folder, const std::string& witness,
                                         const std::string& note);

/// The cosignatures in `folder` on the very checkpoint `note`, as lines. What cannot be read is passed over: a
/// cosignature that is missing proves less, and nothing else.
[[nodiscard]] std::string cosignatures_on(const std::string& folder, const std::string& note);

}  // namespace aright::cli
