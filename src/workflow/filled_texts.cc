#include "workflow/filled_texts.h"

namespace aright::workflow {

std::vector<std::string> filled_texts(const Step::Exec& exec, const ProgramRequest& request) {
  const auto is_filled = [](const std::string& written) { return written.contains("${"); };
  std::vector<std::string> texts;
  const std::vector<std::string>& written = exec.program.arguments;
  for (std::size_t i = 0; i < written.size() && i < request.arguments.size(); ++i) {
    if (is_filled(written[i])) texts.push_back(request.arguments[i]);
  }
  for (const auto& [name, value] : request.environment) {
    const auto known = exec.program.environment.find(name);
    if (known != exec.program.environment.end() && is_filled(known->second)) texts.push_back(value);
  }
  return texts;
}

}  // namespace aright::workflow
