// Names of users and groups, as the system's name service gives them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aright::driver {

/// Names, or the number as text where there is no name. A thread keeps what it looked up for ten seconds: looking up
/// costs more than reading a small file. Any thread. Errc::unavailable: the name service does not answer now.
[[nodiscard]] Result<std::string> user_name(unsigned uid);
[[nodiscard]] Result<std::string> group_name(unsigned gid);
/// The reverse, also of a number as text. Errc::invalid: no such user or group; Errc::unavailable as above.
[[nodiscard]] Result<unsigned> user_id(const std::string& name);
[[nodiscard]] Result<unsigned> group_id(const std::string& name);

/// The end of an advice where this process may not do what root may: root itself lacks capabilities then.
[[nodiscard]] std::string_view or_be_root();

}  // namespace aright::driver
