#include "model/fields.h"

#include <algorithm>

#include "base/canonical.h"

namespace aright {

Result<std::string> Fields::canonical() const {
  std::vector<const Field*> sorted;
  sorted.reserve(fields_.size());
  for (const Field& field : fields_) sorted.push_back(&field);
  std::ranges::sort(sorted, {}, [](const Field* field) { return field->name; });
  CanonicalWriter out;
  {
    CanonicalObject object(out);
    for (const Field* field : sorted) object.json(field->name, field->value);
  }
  return std::move(out).end();
}

}  // namespace aright
