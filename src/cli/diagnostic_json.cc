#include "cli/diagnostic_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"

namespace aright::cli {

namespace {

/// Names of files are any bytes.
std::string utf8_of(const std::string& bytes) { return clip_text(bytes, std::size_t{64} * 1024); }

}  // namespace

Json as_json(const Diagnostics& diagnostics, std::size_t shown_max) {
  Json list = Json::array();
  for (const Diagnostic& d : diagnostics) {
    if (list.size() == shown_max) break;
    list.push_back({{"severity", d.severity == Severity::error ? "error" : "warning"},
                    {"file", utf8_of(d.at.file)},
                    {"line", d.at.line},
                    {"column", d.at.column},
                    {"message", utf8_of(d.message)},
                    {"hint", utf8_of(d.hint)}});
  }
  return list;
}

Diagnostic diagnostic_of(const Json& doc) {
  return {doc.value("severity", "") == "error" ? Severity::error : Severity::warning,
          {doc.value("file", ""), doc.value("line", std::uint32_t{0}), doc.value("column", std::uint32_t{0})},
          doc.value("message", ""),
          doc.value("hint", "")};
}

}  // namespace aright::cli
