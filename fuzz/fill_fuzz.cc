// Any desired state with texts, over any state, is filled in to the same fields, or says why nobody knows what is
// desired; and a difference leads from one state to the other, and tells nothing of a sensitive one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "detect/fill.h"
#include "model/resource.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

std::optional<Json> object(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  auto parsed = parse_json(line);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(*parsed);
}

void fills(const Json& desired, const Json& state) {
  const auto filler = detect::Filler::make(desired, detect::control_fill_environment());
  if (!filler) return demand(!filler.error().message.empty());
  if (filler->is_plain()) demand(filler->plain() == desired || detect::has_texts(desired));
  const auto filled = filler->fill(state, {{"subject", {{"driver", "file"}, {"id", "/srv/x"}}}});
  if (!filled) return demand(!filled.error().message.empty());
  demand(filled->is_object());
  for (const auto& [key, value] : filled->items()) demand(desired.contains(key));
}

void differ(const Json& one, const Json& other) {
  const State before{one, false};
  const State after{other, false};
  demand(one.patch(difference(before, after)) == other);
  const Json masked = difference({one, true}, after);
  for (const Json& change : masked) {
    const auto& path = change.at("path").get_ref<const std::string&>();
    if (path.starts_with("/content") && change.contains("value")) demand(change.at("value").is_null());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  const auto desired = object(rest);
  const auto state = object(rest);
  if (!desired || !state) return 0;
  fills(*desired, *state);
  differ(*state, *desired);
  return 0;
}
