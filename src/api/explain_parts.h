// What the files that explain share: the words of rows, and sentences in their order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/intake.h"

namespace aright::api {

/// Of a member of `doc`; empty: it has none that is text.
[[nodiscard]] std::string text_of(const Json& doc, const char* key);
/// A sentence for each of `runs` but those that wait for a person: the engine tells these first itself.
void add_runs(std::vector<std::string>& sentences, const std::vector<Json>& runs);
/// `answer` with `sentences` before its own.
[[nodiscard]] Json with_first(Json answer, std::vector<std::string> sentences);

/// "auth" of "auth:/var/log/auth.log".
[[nodiscard]] std::string source_name(const std::string& source);
/// Of a source by its name, or by that of a part of it; nullopt: nothing of it has been read.
[[nodiscard]] Result<std::optional<Intake>> intake_of(const Json& intakes, const std::string& source);

}  // namespace aright::api
