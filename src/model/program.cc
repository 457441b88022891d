#include "model/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/doc.h"

namespace aright {

namespace {

constexpr std::size_t shown_max = 200;
using Millis = std::chrono::milliseconds;

std::string name_of(int signal) {
  const char* abbreviation = sigabbrev_np(signal);
  return abbreviation != nullptr ? std::string("SIG") + abbreviation : std::to_string(signal);
}

/// The first words of standard error, to go behind a sentence.
std::string last_words(const ProgramOutcome& outcome) {
  if (outcome.errors.kept.empty()) return {};
  return fmt::format("; it says \"{}\"", clip_text(outcome.errors.kept, shown_max));
}

Json request_json(const ProgramRequest& request, const ProgramExpect& expect) {
  Json doc{{"arguments", request.arguments},   {"environment", request.environment},
           {"input", request.input},           {"time_limit_ms", request.time_limit / Millis{1}},
           {"output_max", request.output_max}, {"expect", expect.to_json()}};
  if (!request.secret_environment.empty()) {
    doc["secret_environment"] = secret_texts_to_json(request.secret_environment);
  }
  if (!request.input_secrets.empty()) doc["input_secrets"] = request.input_secrets;
  return doc;
}

void request_from(DocReader& in, ProgramRequest& request, ProgramExpect& expect) {
  request.arguments = in.texts("arguments");
  if (request.arguments.empty()) in.wrong("arguments");
  request.environment = in.text_map("environment");
  if (in.has("secret_environment")) {
    auto texts = secret_texts_from_json(in.object("secret_environment"));
    if (!texts) in.wrong("secret_environment");
    request.secret_environment = std::move(texts).value_or(SecretTexts{});
  }
  if (in.has("input_secrets")) request.input_secrets = in.texts("input_secrets");
  request.input = in.text("input");
  request.time_limit = in.millis("time_limit_ms");
  request.output_max = in.number("output_max");
  auto expected = ProgramExpect::from_json(in.object("expect"));
  if (!expected) in.wrong("expect");
  expect = std::move(expected).value_or(ProgramExpect{});
}

}  // namespace

Result<Done> judge(const ProgramRequest& request, const ProgramExpect& expect, const ProgramOutcome& outcome) {
  const std::string program = "program " + clip_text(request.arguments.front(), shown_max);
  switch (outcome.cut) {
    case ProgramCut::none: break;
    case ProgramCut::time_limit:
      return fail(Errc::timeout, fmt::format("{}: did not end within {} and was ended{}", program,
                                             format_duration(request.time_limit), last_words(outcome)));
    case ProgramCut::stopped:
      return fail(Errc::timeout, program + ": was ended because we were stopped" + last_words(outcome));
  }
  if (outcome.signalled) {
    return fail(Errc::invalid, program + ": was ended by " + name_of(outcome.number) + last_words(outcome));
  }
  if (std::ranges::find(expect.exit_codes, outcome.number) == expect.exit_codes.end()) {
    return fail(Errc::invalid, fmt::format("{}: exit code {}, expected {}{}", program, outcome.number,
                                           fmt::join(expect.exit_codes, " or "), last_words(outcome)));
  }
  const auto& wanted = expect.output_contains;
  if (!wanted || outcome.output.kept.contains(*wanted)) return Done{};
  const bool whole = outcome.output.total == outcome.output.kept.size();
  return fail(
      Errc::invalid,
      fmt::format("{}: \"{}\" is not in {} of its output", program, clip_text(*wanted, shown_max),
                  whole ? fmt::format("the {} bytes", outcome.output.total)
                        : fmt::format("the first {} of {} bytes", outcome.output.kept.size(), outcome.output.total)));
}

std::string describe(const ProgramOutcome& outcome) {
  std::string text =
      outcome.signalled ? "ended by " + name_of(outcome.number) : fmt::format("exit code {}", outcome.number);
  if (outcome.cut == ProgramCut::time_limit) text = "did not end in time and was ended, " + text;
  if (outcome.cut == ProgramCut::stopped) text = "was ended because we were stopped, " + text;
  text += fmt::format(", {} of output", counted(outcome.output.total, "byte"));
  if (outcome.strays_ended != 0)
    text += fmt::format(", ended what it left: {}", counted(outcome.strays_ended, "process"));
  if (outcome.strays_left != 0) text += fmt::format(", {} may be left of it", counted(outcome.strays_left, "process"));
  return text;
}

Json ProgramExpect::to_json() const {
  return {{"exit", exit_codes}, {"output_contains", output_contains ? Json(*output_contains) : Json(nullptr)}};
}

Result<ProgramExpect> ProgramExpect::from_json(const Json& doc) {
  DocReader in(doc, "expect");
  ProgramExpect expect;
  expect.exit_codes = in.integers("exit");
  if (in.has("output_contains")) expect.output_contains = in.text("output_contains");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return expect;
}

Json ProgramPlan::to_json() const {
  Json doc = request_json(request, expect);
  if (confirm) {
    doc["confirm"] = request_json(confirm->request, confirm->expect);
    doc["confirm"]["absent"] = confirm->absent;
  }
  return doc;
}

Result<ProgramPlan> ProgramPlan::from_json(const Json& doc, const std::string& key) {
  DocReader in(doc, "plan of a program");
  ProgramPlan plan;
  request_from(in, plan.request, plan.expect);
  plan.request.key = key;
  if (in.has("confirm")) {
    DocReader look(in.object("confirm"), "confirm");
    Confirm& confirm = plan.confirm.emplace();
    request_from(look, confirm.request, confirm.expect);
    confirm.request.key = key + std::string(confirm_suffix);
    confirm.absent = look.integers("absent");
    if (auto ok = look.finish(); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return plan;
}

}  // namespace aright
