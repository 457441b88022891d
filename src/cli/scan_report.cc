#include "cli/scan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/path_text.h"
#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

constexpr std::array<std::pair<std::string_view, ScanFormat>, 5> formats{{{"table", ScanFormat::table},
                                                                          {"json", ScanFormat::json},
                                                                          {"yaml", ScanFormat::yaml},
                                                                          {"junit", ScanFormat::junit},
                                                                          {"sarif", ScanFormat::sarif}}};

const Control& control_of(const Scan& scan, const ScanItem& item) {
  return *std::ranges::find(scan.controls, item.control, &Control::name);
}

std::string subject(const ScanItem& item) {
  return item.resource.id.empty() ? "everything it is about" : item.resource.text();
}

/// "content, mode: note", for one who has to understand it without the rest.
std::string what(const ScanItem& item) {
  std::string text;
  if (!item.differs.empty()) text = fmt::format("differs in {}", fmt::join(item.differs, ", "));
  if (!item.note.empty()) text += (text.empty() ? "" : "; ") + item.note;
  return text;
}

std::string tally(const Scan& scan) {
  std::string text = fmt::format("{} looked at by {} controls: {} compliant", scan.items.size(), scan.controls.size(),
                                 scan.count(ScanStatus::compliant));
  for (const ScanStatus status : {ScanStatus::fixed, ScanStatus::violation, ScanStatus::unreadable}) {
    const std::size_t count = scan.count(status);
    if (count == 0) continue;
    text += status == ScanStatus::violation ? fmt::format(", {} violation{}", count, count == 1 ? "" : "s")
                                            : fmt::format(", {} {}", count, name(status));
  }
  return text + "\n";
}

/// A difference as lines: "  - old" and "  + new" where a value is a text of its own, else the operation.
std::string difference_lines(const Json& difference) {
  std::string text;
  for (const Json& op : difference) {
    const std::string kind = op.value("op", "");
    const std::string sign = kind == "remove" ? "-" : kind == "add" ? "+" : "~";
    std::string line = fmt::format("    {} {}", sign, op.value("path", ""));
    if (op.contains("value")) line += " " + op["value"].dump();
    text += safe(line) + '\n';
  }
  return text;
}

std::string as_table(const Scan& scan) {
  std::string text;
  for (const ScanItem& item : scan.items) {
    if (item.status == ScanStatus::compliant) continue;
    const Control& control = control_of(scan, item);
    text += fmt::format("{:10} {:8} {}  {}: {}\n", name(item.status), name(control.severity), safe(control.name),
                        safe(subject(item)), safe(what(item)));
    text += difference_lines(item.difference);
  }
  return text + tally(scan);
}

Json as_json(const Scan& scan) {
  Json items = Json::array();
  for (const ScanItem& item : scan.items) {
    const Control& control = control_of(scan, item);
    Json doc{{"control", control.name},
             {"title", control.title},
             {"severity", name(control.severity)},
             {"tags", control.tags},
             {"status", name(item.status)},
             {"subject", item.resource.id.empty() ? Json() : Json(item.resource.text())}};
    if (!item.differs.empty()) doc["differs"] = item.differs;
    if (!item.difference.empty()) doc["difference"] = item.difference;
    if (!item.note.empty()) doc["note"] = item.note;
    items.push_back(std::move(doc));
  }
  return {{"clean", scan.clean()},
          {"compliant", scan.count(ScanStatus::compliant)},
          {"fixed", scan.count(ScanStatus::fixed)},
          {"violations", scan.count(ScanStatus::violation)},
          {"unreadable", scan.count(ScanStatus::unreadable)},
          {"items", std::move(items)}};
}

std::string as_junit(const Scan& scan) {
  using Tree = boost::property_tree::ptree;
  Tree suite;
  suite.put("<xmlattr>.name", "aright scan");
  suite.put("<xmlattr>.tests", scan.items.size());
  suite.put("<xmlattr>.failures", scan.count(ScanStatus::violation));
  suite.put("<xmlattr>.errors", scan.count(ScanStatus::unreadable));
  for (const ScanItem& item : scan.items) {
    Tree test;
    test.put("<xmlattr>.classname", item.control);
    test.put("<xmlattr>.name", safe(subject(item)));
    const bool failed = item.status == ScanStatus::violation;
    if (failed || item.status == ScanStatus::unreadable) {
      Tree& why = test.add_child(failed ? "failure" : "error", Tree());
      why.put("<xmlattr>.message", safe(what(item)));
      why.put_value(safe(control_of(scan, item).title) + "\n" + difference_lines(item.difference));
    } else if (item.status == ScanStatus::fixed) {
      test.put("system-out", safe(what(item)));
    }
    suite.add_child("testcase", test);
  }
  Tree root;
  root.add_child("testsuites.testsuite", suite);
  std::ostringstream out;
  boost::property_tree::write_xml(out, root, boost::property_tree::xml_writer_make_settings<std::string>(' ', 2));
  return out.str() + "\n";
}

/// RFC 3986 §2.1, for a file's path.
std::string file_uri(const std::string& id) {
  const auto bytes = path_bytes(id);
  std::string uri = "file://";
  for (const char c : bytes ? *bytes : id) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string_view("/-._~").find(c) != std::string_view::npos;
    uri += plain && byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri;
}

std::string_view sarif_level(Level level) {
  if (level >= Level::high) return "error";
  return level == Level::medium ? "warning" : "note";
}

Json sarif_location(const ScanItem& item) {
  if (item.resource.id.empty()) return Json::array();
  // Lists are named as such: of `{one}` compilers disagree whether it is a list or the one itself.
  const Json logical{{"fullyQualifiedName", item.resource.text()}, {"kind", "resource"}};
  Json location{{"logicalLocations", Json::array({logical})}};
  if (item.resource.driver == "file") {
    location["physicalLocation"] = {{"artifactLocation", {{"uri", file_uri(item.resource.id)}}}};
  }
  return Json::array({location});
}

Json as_sarif(const Scan& scan) {
  Json rules = Json::array();
  for (const Control& c : scan.controls) {
    rules.push_back({{"id", c.name},
                     {"shortDescription", {{"text", c.title}}},
                     {"defaultConfiguration", {{"level", sarif_level(c.severity)}}},
                     {"properties", {{"tags", c.tags}, {"severity", name(c.severity)}}}});
  }
  Json results = Json::array();
  Json notifications = Json::array();
  for (const ScanItem& item : scan.items) {
    if (item.status == ScanStatus::compliant) continue;
    const Control& c = control_of(scan, item);
    const std::string message = fmt::format("{}: {} {}", c.title, subject(item), what(item));
    if (item.status == ScanStatus::unreadable) {
      notifications.push_back({{"level", "error"},
                               {"message", {{"text", message}}},
                               {"associatedRule", {{"id", c.name}}},
                               {"locations", sarif_location(item)}});
      continue;
    }
    Json result{{"ruleId", c.name},
                {"level", sarif_level(c.severity)},
                {"message", {{"text", message}}},
                {"locations", sarif_location(item)},
                {"partialFingerprints", {{"arightSubject/v1", c.name + " " + item.resource.text()}}}};
    if (item.status == ScanStatus::fixed) result["baselineState"] = "absent";
    results.push_back(std::move(result));
  }
  const Json invocation{{"executionSuccessful", notifications.empty()}, {"toolExecutionNotifications", notifications}};
  const Json driver{{"name", "aright"}, {"version", ARIGHT_VERSION}, {"rules", rules}};
  const Json run{{"tool", {{"driver", driver}}}, {"invocations", Json::array({invocation})}, {"results", results}};
  return {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
}

}  // namespace

std::optional<ScanFormat> parse_scan_format(std::string_view text) {
  const auto found = std::ranges::find(formats, text, &std::pair<std::string_view, ScanFormat>::first);
  return found == formats.end() ? std::nullopt : std::optional(found->second);
}

std::string report(const Scan& scan, ScanFormat format) {
  switch (format) {
    case ScanFormat::table: return as_table(scan);
    case ScanFormat::json: return show_one(as_json(scan), Format::json);
    case ScanFormat::yaml: return show_one(as_json(scan), Format::yaml);
    case ScanFormat::junit: return as_junit(scan);
    case ScanFormat::sarif: return show_one(as_sarif(scan), Format::json);
  }
  return {};
}

}  // namespace aright::cli
