// States and subjects as expressions know them: what they cannot tell truly has no value, and reading it is an error.
#pragma once

#include <memory>
#include <string_view>

#include "model/resource.h"

namespace aright {

/// The `fields` of a state, which must outlive what is made of it. A content that is no text has no value: its lines
/// are not known, and a condition on them would be false, or true, of nothing.
[[nodiscard]] std::shared_ptr<const Json> expressed(const Json& fields);
std::shared_ptr<const Json> expressed(Json&& fields) = delete;  ///< would dangle

/// `driver` and `id`. The id of a file is its path, not how records write that (base/path_text.h); a path that is no
/// UTF-8 has no value.
[[nodiscard]] Json expressed(const ResourceId& resource);
/// The same of a finding's subject, which may be a key of an event: its `subject_parts`.
[[nodiscard]] Json expressed_subject(std::string_view subject);

}  // namespace aright
