#include "detect/sigma/logsource.h"

#include <algorithm>

namespace aright::detect::sigma {

bool applies(const LogSource& rule, const LogSources& event) {
  const auto fits = [](const std::string& wanted, const std::string& seen) { return wanted.empty() || wanted == seen; };
  return std::ranges::any_of(event, [&](const LogSource& one) {
    return fits(rule.category, one.category) && fits(rule.product, one.product) && fits(rule.service, one.service);
  });
}

}  // namespace aright::detect::sigma
