#include "cli/detect_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/diagnostics.h"
#include "cli/file_syntax.h"
#include "cli/source_files.h"

namespace aright::cli {

namespace {

constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;

/// "product=linux,service=sshd"
Result<std::vector<LogSource>> log_sources(const std::string& text) {
  std::vector<LogSource> list;
  if (text.empty()) return list;
  LogSource one;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const auto equals = part.find('=');
    const std::string key = part.substr(0, equals);
    std::string* field = nullptr;
    if (key == "product") field = &one.product;
    if (key == "service") field = &one.service;
    if (key == "category") field = &one.category;
    if (field == nullptr || equals == std::string::npos) {
      return fail(Errc::invalid, fmt::format("--log-source: `{}` is not product=…, service=… or category=…", part));
    }
    if (equals + 1 == part.size()) return fail(Errc::invalid, fmt::format("--log-source: `{}` names none", part));
    *field = source::log_source_word(part.substr(equals + 1));
    begin = end + 1;
  }
  list.push_back(std::move(one));
  return list;
}

}  // namespace

void tell_beside(const Diagnostics& diagnostics, const std::string& format) {
  if (format != "json") {
    print_diagnostics(diagnostics);
  } else if (!diagnostics.empty()) {
    fmt::print(stderr, "{}\n",
               Json{{"diagnostics", as_json(diagnostics)}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

Result<LineReading> reading_of(const DetectOptions& options) {
  auto sources = log_sources(options.log_source);
  if (!sources) return std::unexpected(sources.error());
  if (!options.time.empty() && options.decoder != "json") {
    return fail(Errc::invalid, "--time names a key of JSON lines; another decoder says itself where the time stands");
  }
  if (options.decoder == "json") {
    return LineReading{source::JsonLines{std::move(*sources), options.time, {}}, line_bytes_max, {}};
  }
  if (options.decoder == "sshd") return LineReading{source::SshdLines{std::move(*sources)}, line_bytes_max, {}};
  const auto text = read_whole(options.decoder, yaml::bytes_max);
  if (!text) {
    return fail(Errc::invalid, fmt::format("--decoder: neither `json` nor `sshd`, nor the file of a source: {}",
                                           text.error().message));
  }
  Diagnostics out;
  const auto node = yaml::parse(*text, options.decoder, out);
  const auto made = node ? parse_source(*node, out) : std::nullopt;
  tell_beside(out, options.format);
  if (!made || has_errors(out)) return fail(Errc::invalid, options.decoder + " has mistakes");
  if (const auto* webhook = std::get_if<source::WebhookDefinition>(&*made)) {
    return LineReading{webhook->json, webhook->body_max, webhook->name};  // each line the body of a delivery
  }
  const auto& tail = std::get<source::TailDefinition>(*made);
  return LineReading{tail.format, tail.line_max, tail.name};
}

std::string why_timeless(const DetectOptions& options, const LineReading& reading) {
  if (options.decoder == "json" && options.time.empty()) {
    return "name its key with --time, or give the file of the source with --decoder";
  }
  const auto lack = [](const std::string& field, const std::string& who) {
    return fmt::format("they have no `{}`, where {} says that it stands, or no RFC 3339 time in it", field, who);
  };
  if (options.decoder == "json") return lack(options.time, "--time");
  std::string field;
  if (const auto* json = std::get_if<source::JsonLines>(&reading.format)) field = json->time_field;
  if (const auto* text = std::get_if<source::TextLines>(&reading.format)) field = text->time_group;
  if (!field.empty()) return lack(field, options.decoder);
  return fmt::format("{} does not say where it stands; `time: …` in its `decode` or `webhook` does", options.decoder);
}

}  // namespace aright::cli
