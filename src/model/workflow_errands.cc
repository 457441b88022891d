#include "model/workflow_errands.h"

#include <array>

#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {

using Millis = std::chrono::milliseconds;
constexpr std::array<std::string_view, 5> body_words{"none", "text", "form", "json", "input"};

std::int64_t in_millis(std::chrono::nanoseconds span) { return span / Millis{1}; }

SecretTexts secrets_from(DocReader& in, std::string_view key) {
  auto texts = secret_texts_from_json(in.object(key));
  if (!texts) in.wrong(key);
  return std::move(texts).value_or(SecretTexts{});
}

CallExpect answers_from(DocReader& in, std::string_view key) {
  auto expect = CallExpect::from_json(in.object(key));
  if (!expect) in.wrong(key);
  return std::move(expect).value_or(CallExpect{});
}

Json program_json(const StepProgram& p) {
  Json doc{{"arguments", p.arguments},
           {"environment", p.environment},
           {"time_limit_ms", in_millis(p.time_limit)},
           {"output_max", p.output_max},
           {"expect", p.expect.to_json()}};
  if (!p.secret_environment.empty()) doc["secret_environment"] = secret_texts_to_json(p.secret_environment);
  if (!p.input_secrets.empty()) doc["input_secrets"] = p.input_secrets;
  return doc;
}

Json message_json(const CallMessage& m) {
  return {{"method", m.method},
          {"url", m.url},
          {"headers", secret_texts_to_json(m.headers)},
          {"kind", word_of(body_words, m.kind)},
          {"body", m.body},
          {"form", m.form},
          {"json", m.json.dump()},
          {"json_secrets", secret_texts_to_json(m.json_secrets)},
          {"time_limit_ms", in_millis(m.time_limit)},
          {"kept_max", m.kept_max},
          {"expect", m.expect.to_json()}};
}

Result<StepProgram> program_from(const Json& doc) {
  DocReader in(doc, "program");
  StepProgram p;
  p.arguments = in.texts("arguments");
  if (p.arguments.empty()) in.wrong("arguments");
  p.environment = in.text_map("environment");
  if (in.has("secret_environment")) p.secret_environment = secrets_from(in, "secret_environment");
  if (in.has("input_secrets")) p.input_secrets = in.texts("input_secrets");
  p.time_limit = in.millis("time_limit_ms");
  p.output_max = in.number("output_max");
  auto expect = ProgramExpect::from_json(in.object("expect"));
  if (!expect) return std::unexpected(expect.error());
  p.expect = std::move(*expect);
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return p;
}

Result<CallMessage> message_from(const Json& doc) {
  DocReader in(doc, "call");
  CallMessage m;
  m.method = in.text("method");
  m.url = in.text("url");
  m.headers = secrets_from(in, "headers");
  m.kind = in.word("kind", [](std::string_view text) { return value_of<CallMessage::Body>(body_words, text); });
  m.body = in.text("body");
  m.form = in.text_map("form");
  auto json = parse_json(in.text("json"));
  if (!json) in.wrong("json");
  m.json = std::move(json).value_or(Json());
  m.json_secrets = secrets_from(in, "json_secrets");
  m.time_limit = in.millis("time_limit_ms");
  m.kept_max = in.number("kept_max");
  m.expect = answers_from(in, "expect");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return m;
}

}  // namespace

Json exec_step_to_json(const ExecStep& exec) {
  Json doc{{"program", program_json(exec.program)}, {"confirm", nullptr}, {"sensitive", exec.sensitive}};
  if (!exec.output.empty()) doc["output"] = output_shape_json(exec.output);
  if (exec.confirm) {
    doc["confirm"] = {{"program", program_json(exec.confirm->program)}, {"absent", exec.confirm->absent}};
  }
  return doc;
}

Json call_step_to_json(const CallStep& call) {
  Json doc{{"message", message_json(call.message)}, {"confirm", nullptr}, {"sensitive", call.sensitive}};
  if (!call.output.empty()) doc["output"] = output_shape_json(call.output);
  if (call.confirm) {
    doc["confirm"] = {{"message", message_json(call.confirm->message)}, {"absent", call.confirm->absent.to_json()}};
  }
  return doc;
}

Result<ExecStep> exec_step_from_json(const Json& doc) {
  DocReader in(doc, "exec");
  ExecStep exec;
  auto program = program_from(in.object("program"));
  if (!program) return std::unexpected(program.error());
  exec.program = std::move(*program);
  if (in.has("confirm")) {
    DocReader confirm(in.object("confirm"), "confirm");
    auto look = program_from(confirm.object("program"));
    if (!look) return std::unexpected(look.error());
    exec.confirm = StepConfirm{std::move(*look), confirm.integers("absent")};
    if (auto ok = confirm.finish(); !ok) return std::unexpected(ok.error());
  }
  exec.sensitive = in.boolean("sensitive");
  if (in.has("output")) {
    auto shape = output_shape_from(in.object("output"));
    if (!shape) return std::unexpected(shape.error());
    exec.output = std::move(*shape);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return exec;
}

Result<CallStep> call_step_from_json(const Json& doc) {
  DocReader in(doc, "call");
  CallStep call;
  auto message = message_from(in.object("message"));
  if (!message) return std::unexpected(message.error());
  call.message = std::move(*message);
  if (in.has("confirm")) {
    DocReader confirm(in.object("confirm"), "confirm");
    auto look = message_from(confirm.object("message"));
    if (!look) return std::unexpected(look.error());
    call.confirm = CallConfirm{std::move(*look), answers_from(confirm, "absent")};
    if (auto ok = confirm.finish(); !ok) return std::unexpected(ok.error());
  }
  call.sensitive = in.boolean("sensitive");
  if (in.has("output")) {
    auto shape = output_shape_from(in.object("output"));
    if (!shape) return std::unexpected(shape.error());
    call.output = std::move(*shape);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return call;
}

}  // namespace aright
