// Documents some of whose fields are texts with `${ … }`, to be filled in later.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "base/json.h"
#include "base/yaml.h"
#include "cel/program.h"

namespace aright::cel {

/// The field that holds those texts, by the name of their field. The fields themselves are not there.
inline constexpr std::string_view filled_field{"filled"};

/// Compiles the texts that `fields` has in its `filled_field`, and reports every mistake where it stands in the map
/// `node`, which has the same names: also one whose value can never be a text, nor, for the fields `of_lines`, a list
/// of texts.
void check_filled(const Json& fields, const yaml::Node& node, const Environment& environment,
                  const std::set<std::string>& of_lines, Diagnostics& out);

}  // namespace aright::cel
