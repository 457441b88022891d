#include "workflow/about.h"

#include <nlohmann/json.hpp>

namespace aright::workflow {

Json about(const Finding& finding) {
  return {{"id", finding.id},
          {"subject", finding.subject},
          {"severity", name(finding.severity)},
          {"episode", finding.episode},
          {"occurrences", finding.occurrences},
          {"recurrence", !finding.recurrence_of.empty()},
          {"differs", finding.differs}};
}

Json about(const Control& control) {
  return {
      {"name", control.name}, {"title", control.title}, {"severity", name(control.severity)}, {"tags", control.tags}};
}

}  // namespace aright::workflow
