#include "cli/explain_about.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/path_text.h"

namespace aright::cli {

namespace fs = std::filesystem;

namespace {

/// "7", "f-0123456789abcdef"
bool names_record(const std::string& about) {
  return about.starts_with("f-") || about.find_first_not_of("0123456789") == std::string::npos;
}

bool is_relative_path(const std::string& about, const fs::path& folder) {
  if (about.empty() || about.starts_with('/') || names_record(about)) return false;
  const auto slash = about.find('/');
  const auto mark = about.find_first_of(":=");
  if (mark != std::string::npos && (slash == std::string::npos || mark < slash))
    return false;  // file:…, host=…, auth:7
  std::error_code error;
  return slash != std::string::npos || fs::symlink_status(folder / about, error).type() > fs::file_type::not_found;
}

}  // namespace

std::string written_subject(const std::string& said) {
  constexpr std::string_view of_a_file = "file:/";
  const std::size_t path = said.starts_with(of_a_file) ? of_a_file.size() - 1 : 0;
  if (!said.substr(path).starts_with('/') || path_bytes(said.substr(path))) return said;
  return said.substr(0, path) + path_text(said.substr(path));
}

Result<std::string> asked_about(const std::string& about, const std::string& folder) {
  if (!is_relative_path(about, folder)) return written_subject(about);
  const fs::path written = fs::path(folder) / about;
  const fs::path last = written.filename();
  const bool is_folder = last.empty() || last == "." || last == "..";
  std::error_code error;
  const fs::path whole = fs::canonical(is_folder ? written : written.parent_path(), error);
  if (error) return std::unexpected(errno_error(error.value(), about));
  return path_text(is_folder ? whole.string() : (whole / last).string());
}

}  // namespace aright::cli
