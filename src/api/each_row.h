// Rows of a table, page by page.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "model/port/store.h"

namespace aright::api {

/// Gives `take` every row, the newest first, until after a page whose last one it answered with false. A row that
/// cannot be read is given as `doc_of` (api/answers.h) has it. Errors: of `history`.
[[nodiscard]] Result<Done> each_row(History& history, const std::string& table,
                                    const std::function<bool(const Json&)>& take);

}  // namespace aright::api
