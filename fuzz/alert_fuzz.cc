// Any control of kind alert and any events end in alerts within their limits, or in a trouble that says why; a control
// that is stored and read again maps the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/yaml.h"
#include "detect/alert.h"
#include "detect/parse_alert.h"

namespace {

using namespace aright;

/// The control stands first, then with this line between them one event a line.
constexpr std::string_view cut = "\n%%\n";
constexpr std::size_t subject_bytes_max = 512;

void demand(bool holds) {
  if (!holds) std::abort();
}

/// Fields that begin with "t" are trusted.
Event event_of(Json data) {
  Event event;
  event.source = "s";
  for (const auto& [key, value] : data.items()) {
    if (!key.starts_with("t")) event.outsider.push_back({key, FieldType::text});
  }
  event.data = std::move(data);
  return event;
}

std::string said(const detect::Alerts& alerts) {
  std::string all = alerts.trouble;
  for (const detect::Alert& alert : alerts.list) {
    all += alert.subject + (alert.typed ? "+" : "-") + (alert.resolved ? "!" : ".") + alert.title;
    if (alert.event) all += alert.event->to_json().dump(-1, ' ', true, Json::error_handler_t::replace);
  }
  return all;
}

void judge(const detect::Alerts& alerts) {
  demand((alerts.failed == 0) == alerts.trouble.empty() && alerts.list.size() <= detect::alerts_max);
  for (const detect::Alert& alert : alerts.list) {
    demand(alert.subject.find('=') != std::string::npos && alert.subject.size() <= subject_bytes_max);
    demand(alert.title.size() <= detect::alert_title_bytes_max);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto end = std::min(input.find(cut), input.size());
  Diagnostics out;
  const auto node = yaml::parse(input.substr(0, end), "fuzz", out);
  if (!node) {
    demand(has_errors(out));
    return 0;
  }
  const auto control = detect::parse_alert(*node, out);
  demand(control || has_errors(out));
  if (!control || has_errors(out)) return 0;
  const auto stored = Control::from_json(control->to_json());
  demand(stored && stored->hash() == control->hash());
  const auto mapper = detect::AlertMapper::make(*control);
  const auto again = detect::AlertMapper::make(*stored);
  demand(mapper && again);
  std::string_view rest = input.substr(std::min(input.size(), end + cut.size()));
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto parsed = parse_json(line);
    if (!parsed || !parsed->is_object()) continue;
    const Event event = event_of(std::move(*parsed));
    const auto alerts = mapper->map(event);
    judge(alerts);
    demand(said(again->map(event)) == said(alerts));
  }
  return 0;
}
