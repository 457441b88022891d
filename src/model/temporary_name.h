// How a managed file's new or old self is called for a moment, beside it.
#pragma once

#include <string>
#include <string_view>

namespace aright {

/// `key`: of the step that puts it right (model/run.h), of its undo with "-undo" behind it.
[[nodiscard]] std::string temporary_name(std::string_view key);

/// Whether `temporary_name` gives this name for some step. No other name is ours, however it begins.
[[nodiscard]] bool is_temporary_name(std::string_view name);

}  // namespace aright
