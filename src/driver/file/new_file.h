// A complete file that has no name yet: until `link_as` nothing of it can be seen, and nothing is left when we die.
#pragma once

#include <string>

#include "driver/file/path.h"
#include "model/resource.h"

namespace aright::driver {

/// Content, attributes, flags, owner and mode of `fields`, durable, on the place's file system. Any error: nothing
/// happened, nothing is left. Errc::denied when the file system has no nameless files or cannot keep an attribute.
[[nodiscard]] Result<UniqueFd> write_nameless(const Place& place, const Json& fields);

/// Errc::no_space (retry) where the place's file system has no room now for a file with these fields; a quota is met
/// only in writing. Others as the system says.
[[nodiscard]] Result<Done> check_room(const Place& place, const Json& fields);

/// 0, or errno (EEXIST: the name is taken).
[[nodiscard]] int link_as(const Place& place, const UniqueFd& file, const std::string& name);

}  // namespace aright::driver
