#include "cli/detect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "cli/diagnostics.h"
#include "cli/file_syntax.h"
#include "cli/reload.h"
#include "cli/rule_folder.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/source_files.h"
#include "cli/terminal_text.h"
#include "detect/alert.h"
#include "detect/sigma/about.h"
#include "detect/sigma/detector.h"
#include "source/tail/line_cutter.h"
#include "source/tail/local_zone.h"

namespace aright::cli {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
constexpr std::size_t log_sources_told = 5;
constexpr std::uint64_t told_max = 20;  ///< malformed lines told one by one

/// Where and when an event is, as it is printed.
struct Place {
  const std::string& file;
  std::uint64_t line;
};

Json finding(const Control& control, const detect::sigma::Detection& detection, const Event& event,
             const Place& place) {
  Json group = Json::object();
  for (const auto& [field, value] : detection.group) group[field] = value;
  return {{"control", control.name},
          {"title", control.title},
          {"id", control.rule_id},
          {"level", name(control.severity)},
          {"subject", detect::sigma::default_subject(detection, event)},
          {"source", place.file},
          {"line", place.line},
          {"offset", event.offset},
          {"time", rfc3339(event.time)},
          {"searches", detection.searches},
          {"group", group},
          {"tags", control.tags},
          {"authors", control.authors}};
}

Json finding(const Control& control, const detect::Alert& alert, const Event& event, const Place& place) {
  return {{"control", control.name},
          {"title", alert.title.empty() ? control.title : alert.title},
          {"id", ""},
          {"level", name(alert.severity.value_or(control.severity))},
          {"subject", alert.subject},
          {"source", place.file},
          {"line", place.line},
          {"offset", event.offset},
          {"time", rfc3339(event.time)},
          {"searches", Json::array()},
          {"group", Json::object()},
          {"tags", control.tags},
          {"authors", Json::array()},
          {"resolved", alert.resolved}};
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> all;
  all.reserve(list.size());
  for (const Json& item : list) all.push_back(item.get<std::string>());
  return all;
}

std::string row(const Json& finding) {
  const auto authors = texts(finding["authors"]);
  const auto searches = texts(finding["searches"]);
  const auto text = [&](const char* key) { return finding[key].get<std::string>(); };
  std::string what =
      fmt::format("{}rule by {}", searches.empty() ? "" : fmt::format("by {}; ", fmt::join(searches, ", ")),
                  authors.empty() ? "unknown" : fmt::format("{}", fmt::join(authors, ", ")));
  if (finding.contains("resolved")) what = finding["resolved"].get<bool>() ? "alert, resolved" : "alert";
  return safe(fmt::format("{:<13} {} on {}  {}:{}  {}  {}", text("level"), text("title"), text("subject"),
                          text("source"), finding["line"].get<std::uint64_t>(), text("time"), what));
}

/// A control of kind alert and what reads its alerts.
struct AlertControl {
  const Control& control;
  detect::AlertMapper mapper;
};

/// "product=linux,service=sshd; category=process_creation and 3 more"
std::string listed(const std::set<detect::sigma::LogSource>& all) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& one : all) {
    if (++shown > log_sources_told) return fmt::format("{} and {} more", text, all.size() - log_sources_told);
    text += (text.empty() ? "" : "; ") + detect::sigma::text(one);
  }
  return text;
}

class Detecting {
 public:
  Detecting(const RuleFolder& folder, std::vector<AlertControl> alerts, const source::LineDecoder& decoder,
            std::size_t line_max, const std::string& format)
      : detector_(folder.rules),
        controls_(folder.controls),
        alerts_(std::move(alerts)),
        decoder_(decoder),
        line_max_(line_max),
        format_(format),
        fits_(!alerts_.empty()) {
    for (const auto& rule : folder.rules->rules()) looked_for_.insert(rule.logsource);
  }

  Result<Done> file(const std::string& path) {
    const bool standard = path == "-";
    const UniqueFd opened{standard ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!opened.valid()) return std::unexpected(errno_error(errno, path));
    const std::string shown = standard ? "stdin" : is_utf8(path) ? path : safe(path);  // it stands in JSON, too
    source::LineCutter cutter(line_max_, 0);
    std::array<char, piece_bytes> piece{};
    std::vector<source::Line> lines;
    std::uint64_t number = 0;
    while (true) {
      const ssize_t got = read(opened.get(), piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(errno_error(errno, shown));
      if (got == 0) break;
      lines.clear();
      cutter.feed({piece.data(), static_cast<std::size_t>(got)}, lines);
      for (const source::Line& line : lines) take({shown, ++number}, line);
    }
    if (cutter.rest().size != 0) take({shown, ++number}, cutter.rest());  // offline nothing more will come
    return Done{};
  }

  void summary(const RuleFolder& folder) const {
    if (folder.others != 0) {
      fmt::print(stderr, "skipped, since they see no events: {} with controls of other kinds\n",
                 counted(folder.others, "file"));
    }
    const auto counters = detector_.counters();
    const std::size_t rules = folder.rules->rules().size() + folder.rules->correlations().size() + alerts_.size();
    fmt::print(stderr, "{}, {}; {} quarantined, {} not for this decoder; {} loaded, {} refused\n",
               counted(events_, "event"), counted(found_, "finding"), counted(bad_, "line"), skipped_,
               counted(rules, "rule"), counted(folder.refused, "file"));
    if (uncounted_ != 0) {
      fmt::print(stderr,
                 "not counted by correlations: {} without a time of their own; name its key with --time, or give the "
                 "file of the source with --decoder\n",
                 counted(uncounted_, "event"));
    }
    if (counters.windows.late != 0 || counters.ungrouped != 0 || counters.windows.evicted_events != 0) {
      fmt::print(stderr, "not counted by correlations: {} late, {} without a group, {} for want of room\n",
                 counters.windows.late, counters.ungrouped, counters.windows.evicted_events);
    }
  }
  [[nodiscard]] bool found() const { return found_ != 0; }
  [[nodiscard]] bool lost() const { return bad_ != 0; }
  /// There were events, and no rule is for any of them: that nothing was found says nothing.
  [[nodiscard]] bool unseen() const { return events_ != 0 && !fits_; }
  /// Why then, and what to try.
  [[nodiscard]] std::string why_unseen() const {
    return fmt::format(
        "no event is of a log source that a rule is for, so none could match: the rules are for {}, the "
        "events of {}; say what the events are with --log-source, as `logsource` in the rules has it: "
        "product=linux,service=sshd",
        listed(looked_for_), had_.empty() ? "none" : listed(had_));
  }
  /// There were events, and none of them had a time of its own.
  [[nodiscard]] bool timeless() const { return events_ != 0 && timed_ == 0; }
  /// Events without a time of their own that a correlation would have counted.
  [[nodiscard]] std::uint64_t uncounted() const { return uncounted_; }

 private:
  void take(const Place& place, const source::Line& line) {
    if (!line.whole()) return bad(place, fmt::format("a line of more than {} bytes", line_max_));
    std::string_view text = line.text;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) return;
    const WallTime arrival = std::chrono::system_clock::now();
    auto decoded = decoder_.decode(text, arrival);
    if (!decoded) return bad(place, decoded.error().message);
    if (!*decoded) {
      ++skipped_;
      return;
    }
    const bool timed = (*decoded)->time.has_value();
    const Event event = source::event_of(std::move(**decoded), place.file, line.begin, arrival);
    ++events_;
    timed_ += timed ? 1U : 0U;
    if (event.no_time && event.no_time->fault != NoTime::Fault::missing) bad(place, event.no_time->text());
    const auto seen = detect::sigma::as_rules_see(event);
    if (!fits_) had_.insert(seen.sources().begin(), seen.sources().end());
    fits_ = fits_ || std::ranges::any_of(looked_for_, [&](const auto& one) { return applies(one, seen.sources()); });
    for (const auto& detection : detections(seen, event, timed ? std::optional(arrival) : std::nullopt)) {
      ++found_;
      print(finding(controls_.at(detection.header), detection, event, place));
    }
    for (const AlertControl& one : alerts_) {
      const detect::Alerts said = one.mapper.map(event);
      for (const detect::Alert& alert : said.list) {
        found_ += alert.resolved ? 0U : 1U;
        print(finding(one.control, alert, event, place));
      }
      if (said.failed != 0) bad(place, fmt::format("control {}: {}", one.control.name, said.trouble));
    }
  }

  /// `arrival`: of an event with a time. Without one, all would count as of now, however far apart they were.
  std::vector<detect::sigma::Detection> detections(const detect::sigma::Event& seen, const Event& event,
                                                   std::optional<WallTime> arrival) {
    if (arrival) return detector_.feed(seen, detect::sigma::place_of(event, *arrival), Mode::auto_);
    auto timeless = detector_.look(seen, Mode::auto_);
    uncounted_ += timeless.uncounted ? 1U : 0U;
    return std::move(timeless.detections);
  }

  void print(const Json& one) const {
    if (format_ == "yaml") return fmt::print("---\n{}", show_one(one, Format::yaml));
    fmt::print("{}\n", format_ == "json" ? one.dump() : row(one));
  }

  void bad(const Place& place, const std::string& why) {
    if (++bad_ > told_max) return;
    fmt::print(stderr, "{}\n", safe(fmt::format("{}:{}: {}", place.file, place.line, why)));
    if (bad_ == told_max) fmt::print(stderr, "further malformed lines are only counted\n");
  }

  detect::sigma::Detector detector_;
  const std::map<const detect::sigma::Header*, Control>& controls_;
  std::vector<AlertControl> alerts_;
  const source::LineDecoder& decoder_;
  std::size_t line_max_;
  const std::string& format_;
  std::set<detect::sigma::LogSource> looked_for_;
  std::set<detect::sigma::LogSource> had_;  ///< of the events, until one fits
  bool fits_{false};                        ///< some event is of a log source that some rule names
  std::uint64_t events_{0};
  std::uint64_t timed_{0};
  std::uint64_t uncounted_{0};
  std::uint64_t found_{0};
  std::uint64_t bad_{0};
  std::uint64_t skipped_{0};
};

int refuse(const std::string& why) {
  fmt::print(stderr, "error: {}\n", safe(why));
  return 2;
}

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

/// Beside the findings, which have the output for themselves.
void tell(const Diagnostics& diagnostics, const std::string& format) {
  if (format != "json") {
    print_diagnostics(diagnostics);
  } else if (!diagnostics.empty()) {
    fmt::print(stderr, "{}\n",
               Json{{"diagnostics", as_json(diagnostics)}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

struct LineReading {
  source::LineFormat format;
  std::size_t line_max{piece_bytes};
  std::string source;  ///< whose lines they are; empty: not said
};

Result<LineReading> reading_of(const DetectOptions& options) {
  auto sources = log_sources(options.log_source);
  if (!sources) return std::unexpected(sources.error());
  if (!options.time.empty() && options.decoder != "json") {
    return fail(Errc::invalid, "--time names a key of JSON lines; another decoder says itself where the time stands");
  }
  if (options.decoder == "json") {
    return LineReading{source::JsonLines{std::move(*sources), options.time, {}}, piece_bytes, {}};
  }
  if (options.decoder == "sshd") return LineReading{source::SshdLines{std::move(*sources)}, piece_bytes, {}};
  const auto text = read_whole(options.decoder, yaml::bytes_max);
  if (!text) {
    return fail(Errc::invalid, fmt::format("--decoder: neither `json` nor `sshd`, nor the file of a source: {}",
                                           text.error().message));
  }
  Diagnostics out;
  const auto node = yaml::parse(*text, options.decoder, out);
  const auto made = node ? parse_source(*node, out) : std::nullopt;
  tell(out, options.format);
  if (!made || has_errors(out)) return fail(Errc::invalid, options.decoder + " has mistakes");
  if (const auto* webhook = std::get_if<source::WebhookDefinition>(&*made)) {
    return LineReading{webhook->json, webhook->body_max, webhook->name};  // each line the body of a delivery
  }
  const auto& tail = std::get<source::TailDefinition>(*made);
  return LineReading{tail.format, tail.line_max, tail.name};
}

/// Those that look at this source's events; all, when nobody says whose they are.
Result<std::vector<AlertControl>> alert_controls(const RuleFolder& folder, const std::string& source) {
  std::vector<AlertControl> all;
  for (const Control& control : folder.alerts) {
    if (!source.empty() && std::ranges::find(control.alert->sources, source) == control.alert->sources.end()) continue;
    auto mapper = detect::AlertMapper::make(control);
    if (!mapper) return std::unexpected(mapper.error());
    all.push_back({control, std::move(*mapper)});
  }
  return all;
}

/// A file that nobody could read comes before what others had: 1 says that all were looked at, or that something was
/// found. What was found comes before lines that were none.
int exit_code(const DetectOptions& options, const RuleFolder& folder, const Detecting& detecting, bool failed) {
  if (!options.time.empty() && detecting.timeless()) {
    return refuse(fmt::format("--time: no event has a key `{}`, so each counted as of now", safe(options.time)));
  }
  if (failed) return 2;
  if (detecting.found()) return 1;
  if (detecting.unseen()) {
    return refuse(safe(detecting.why_unseen()));
  }
  // What correlations and lost lines would have told nobody knows.
  return folder.refused == 0 && detecting.uncounted() == 0 && !detecting.lost() ? 0 : 2;
}

}  // namespace

int detect_files(const DetectOptions& options) {
  const auto reading = reading_of(options);
  if (!reading) return refuse(reading.error().message);
  const auto decoder = source::make_decoder(reading->format, source::local_zone(std::chrono::system_clock::now()));
  if (!decoder) return refuse(decoder.error().message);
  const auto folder = read_rule_folder(options.controls);
  if (!folder) return refuse(folder.error().message);
  tell(folder->diagnostics, options.format);
  auto alerts = alert_controls(*folder, reading->source);
  if (!alerts) return refuse(alerts.error().message);
  if (folder->rules->rules().empty() && alerts->empty()) {
    return refuse(options.controls + ": there is no rule to look with");
  }
  Detecting detecting(*folder, std::move(*alerts), **decoder, reading->line_max, options.format);
  bool failed = false;
  for (const std::string& file : options.files) {
    if (auto ok = detecting.file(file); !ok) {
      failed = true;
      complain(ok.error());
    }
  }
  detecting.summary(*folder);
  return exit_code(options, *folder, detecting, failed);
}

}  // namespace aright::cli
