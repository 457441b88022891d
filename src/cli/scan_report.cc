#include "cli/scan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tuple>
#include <utility>

#include "base/path_text.h"
#include "cli/reload.h"
#include "cli/show.h"
#include "cli/show_change.h"
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

/// What is wrong in a few words.
std::string differs_text(const Control& control, const std::vector<std::string>& differs) {
  if (differs == std::vector<std::string>{"exists"}) {
    return control.desired.fields.value("exists", true) ? "is not there" : "must not be there";
  }
  if (!control.violation.empty()) return "is as `violation` says";
  return fmt::format("differs in {}", fmt::join(differs, ", "));
}

/// "differs in content, mode; note", for one who knows the subject.
std::string what(const Control& control, const ScanItem& item) {
  std::string text;
  if (!item.differs.empty()) text = differs_text(control, item.differs);
  std::string_view note = item.note;
  if (const std::string named = item.resource.id + ": "; note.starts_with(named)) note.remove_prefix(named.size());
  if (!note.empty()) text += (text.empty() ? "" : "; ") + std::string(note);
  return text;
}

/// Those that find in events: nothing is said of them, neither good nor bad.
std::vector<std::string> skipped_names(const Scan& scan) {
  std::vector<std::string> names;
  for (const Control& control : scan.controls) {
    if (control.on_events() && control.kind != ControlKind::builtin) names.push_back(control.name);
  }
  return names;
}
constexpr std::string_view needs_events = "they need events, which only the daemon has (`aright detect` reads files)";

std::string tally(const Scan& scan) {
  const auto looking = std::ranges::count_if(scan.controls, [](const Control& c) { return !c.on_events(); });
  std::string text = fmt::format("{} looked at by {} control{}: {} compliant", scan.items.size(), looking,
                                 looking == 1 ? "" : "s", scan.count(ScanStatus::compliant));
  for (const ScanStatus status :
       {ScanStatus::fixed, ScanStatus::ended, ScanStatus::violation, ScanStatus::unreadable, ScanStatus::waived}) {
    const std::size_t count = scan.count(status);
    if (count == 0) continue;
    text += status == ScanStatus::violation ? fmt::format(", {} violation{}", count, count == 1 ? "" : "s")
                                            : fmt::format(", {} {}", count, name(status));
  }
  const std::vector<std::string> skipped = skipped_names(scan);
  if (skipped.empty()) return text + "\n";
  return text + fmt::format("\n{} control{} skipped, since {}: {}\n", skipped.size(), skipped.size() == 1 ? "" : "s",
                            needs_events, safe(fmt::format("{}", fmt::join(skipped, ", "))));
}

/// As `runs show` tells them; that it is absent has been said.
std::string change_lines(ScanChange change) {
  for (Json* fields : {&change.before, &change.after}) fields->erase("exists");
  std::erase_if(change.difference.get_ref<Json::array_t&>(),
                [](const Json& op) { return op.value("path", "") == "/exists"; });
  return show_change(change.before, change.after, change.difference);
}

std::string change_lines(const std::vector<ScanChange>& changes) {
  std::string text;
  for (const ScanChange& change : changes) text += change_lines(change);
  return text;
}

/// What else the workflow would do, step by step. Arguments as JSON: where one ends and the next begins must be seen.
std::string step_lines(const std::vector<ScanStep>& steps) {
  std::string text;
  for (const ScanStep& step : steps) {
    const std::string note = step.note.empty() ? "" : ": " + step.note;
    if (step.arguments.empty()) {
      text += fmt::format("    would also change {}{}\n", safe(step.resource.text()), safe(note));
      std::istringstream lines(change_lines(step.change));
      for (std::string line; std::getline(lines, line);) text += fmt::format("    {}\n", line);
    } else {
      const bool call = step.resource.driver == call_driver;
      text +=
          fmt::format("    would {} {}{}\n", call ? "call" : "start", safe(Json(step.arguments).dump()), safe(note));
    }
  }
  return text;
}

Json as_json(const ScanStep& step) {
  Json doc = Json::object();
  if (step.arguments.empty()) {
    doc = {{"resource", step.resource.text()}, {"difference", step.change.difference}};
  } else {
    doc[step.resource.driver == call_driver ? "call" : "exec"] = step.arguments;
  }
  if (!step.note.empty()) doc["note"] = step.note;
  return doc;
}

Json as_json(const std::vector<ScanStep>& steps) {
  Json list = Json::array();
  for (const ScanStep& step : steps) list.push_back(as_json(step));
  return list;
}

/// What is wrong before what cannot be told, the most severe first; otherwise in the order of the controls.
std::vector<const ScanItem*> by_weight(const Scan& scan) {
  std::vector<const ScanItem*> items;
  for (const ScanItem& item : scan.items) {
    if (item.status != ScanStatus::compliant || !item.note.empty()) items.push_back(&item);
  }
  const auto weight = [&](const ScanItem* item) {
    const bool fine = item->status == ScanStatus::compliant;
    return std::tuple(fine, item->status, -static_cast<int>(control_of(scan, *item).severity), item);
  };
  std::ranges::sort(items, {}, weight);
  return items;
}

std::string as_table(const Scan& scan) {
  const auto items = by_weight(scan);
  std::size_t severity_width = 0;
  std::size_t name_width = 0;
  for (const ScanItem* item : items) {
    severity_width = std::max(severity_width, name(control_of(scan, *item).severity).size());
    name_width = std::max(name_width, item->control.size());
  }
  std::string text;
  for (const ScanItem* item : items) {
    const Control& control = control_of(scan, *item);
    text += fmt::format("{:10}  {:{}}  {:{}}  {}: {}\n", name(item->status), name(control.severity), severity_width,
                        safe(control.name), name_width, safe(subject(*item)), safe(what(control, *item)));
    text += change_lines(item->changes) + step_lines(item->steps);
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
    if (!item.changes.empty()) doc["difference"] = item.difference();
    if (!item.steps.empty()) doc["steps"] = as_json(item.steps);
    if (!item.note.empty()) doc["note"] = item.note;
    items.push_back(std::move(doc));
  }
  return {{"clean", scan.clean()},
          {"compliant", scan.count(ScanStatus::compliant)},
          {"fixed", scan.count(ScanStatus::fixed)},
          {"ended", scan.count(ScanStatus::ended)},
          {"violations", scan.count(ScanStatus::violation)},
          {"unreadable", scan.count(ScanStatus::unreadable)},
          {"waived", scan.count(ScanStatus::waived)},
          {"skipped", skipped_names(scan)},
          {"items", std::move(items)},
          {"diagnostics", cli::as_json(scan.diagnostics)}};
}

std::vector<const Diagnostic*> mistakes_of(const Scan& scan) {
  std::vector<const Diagnostic*> all;
  for (const Diagnostic& d : scan.diagnostics) {
    if (d.severity == Severity::error) all.push_back(&d);
  }
  return all;
}

std::string place_of(const Position& at) {
  if (at.file.empty()) return "everything";
  return at.line == 0 ? at.file : fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

std::string as_junit(const Scan& scan) {
  using Tree = boost::property_tree::ptree;
  Tree suite;
  suite.put("<xmlattr>.name", "aright scan");
  const std::vector<std::string> skipped = skipped_names(scan);
  const auto mistakes = mistakes_of(scan);
  suite.put("<xmlattr>.tests", scan.items.size() + skipped.size() + mistakes.size());
  suite.put("<xmlattr>.skipped", skipped.size() + scan.count(ScanStatus::waived));
  suite.put("<xmlattr>.failures", scan.count(ScanStatus::violation));
  suite.put("<xmlattr>.errors", scan.count(ScanStatus::unreadable) + mistakes.size());
  for (const Diagnostic* d : mistakes) {
    Tree test;
    test.put("<xmlattr>.classname", "configuration");
    test.put("<xmlattr>.name", safe(place_of(d->at)));
    Tree& why = test.add_child("error", Tree());
    why.put("<xmlattr>.message", safe(d->message));
    why.put_value(safe(d->hint));
    suite.add_child("testcase", test);
  }
  for (const ScanItem& item : scan.items) {
    Tree test;
    test.put("<xmlattr>.classname", safe(item.control));
    test.put("<xmlattr>.name", safe(subject(item)));
    const bool failed = item.status == ScanStatus::violation;
    if (failed || item.status == ScanStatus::unreadable) {
      Tree& why = test.add_child(failed ? "failure" : "error", Tree());
      why.put("<xmlattr>.message", safe(what(control_of(scan, item), item)));
      why.put_value(safe(control_of(scan, item).title) + "\n" + change_lines(item.changes) + step_lines(item.steps));
    } else if (item.status == ScanStatus::waived) {
      test.put("skipped.<xmlattr>.message", safe(what(control_of(scan, item), item)));
    } else if (item.status != ScanStatus::compliant) {
      test.put("system-out", safe(what(control_of(scan, item), item)));
    }
    suite.add_child("testcase", test);
  }
  for (const std::string& control : skipped) {
    Tree test;
    test.put("<xmlattr>.classname", safe(control));
    test.put("<xmlattr>.name", "events");
    test.put("skipped.<xmlattr>.message", needs_events);
    suite.add_child("testcase", test);
  }
  Tree root;
  root.add_child("testsuites.testsuite", suite);
  std::ostringstream out;
  boost::property_tree::write_xml(out, root, boost::property_tree::xml_writer_make_settings<std::string>(' ', 2));
  return out.str() + "\n";
}

/// RFC 3986 §2.1, for a file's path.
std::string uri_path(const std::string& bytes) {
  std::string uri;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string_view("/-._~").find(c) != std::string_view::npos;
    uri += plain && byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri;
}

std::string file_uri(const std::string& id) {
  const auto bytes = path_bytes(id);
  return "file://" + uri_path(bytes ? *bytes : id);
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

/// Where it is looked for from here (SARIF 2.1.0 §3.4.4): a pipeline begins in its repository.
std::string configuration_uri(const std::string& folder, const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path here = fs::current_path(none);
  const fs::path whole = (here / (file == folder ? fs::path(file) : fs::path(folder) / file)).lexically_normal();
  const std::string below = whole.lexically_relative(here).string();
  const bool outside = none || below.empty() || below == ".." || below.starts_with("../");
  return outside ? "file://" + uri_path(whole.string()) : uri_path(below);
}

/// OASIS SARIF 2.1.0 §3.20.22: what is wrong with the configuration.
Json sarif_configuration(const Scan& scan) {
  Json all = Json::array();
  for (const Diagnostic& d : scan.diagnostics) {
    Json doc{{"level", d.severity == Severity::error ? "error" : "warning"},
             {"message", {{"text", d.hint.empty() ? d.message : fmt::format("{}; {}", d.message, d.hint)}}}};
    if (!d.at.file.empty()) {
      Json where{{"artifactLocation", {{"uri", configuration_uri(scan.folder, d.at.file)}}}};
      if (d.at.line != 0) where["region"] = {{"startLine", d.at.line}, {"startColumn", d.at.column}};
      doc["locations"] = Json::array({Json{{"physicalLocation", std::move(where)}}});
    }
    all.push_back(std::move(doc));
  }
  return all;
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
    const std::string message = fmt::format("{}: {} {}", c.title, subject(item), what(c, item));
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
    if (item.status == ScanStatus::waived) {  // SARIF 2.1.0 §3.35
      const Json suppression{{"kind", "external"}, {"status", "accepted"}, {"justification", item.note}};
      result["suppressions"] = Json::array({suppression});
    } else if (item.status != ScanStatus::violation) {
      result["baselineState"] = "absent";
    }
    if (!item.changes.empty()) result["properties"]["difference"] = item.difference();
    if (!item.steps.empty()) result["properties"]["steps"] = as_json(item.steps);
    results.push_back(std::move(result));
  }
  const bool whole = notifications.empty() && !has_errors(scan.diagnostics);
  for (const std::string& control : skipped_names(scan)) {
    notifications.push_back({{"level", "note"},
                             {"message", {{"text", fmt::format("{} is skipped: {}", control, needs_events)}}},
                             {"associatedRule", {{"id", control}}}});
  }
  Json invocation{{"executionSuccessful", whole}, {"toolExecutionNotifications", notifications}};
  if (!scan.diagnostics.empty()) {
    invocation["toolConfigurationNotifications"] = sarif_configuration(scan);
  }
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
