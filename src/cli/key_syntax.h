// How keys of a text file are written in `desired:` of driver `file`: `keys`, `format`, `case`, `wins`.
#pragma once

#include "base/yaml.h"
#include "model/resource.h"

namespace aright::cli {

/// Takes the four fields out of `in` and puts "keys" (model/key_wish.h) into `desired.fields`. Every mistake goes to
/// `out`.
void parse_keys(yaml::Fields& in, Desired& desired, Diagnostics& out);

}  // namespace aright::cli
