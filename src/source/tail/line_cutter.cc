#include "source/tail/line_cutter.h"

#include <algorithm>
#include <utility>

namespace aright::source {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

void LineCutter::feed(std::string_view bytes, std::vector<Line>& lines) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    rest_.text.append(part.substr(0, line_max_ - std::min(line_max_, rest_.text.size())));
    rest_.size += part.size();
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    const std::uint64_t next = rest_.begin + rest_.size + 1;
    lines.push_back(std::exchange(rest_, Line{next, 0, {}}));
  }
}

}  // namespace aright::source
