// What YAML says as a hash: of two texts with the same content it is the same.
#pragma once

#include <initializer_list>
#include <string>

#include "base/yaml.h"

namespace aright::detect::sigma {

/// Hex SHA-256 of the values of `nodes` (nullptr: absent) with their keys in the order of the file; layout, comments
/// and the kind of quotes do not count. Pure.
[[nodiscard]] std::string content_digest(std::initializer_list<const yaml::Node*> nodes);

}  // namespace aright::detect::sigma
