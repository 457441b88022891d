#include "cel/filled.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cel/yaml_condition.h"

namespace aright::cel {

void check_filled(const Json& fields, const yaml::Node& node, const Environment& environment, Diagnostics& out) {
  const auto texts = fields.find(filled_field);
  if (texts == fields.end()) return;
  for (const auto& [field, text] : texts->items()) {
    const yaml::Node* written = node.find(field);
    if (written != nullptr) (void)compile_text(*written, fmt::format("`{}`", field), environment, out);
  }
}

}  // namespace aright::cel
