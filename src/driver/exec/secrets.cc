#include "driver/exec/secrets.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace aright::driver {

namespace {

Result<Done> add_to_input(ToldRequest& to, SecretKeeper& secrets) {
  ProgramRequest& told = to.request;
  const std::string& program = told.arguments.front();
  auto input = parse_own_json(told.input.empty() ? "{}" : told.input);
  if (!input || !input->is_object())
    return fail(Errc::invalid, fmt::format("program {}: its input is no map", program));
  Json& given = (*input)["secrets"] = Json::object();
  for (const std::string& name : told.input_secrets) {
    const auto secret = secrets.get(name, to.handed);
    if (!secret) return std::unexpected(secret.error());
    given[name] = std::string(secret->reveal());
  }
  Result<Done> made = Done{};
  try {
    told.input = input->dump();
  } catch (const Json::type_error&) {
    made = fail(Errc::invalid, fmt::format("program {}: a secret of its input is no UTF-8", program));
  }
  for (Json& value : given) wipe(value.get_ref<std::string&>());
  return made;
}

}  // namespace

Result<ToldRequest> with_secrets(const ProgramRequest& request, SecretKeeper& secrets) {
  ToldRequest told(request);
  for (const auto& [name, text] : request.secret_environment) {
    auto value = secrets.revealed(text, told.handed);
    if (!value) return std::unexpected(value.error());
    told.request.environment[name] = std::move(*value);
  }
  told.request.secret_environment.clear();
  if (!request.input_secrets.empty()) {
    if (auto ok = add_to_input(told, secrets); !ok) return std::unexpected(ok.error());
  }
  return told;
}

void mask(ProgramOutcome& outcome, const Redactor& redactor) {
  for (ProgramOutput* written : {&outcome.output, &outcome.errors}) {
    const bool clipped = written->total > written->kept.size();
    written->kept = redactor.redacted(std::move(written->kept), clipped);
  }
}

}  // namespace aright::driver
