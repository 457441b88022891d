#include "cli/explain_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/diagnostics.h"
#include "cli/explain_about.h"
#include "cli/show.h"

namespace aright::cli {

namespace {

/// No control looks at it.
bool knows_nothing(const Json& answer) { return answer.value("controls", Json()) == Json::array(); }

}  // namespace

int print_explained(const Session& session, const std::string& about) {
  const auto asked = asked_about(about);
  if (!asked) return complain(asked.error());
  auto answer = session.post("/v1/explain", {{"about", *asked}});
  const std::string real = real_about(*asked);
  if (real != *asked && (!answer || knows_nothing(*answer))) {
    auto of_the_real = session.post("/v1/explain", {{"about", real}});
    if (of_the_real && (!answer || !knows_nothing(*of_the_real))) answer = std::move(of_the_real);
  }
  if (!answer) return complain(answer.error());
  fmt::print("{}", show_explained(*answer, session.format));
  return 0;
}

}  // namespace aright::cli
