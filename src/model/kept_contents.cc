#include "model/kept_contents.h"

namespace aright {

void add_contents(const RunStep& step, std::set<std::string>& ids) {
  ids.insert(step.before.id);
  ids.insert(step.after.id);
  if (step.ran) ids.insert(output_of(*step.ran).id);
  if (step.looked) ids.insert(output_of(*step.looked).id);
}

}  // namespace aright
