#include "detect/sigma/logsource.h"

#include <algorithm>
#include <utility>

namespace aright::detect::sigma {

std::string text(const LogSource& source) {
  std::string given;
  for (const auto& [key, value] :
       {std::pair{"product", &source.product}, {"service", &source.service}, {"category", &source.category}}) {
    if (!value->empty()) given += (given.empty() ? "" : ",") + std::string(key) + "=" + *value;
  }
  return given;
}

bool applies(const LogSource& rule, const LogSources& event) {
  const auto fits = [](const std::string& wanted, const std::string& seen) { return wanted.empty() || wanted == seen; };
  return std::ranges::any_of(event, [&](const LogSource& one) {
    return fits(rule.category, one.category) && fits(rule.product, one.product) && fits(rule.service, one.service);
  });
}

}  // namespace aright::detect::sigma
