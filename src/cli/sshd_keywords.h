// Which keys sshd knows: it does not start with one that it does not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aright::cli {

/// In lower case: those of OpenSSH 9.2 as Debian 12 has it, also those it only warns of, and of versions up to 10.0.
[[nodiscard]] const std::vector<std::string>& sshd_keywords();

}  // namespace aright::cli
