// A golden case: a text file of parts, each begun by a line "=== NAME".
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace aright::golden {

using Parts = std::vector<std::pair<std::string, std::string>>;  ///< name and text, in the file's order

[[nodiscard]] Parts read_case(const std::filesystem::path& file);
/// Empty: there is none of that name.
[[nodiscard]] std::string part(const Parts& parts, const std::string& name);
/// Writes the parts whose names hold a slash, or end in .yaml, into a new folder, which the caller removes.
[[nodiscard]] std::filesystem::path make_folder(const Parts& parts);
/// The cases of tests/golden/KIND by name, for testing::ValuesIn.
[[nodiscard]] std::vector<std::string> cases(const std::string& kind);
/// A case's name as GoogleTest wants it.
[[nodiscard]] std::string test_name(const std::string& file);

}  // namespace aright::golden
