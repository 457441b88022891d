#include "cli/reload.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "cli/diagnostics.h"
#include "cli/terminal_text.h"

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

std::vector<std::string> diagnostic_lines(const Json& answer) {
  std::vector<std::string> all;
  for (const Json& doc : answer.value("diagnostics", Json::array())) {
    std::istringstream lines(rendered(diagnostic_of(doc)));
    for (std::string line; std::getline(lines, line);) all.push_back(line);
  }
  const auto more = answer.value("more", std::uint64_t{0});
  if (more != 0) all.push_back(fmt::format("and {} more", more));
  return all;
}

int reload(const Session& session) {
  auto answer = session.post("/v1/reload", Json::object());
  if (!answer) return complain(answer.error());
  const bool done = answer->value("reloaded", false);
  if (session.format != Format::table) {
    fmt::print("{}", show_one(*answer, session.format));
    return done ? 0 : 1;
  }
  for (const std::string& line : diagnostic_lines(*answer)) fmt::print(stderr, "{}\n", line);
  for (const char* list : {"untested", "unplanned", "waiting"}) {
    for (const Json& line : answer->value(list, Json::array())) {
      fmt::print(stderr, "warning: {}\n", safe(line.get<std::string>()));
    }
  }
  if (!done) {
    fmt::print(stderr, "error: refused, the configuration in force stays: {}\n", safe(answer->value("reason", "")));
    return 1;
  }
  fmt::print("reloaded: {}, {}\n", counted(answer->value("controls", std::uint64_t{0}), "control"),
             counted(answer->value("workflows", std::uint64_t{0}), "workflow"));
  for (const Json& what : answer->value("changed", Json::array())) {
    fmt::print("  {}\n", safe(what.get<std::string>()));
  }
  return 0;
}

}  // namespace aright::cli
