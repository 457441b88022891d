#include "cli/show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "cli/terminal_text.h"
#include "cli/yaml_text.h"
#include "model/port/store.h"

namespace aright::cli {

namespace {
constexpr std::size_t sentence_max = 120;  ///< bytes of one in a table
}  // namespace

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_array() && std::ranges::none_of(value, [](const Json& item) { return item.is_structured(); })) {
    std::string text;
    for (const Json& item : value) text += (text.empty() ? "" : ", ") + cell(item);
    return text.empty() ? "-" : text;
  }
  if (!value.is_string()) return safe(value.dump());
  const auto& text = value.get_ref<const std::string&>();
  return text.empty() ? "-" : safe(text);
}

namespace {

/// One value for people: a list has a line for each item, a map "key value, key value".
std::vector<std::string> lines_of(const Json& value) {
  if (!value.is_structured()) return {cell(value)};
  if (value.empty()) return {"-"};
  std::vector<std::string> lines;
  if (value.is_array()) {
    for (const Json& item : value) lines.push_back(fmt::format("{}", fmt::join(lines_of(item), ", ")));
    return lines;
  }
  for (const auto& [key, item] : value.items()) {
    lines.push_back(fmt::format("{} {}", safe(key), item.is_structured() ? safe(item.dump()) : cell(item)));
  }
  return {fmt::format("{}", fmt::join(lines, ", "))};
}

std::string field_text(const std::string& key, const Json& value) {
  std::string text;
  std::string label = key;
  for (const std::string& line : lines_of(value)) text += fmt::format("{:16} {}\n", std::exchange(label, ""), line);
  return text;
}

/// Who stays in mode propose, or has to be looked at, a sentence each.
Json why_lines(const Json& named, const char* who) {
  Json lines = Json::array();
  for (const Json& one : named) lines.push_back(fmt::format("{}: {}", one.value(who, ""), one.value("why", "")));
  return lines;
}

/// Takes out of `status` what counts from the daemon's start; the rest is how it is now.
Json counted_since_start(Json& status) {
  Json counted = Json::object();
  for (const char* key : {"commits", "effects", "events", "log_events", "malformed", "reads", "refused_ids", "reloads",
                          "runs", "runs_delayed", "source_gaps", "unverified", "verdicts", "waived_events"}) {
    const auto found = status.find(key);
    if (found == status.end()) continue;
    counted[key] = std::move(*found);
    status.erase(key);
  }
  status.erase("started_at");
  return counted;
}

}  // namespace

std::string show_one(const Json& doc, Format format) {
  if (format == Format::json) return doc.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (format == Format::yaml) return as_yaml(doc);
  std::string text;
  for (const auto& [key, value] : doc.items()) text += field_text(key, value);
  return text;
}

std::string show_status(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  std::string text;
  Json rest = doc;
  if (doc.contains("capped")) rest["capped"] = why_lines(doc.at("capped"), "workflow");
  if (doc.contains("due")) rest["due"] = why_lines(doc.at("due"), "definition");
  const Json from_start = counted_since_start(rest);
  for (const char* key :
       {"ready", "not_ready", "version", "paused", "pauses", "no_space", "store_trouble", "troubled_sources",
        "source_troubles", "failing_notifiers", "inconclusive", "unreadable", "capped", "due", "reviews_open"}) {
    if (!doc.contains(key)) continue;
    text += field_text(key, rest[key]);
    rest.erase(key);
  }
  text += show_one(rest, Format::table);
  if (from_start.empty()) return text;
  return text + field_text("since start", doc.value("started_at", "-") + ": what is below is counted from then on") +
         show_one(from_start, Format::table);
}

std::string show_list(const Json& docs, const Columns& columns, Format format, const std::string& nothing) {
  if (format == Format::json) return docs.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (format == Format::yaml) return as_yaml(docs);
  if (docs.empty()) return nothing + "\n";
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& [heading, field] : columns) rows[0].push_back(heading);
  for (const Json& doc : docs) {
    rows.emplace_back();
    for (const auto& [heading, field] : columns) {
      const bool sentence = field == "reason" || field == "capped" || field == "due";  // `show` has it whole
      const std::string text = cell(doc.value(field, Json()));
      rows.back().push_back(sentence ? clip_text(text, sentence_max) : text);
    }
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : row[i] + std::string(widths[i] - columns_of(row[i]) + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

std::string show_more(std::uint64_t more, const Json& docs) {
  if (more == 0 || docs.empty()) return {};
  const std::string last = cell(docs.back().value("id", Json()));
  return fmt::format("… {} more not shown; go on with --before {}, or show more at once with --limit (at most {})\n",
                     more >= page_more_max ? fmt::format("at least {}", more) : fmt::to_string(more), last,
                     page_rows_max);
}

}  // namespace aright::cli
