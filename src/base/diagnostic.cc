#include "base/diagnostic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

namespace aright {

namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = a[i - 1] == b[j - 1] ? diagonal : 1 + std::min({diagonal, row[j], row[j - 1]});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics, std::size_t first) {
  const auto from = std::min(first, diagnostics.size());
  return std::any_of(diagnostics.begin() + static_cast<std::ptrdiff_t>(from), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string render(const Diagnostic& d) {
  std::string text = fmt::format("{}: {}\n", d.severity == Severity::error ? "error" : "warning", d.message);
  if (!d.at.file.empty() && d.at.line != 0) {
    text += fmt::format("  --> {}:{}:{}\n", d.at.file, d.at.line, d.at.column);
  } else if (!d.at.file.empty()) {
    text += fmt::format("  --> {}\n", d.at.file);
  }
  if (!d.hint.empty()) text += fmt::format("hint: {}\n", d.hint);
  return text;
}

std::optional<std::string> nearest(const std::string& seen, const std::vector<std::string>& known) {
  const auto near = std::ranges::min_element(known, {}, [&](const auto& word) { return edit_distance(seen, word); });
  if (near == known.end()) return std::nullopt;
  const std::size_t distance = edit_distance(seen, *near);
  if (distance > 2 || 2 * distance > seen.size()) return std::nullopt;  // of a short word too little would be left
  return *near;
}

std::string suggest(const std::string& seen, const std::vector<std::string>& known, const std::string& what) {
  if (known.empty()) return {};
  std::vector<std::string> once;
  std::set<std::string> seen_before;
  std::ranges::copy_if(known, std::back_inserter(once),
                       [&](const auto& word) { return seen_before.insert(word).second; });
  const std::string list = fmt::format("known {}: {}", what, fmt::join(once, ", "));
  const auto near = nearest(seen, known);
  return near ? fmt::format("did you mean `{}`? {}", *near, list) : list;
}

}  // namespace aright
