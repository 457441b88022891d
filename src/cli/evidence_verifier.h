// The verifier that lies in every evidence folder: src/cli/evidence_verifier.py, as it was when this was built.
#pragma once

#include <string_view>

namespace aright::cli {

[[nodiscard]] std::string_view evidence_verifier();

}  // namespace aright::cli
