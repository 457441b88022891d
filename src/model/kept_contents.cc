#include "model/kept_contents.h"

#include <nlohmann/json.hpp>

namespace aright {

void add_contents(const RunStep& step, std::set<std::string>& ids) {
  ids.insert(step.before.id);
  ids.insert(step.after.id);
  if (step.ran) ids.insert(output_of(*step.ran).id);
  if (step.looked) ids.insert(output_of(*step.looked).id);
}

void each_commitment(const Json& value, const std::function<void(const std::string& id)>& told) {
  if (!value.is_structured()) return;
  if (const auto changes = value.find("changes"); value.is_object() && changes != value.end() && *changes == false)
    return;
  if (value.is_object() && value.size() == 2 && value.contains("size")) {
    const auto id = value.find("id");
    if (id != value.end() && id->is_string()) return told(id->get_ref<const std::string&>());
  }
  for (const Json& item : value) each_commitment(item, told);
}

}  // namespace aright
