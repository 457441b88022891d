#include "cli/show.h"

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aright::cli {

namespace {

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const Json& item : value) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << YAML::DoubleQuoted << value.get<std::string>();
  } else {
    out << value.dump();
  }
}

std::string as_yaml(const Json& doc) {
  YAML::Emitter out;
  emit(out, doc);
  return std::string(out.c_str()) + "\n";
}

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  if (!value.is_string()) return safe(value.dump());
  const auto& text = value.get_ref<const std::string&>();
  return text.empty() ? "-" : safe(text);
}

std::string step_text(const Json& step) {
  std::string text =
      fmt::format("\n  {}  {}\n", cell(step.value("resource", Json())), cell(step.value("state", Json())));
  for (const Json& change : step.value("difference", Json::array())) {
    text += fmt::format("    {:7} {} {}\n", cell(change.value("op", Json())), cell(change.value("path", Json())),
                        change.contains("value") ? safe(change.at("value").dump()) : std::string());
  }
  if (step.value("difference_omitted", 0) != 0) {
    text += fmt::format("    ({} changes, too many to show)\n", step.value("difference_omitted", 0));
  }
  for (const char* side : {"before", "after"}) {
    const Json commitment = step.value(side, Json::object());
    text += fmt::format("    {:7} {} bytes, commitment {}\n", side, commitment.value("size", 0),
                        commitment.value("id", "").substr(0, 16));
  }
  return text + fmt::format("    outcome {}\n", cell(step.value("outcome", Json())));
}

}  // namespace

std::string safe(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

std::string show_one(const Json& doc, Format format) {
  if (format == Format::json) return doc.dump(2) + "\n";
  if (format == Format::yaml) return as_yaml(doc);
  std::string text;
  for (const auto& [key, value] : doc.items()) text += fmt::format("{:16} {}\n", key, cell(value));
  return text;
}

std::string show_list(const Json& docs, const Columns& columns, Format format, const std::string& nothing) {
  if (format == Format::json) return docs.dump(2) + "\n";
  if (format == Format::yaml) return as_yaml(docs);
  if (docs.empty()) return nothing + "\n";
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& [heading, field] : columns) rows[0].push_back(heading);
  for (const Json& doc : docs) {
    rows.emplace_back();
    for (const auto& [heading, field] : columns) rows.back().push_back(cell(doc.value(field, Json())));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[i].size());
      line += i + 1 == row.size() ? row[i] : fmt::format("{:{}}  ", row[i], width);
    }
    text += line + "\n";
  }
  return text;
}

std::string show_run(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  std::string text = fmt::format("run {}  {}\n", cell(doc.value("id", Json())), cell(doc.value("state", Json())));
  const std::vector<std::pair<const char*, const char*>> lines{
      {"why", "reason"},         {"finding", "finding"},      {"control", "control"},     {"workflow", "workflow"},
      {"version", "version"},    {"subject", "subject"},      {"mode", "mode"},           {"decided by", "decided_by"},
      {"created", "created_at"}, {"admitted", "admitted_at"}, {"finished", "finished_at"}};
  for (const auto& [label, field] : lines) text += fmt::format("  {:11} {}\n", label, cell(doc.value(field, Json())));
  for (const Json& step : doc.value("steps", Json::array())) text += step_text(step);
  const Json entries = doc.value("entries", Json::array());
  if (!entries.empty()) {
    const std::uint64_t last = entries.back().value("seq", std::uint64_t{0});
    const bool is_signed = doc.value("signed_entries", std::uint64_t{0}) > last;
    text += fmt::format("\n  proof: {} entries, {} to {}, {}; `aright audit prove {}`\n", entries.size(),
                        entries.front().value("seq", std::uint64_t{0}), last,
                        is_signed ? "under a signed checkpoint" : "not yet under a signed checkpoint", last);
    for (const Json& entry : entries) {
      text += fmt::format("    {:>6}  {}  {}\n", entry.value("seq", std::uint64_t{0}), entry.value("at", ""),
                          entry.value("kind", ""));
    }
  }
  return text;
}

}  // namespace aright::cli
