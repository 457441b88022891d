#include "model/errand_run.h"

#include <array>

#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {

constexpr std::array<std::string_view, 3> program_cut_words{"none", "time_limit", "stopped"};
constexpr std::array<std::string_view, 5> call_cut_words{"none", "time_limit", "stopped", "lost", "too_long"};

std::uint64_t elapsed_millis(Nanos span) { return static_cast<std::uint64_t>(span / std::chrono::milliseconds{1}); }

Json output_json(const Commitment& output) { return {{"id", output.id}, {"size", output.size}}; }

Commitment output_from(DocReader& outer) {
  DocReader in(outer.object("output"), "commitment");
  Commitment output{in.text("id"), in.number("size")};
  if (!in.finish()) outer.wrong("output");
  return output;
}

Json run_json(const ProgramRun& ran) {
  return {{ran.signalled ? "signal" : "exit", ran.number},
          {"cut", word_of(program_cut_words, ran.cut)},
          {"output", output_json(ran.output)},
          {"output_total", ran.output_total},
          {"errors_total", ran.errors_total},
          {"strays_ended", ran.strays_ended},
          {"strays_left", ran.strays_left},
          {"elapsed_ms", ran.elapsed_ms}};
}

Json run_json(const CallRun& ran) {
  return {{"status", ran.status},
          {"cut", word_of(call_cut_words, ran.cut)},
          {"output", output_json(ran.output)},
          {"output_total", ran.output_total},
          {"address", ran.address},
          {"elapsed_ms", ran.elapsed_ms}};
}

ProgramRun program_run_from(DocReader& in) {
  ProgramRun ran;
  ran.signalled = in.has("signal");
  ran.number = static_cast<int>(in.number(ran.signalled ? "signal" : "exit"));
  ran.cut = in.word("cut", [](std::string_view text) { return value_of<ProgramCut>(program_cut_words, text); });
  ran.output = output_from(in);
  ran.output_total = in.number("output_total");
  ran.errors_total = in.number("errors_total");
  ran.strays_ended = static_cast<std::uint32_t>(in.number("strays_ended"));
  ran.strays_left = static_cast<std::uint32_t>(in.number("strays_left"));
  ran.elapsed_ms = in.number("elapsed_ms");
  return ran;
}

CallRun call_run_from(DocReader& in) {
  CallRun ran;
  ran.status = static_cast<int>(in.number("status"));
  ran.cut = in.word("cut", [](std::string_view text) { return value_of<CallCut>(call_cut_words, text); });
  ran.output = output_from(in);
  ran.output_total = in.number("output_total");
  ran.address = in.text("address");
  ran.elapsed_ms = in.number("elapsed_ms");
  return ran;
}

}  // namespace

ErrandRun errand_run(const ProgramOutcome& outcome, Commitment output) {
  return ProgramRun{.signalled = outcome.signalled,
                    .number = outcome.number,
                    .cut = outcome.cut,
                    .output = std::move(output),
                    .output_total = outcome.output.total,
                    .errors_total = outcome.errors.total,
                    .strays_ended = outcome.strays_ended,
                    .strays_left = outcome.strays_left,
                    .elapsed_ms = elapsed_millis(outcome.elapsed)};
}

ErrandRun errand_run(const CallOutcome& outcome, Commitment output) {
  return CallRun{.status = outcome.status,
                 .cut = outcome.cut,
                 .output = std::move(output),
                 .output_total = outcome.total,
                 .address = outcome.address,
                 .elapsed_ms = elapsed_millis(outcome.elapsed)};
}

Json errand_run_to_json(const ErrandRun& ran) {
  return std::visit([](const auto& one) { return run_json(one); }, ran);
}

Result<ErrandRun> errand_run_from_json(const Json& doc) {
  DocReader in(doc, "end of an errand");
  ErrandRun ran;
  if (in.has("status")) {
    ran = call_run_from(in);
  } else {
    ran = program_run_from(in);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return ran;
}

}  // namespace aright
