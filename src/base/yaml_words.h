// What the YAML parser's own words mean for whoever wrote the file.
#pragma once

#include <string>
#include <string_view>

namespace aright::yaml {

struct Words {
  std::string message;  ///< what is wrong
  std::string hint;     ///< what to try
};

/// For what yaml-cpp says of a text it cannot read. What is not known here is said in general, its own words in the
/// hint.
[[nodiscard]] Words words_for(std::string_view said);

}  // namespace aright::yaml
