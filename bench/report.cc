#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace aright::bench {

namespace {

std::string number(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.3g}", value);
}

std::string target_text(const Line& line) {
  if (!line.target) return "-";
  return fmt::format("{} {}", line.target->better == Better::lower ? "<=" : ">=", number(line.target->value));
}

std::string verdict(const Line& line) {
  if (!line.target) return "";
  return line.met() ? "met" : "NOT met";
}

/// None of nothing: how often zero goes into something says nothing.
std::optional<double> ratio(const Line& line) {
  if (!line.yardstick || line.yardstick->figure == 0) return std::nullopt;
  return line.figure / line.yardstick->figure;
}

Json to_json(const Line& line) {
  Json doc{{"name", line.name}, {"figure", line.figure}, {"unit", line.unit}};
  if (line.target) {
    doc["target"] = line.target->value;
    doc["better"] = line.target->better == Better::lower ? "lower" : "higher";
    doc["met"] = line.met();
  }
  if (line.yardstick) {
    doc["yardstick"] = line.yardstick->name;
    doc["yardstick_figure"] = line.yardstick->figure;
    if (const auto times = ratio(line)) doc["ratio"] = *times;
  }
  if (!line.note.empty()) doc["note"] = line.note;
  return doc;
}

}  // namespace

bool Line::met() const {
  if (!target) return true;
  return target->better == Better::lower ? figure <= target->value : figure >= target->value;
}

void Report::heading(const std::string& text) const {
  fmt::print("\n{}\n  {:<44} {:>10} {:<7} {:>9} {:>8}  {:>10} {:>6}  {}\n", text, "what", "figure", "unit", "target",
             "", "yardstick", "ratio", "which yardstick");
  std::fflush(stdout);
}

void Report::add(Line line) {
  const std::string yardstick = line.yardstick ? number(line.yardstick->figure) : "-";
  const auto often = ratio(line);
  const std::string times = often ? fmt::format("{:.2f}", *often) : "-";
  fmt::print("  {:<44} {:>10} {:<7} {:>9} {:>8}  {:>10} {:>6}  {}\n", line.name, number(line.figure), line.unit,
             target_text(line), verdict(line), yardstick, times, line.yardstick ? line.yardstick->name : "");
  if (!line.note.empty()) fmt::print("    {}\n", line.note);
  std::fflush(stdout);
  lines_.push_back(std::move(line));
}

bool Report::all_met() const {
  return std::ranges::all_of(lines_, [](const Line& line) { return line.met(); });
}

Result<Done> Report::save(const std::string& file) const {
  Json doc{{"machine", machine_}, {"lines", Json::array()}};
  for (const Line& line : lines_) doc["lines"].push_back(to_json(line));
  std::ofstream out(file);
  out << doc.dump(2) << '\n';
  out.close();
  if (!out) return fail(Errc::unavailable, file + ": could not be written");
  return Done{};
}

double quantile(std::vector<double> samples, double q) {
  if (samples.empty()) return 0;
  std::ranges::sort(samples);
  const auto at = static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size())));
  return samples[std::min(samples.size(), std::max<std::size_t>(at, 1)) - 1];
}

}  // namespace aright::bench
