#include "cli/show_errand.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

constexpr std::size_t printed_lines_few = 5;  ///< lines of what a program wrote

std::string arguments_text(const Json& arguments) {
  std::string text;
  for (const Json& argument : arguments) {
    const bool nothing = argument.is_string() && argument.get_ref<const std::string&>().empty();
    text += fmt::format("    {:7} {}\n", text.empty() ? "argv" : "", nothing ? "\"\"" : cell(argument));
  }
  return text;
}

/// What is in the plan's blob, else what the record shows of it.
Json plan_of(const Json& step) {
  Json plan = step.value("after", Json::object()).value("state", Json::object());
  if (plan.contains("arguments") || plan.contains("url")) return plan;
  for (const Json& change : step.value("difference", Json::array())) {
    const std::string path = change.value("path", "");
    if (path.starts_with('/') && path.find('/', 1) == std::string::npos) {
      plan[path.substr(1)] = change.value("value", Json());
    }
  }
  return plan;
}

Json object_in(const Json& plan, const char* name) {
  const auto found = plan.find(name);
  return found != plan.end() && found->is_object() ? *found : Json::object();
}

Json list_in(const Json& plan, const char* name) {
  const auto found = plan.find(name);
  return found != plan.end() && found->is_array() ? *found : Json::array();
}

std::string environment_text(const Json& plan) {
  std::string text;
  const Json environment = object_in(plan, "environment");
  for (const auto& [name, value] : environment.items()) {
    text += fmt::format("    {:7} {}={}\n", "env", safe(name), cell(value));
  }
  const Json secrets = object_in(plan, "secret_environment");
  for (const auto& [name, value] : secrets.items()) {
    text += fmt::format("    {:7} {}={}‹secret {}›\n", "env", safe(name), safe(value.value("prefix", "")),
                        safe(value.value("secret", "")));
  }
  for (const Json& name : list_in(plan, "input_secrets")) {
    text += fmt::format("    {:7} ‹secret {}›\n", "input", cell(name));
  }
  return text;
}

std::string program_text(const Json& step) {
  const Json plan = plan_of(step);
  if (list_in(plan, "arguments").empty()) return "    argv    (kept back)\n";
  std::string text = arguments_text(plan.at("arguments")) + environment_text(plan);
  const Json confirm = object_in(plan, "confirm");
  for (const Json& argument : list_in(confirm, "arguments")) {
    text += fmt::format("    {:7} {}\n", text.contains("    confirm") ? "" : "confirm", cell(argument));
  }
  return text;
}

std::string headers_text(const Json& headers) {
  std::string text;
  for (const auto& [name, value] : headers.items()) {
    const std::string shown =
        value.is_object() ? value.value("prefix", "") + "‹secret " + value.value("secret", "") + "›" : cell(value);
    text += fmt::format("    {:7} {}: {}\n", text.empty() ? "headers" : "", safe(name), safe(shown));
  }
  return text;
}

/// The same of a call.
std::string call_text(const Json& step) {
  const Json plan = plan_of(step);
  if (!plan.contains("url")) return "    request (kept back)\n";
  std::string text =
      fmt::format("    {:7} {} {}\n", "request", cell(plan.value("method", Json())), cell(plan.at("url")));
  text += headers_text(object_in(plan, "headers"));
  const auto body = plan.find("body");
  const bool written = body != plan.end() && !(body->is_string() && body->get_ref<const std::string&>().empty());
  if (written) text += fmt::format("    {:7} {}\n", "body", cell(*body));
  const Json secrets = object_in(plan, "body_secrets");
  for (const auto& [pointer, secret] : secrets.items()) {
    text += fmt::format("    {:7} at {}: ‹secret {}›\n", "", safe(pointer), safe(secret.value("secret", "")));
  }
  const Json confirm = object_in(plan, "confirm");
  if (confirm.contains("url")) {
    text += fmt::format("    {:7} {} {}\n", "confirm", cell(confirm.value("method", Json())), cell(confirm.at("url")));
  }
  return text;
}

/// What a stream came to, and how much of it was to be kept, if that is known.
struct Stream {
  const char* name;
  std::uint64_t total{0};
  std::optional<std::uint64_t> kept_max;
};

/// Of a masked one only what was to be kept tells: a mask is longer or shorter than its secret.
bool is_cut(const Stream& stream, std::size_t shown_bytes, bool masked) {
  if (stream.kept_max) return stream.total > *stream.kept_max;
  return !masked && shown_bytes < stream.total;
}

/// Together with a mask, numbers of bytes would tell the length of the secret.
std::string cut_text(const Stream& stream, std::size_t bytes, bool masked) {
  if (masked) return "            … and more, which is not kept\n";
  return fmt::format("            … {} bytes in all, of which {} are kept\n", stream.total, bytes);
}

/// By the plan of a step; nullopt: it is kept back.
std::optional<std::uint64_t> kept_max_of(const Json& step, bool looks) {
  Json plan = step.value("after", Json::object()).value("state", Json::object());
  if (looks) plan = plan.value("confirm", Json::object());
  for (const char* field : {"output_max", "kept_max"}) {
    const auto found = plan.find(field);
    if (found != plan.end() && found->is_number_unsigned()) return found->get<std::uint64_t>();
  }
  return std::nullopt;
}

std::string stream_text(const Json& written, const Stream& of, Written how) {
  const char* stream = of.name;
  const std::uint64_t total = of.total;
  if (total == 0) return {};
  const auto kept = written.find(stream);
  if (kept == written.end()) return fmt::format("    {:7} {} (kept back or erased)\n", stream, counted(total, "byte"));
  if (!kept->is_array()) return fmt::format("    {:7} {}, no text\n", stream, counted(total, "byte"));
  const auto text_of = [](const Json& line) { return line.is_string() ? line.get<std::string>() : line.dump(); };
  std::size_t lines = kept->size();
  std::size_t bytes = lines == 0 ? 0 : lines - 1;  // what stands between the lines
  bool masked = false;
  for (const Json& line : *kept) {
    bytes += text_of(line).size();
    masked = masked || text_of(line).contains("‹secret ");
  }
  if (lines != 0 && text_of(kept->back()).empty()) --lines;  // after the last line feed
  const std::size_t shown = how == Written::all ? lines : std::min(lines, printed_lines_few);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    text += fmt::format("    {:7} | {}\n", i == 0 ? stream : "", safe(text_of((*kept)[i])));
  }
  if (shown < lines) {
    const std::string in_all = masked ? std::string() : fmt::format(", {} bytes in all", total);
    text += fmt::format("            … {} of {} lines{}; `--all-output` shows what is kept\n", shown, lines, in_all);
  } else if (is_cut(of, bytes, masked)) {
    text += cut_text(of, bytes, masked);
  }
  return text;
}

std::string answer_text(const char* what, const Json& ran, std::optional<std::uint64_t> kept_max, Written how) {
  const int status = ran.value("status", 0);
  std::string text = fmt::format("    {:7} {} from {} after {} ms", what,
                                 status == 0 ? std::string("no answer") : fmt::format("status {}", status),
                                 cell(ran.value("address", Json())), ran.value("elapsed_ms", std::uint64_t{0}));
  const std::string cut = ran.value("cut", "none");
  if (cut == "time_limit") text += ", its time was over";
  if (cut == "stopped") text += ", ended because we were stopped";
  if (cut == "lost") text += ", the connection was lost";
  if (cut == "too_long") text += ", the answer did not end";
  return text + "\n" +
         stream_text(ran.value("written", Json::object()),
                     {"output", ran.value("output_total", std::uint64_t{0}), kept_max}, how);
}

std::string end_text(const char* what, const Json& ran, std::optional<std::uint64_t> kept_max, Written how) {
  if (ran.contains("status")) return answer_text(what, ran, kept_max, how);
  const bool signalled = ran.contains("signal");
  std::string text =
      fmt::format("    {:7} {} {} after {} ms", what, signalled ? "ended by signal" : "exit code",
                  cell(ran.value(signalled ? "signal" : "exit", Json())), ran.value("elapsed_ms", std::uint64_t{0}));
  const std::string cut = ran.value("cut", "none");
  if (cut != "none") text += cut == "stopped" ? ", ended because we were stopped" : ", ended by us: its time was over";
  for (const auto& [field, form] :
       {std::pair{"strays_ended", ", ended what it left: {}"}, std::pair{"strays_left", ", {} may be left of it"}}) {
    const auto count = ran.value(field, std::uint64_t{0});
    if (count != 0) text += fmt::format(fmt::runtime(form), counted(count, "process"));
  }
  const Json written = ran.value("written", Json::object());
  return text + "\n" + stream_text(written, {"output", ran.value("output_total", std::uint64_t{0}), kept_max}, how) +
         stream_text(written, {"errors", ran.value("errors_total", std::uint64_t{0}), kept_max}, how);
}

}  // namespace

bool is_of_an_errand(const Json& step) {
  const Json plan = plan_of(step);
  return plan.contains("arguments") || plan.contains("url");
}

std::string errand_plan_text(const Json& step) {
  const bool call = step.value("resource", "").starts_with("call:") || plan_of(step).contains("url");
  return call ? call_text(step) : program_text(step);
}

std::string errand_text(const Json& step, Written how) {
  const std::string state = step.value("state", "");
  const std::string resource = step.value("resource", "");
  std::string text =
      fmt::format("\n  {}  {}{}\n", safe(resource), safe(state), state == "applied" ? " (unverified)" : "") +
      errand_plan_text(step);
  if (step.contains("ran")) text += end_text("ended", step.at("ran"), kept_max_of(step, false), how);
  if (step.contains("looked")) text += end_text("looked", step.at("looked"), kept_max_of(step, true), how);
  const Json after = step.value("after", Json::object());
  text += fmt::format("    {:7} commitment {} to a record of {} bytes\n", "plan",
                      safe(after.value("id", "").substr(0, commitment_shown)), after.value("size", std::uint64_t{0}));
  return text + fmt::format("    outcome {}\n", cell(step.value("outcome", Json())));
}

}  // namespace aright::cli
