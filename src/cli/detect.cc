#include "cli/detect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "cli/detect_reading.h"
#include "cli/log_lines.h"
#include "cli/reload.h"
#include "cli/rule_folder.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/terminal_text.h"
#include "detect/alert.h"
#include "detect/sigma/about.h"
#include "detect/sigma/detector.h"
#include "source/tail/local_zone.h"

namespace aright::cli {

namespace {

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

  /// In the order of the events' times, however the files are named: each from its beginning, always the one whose
  /// next event is the oldest. Returns whether all could be read.
  bool files(const std::vector<std::string>& paths) {
    bool all = true;
    std::vector<Open> open;
    std::set<std::pair<WallTime, std::size_t>> next;
    const auto go_on = [&](std::size_t index) {
      auto more = to_next_timed(open[index]);
      if (more && *more) next.emplace(open[index].timed.event.time, index);
      if (more) return;
      all = false;
      complain(more.error());
    };
    for (const std::string& path : paths) {
      auto lines = LogLines::open(path, line_max_);
      if (!lines) {
        all = false;
        complain(lines.error());
        continue;
      }
      open.push_back({std::move(*lines), {}});
      go_on(open.size() - 1);
      open.back().lines.pause();
    }
    while (!next.empty()) {
      const std::size_t index = next.extract(next.begin()).value().second;
      Open& one = open[index];
      look(one.timed, {one.lines.shown(), one.lines.number()});
      go_on(index);
      if (!next.empty() && next.begin()->second != index) one.lines.pause();
    }
    return all;
  }

  /// `why_timeless`: as detect_reading.h has it.
  void summary(const RuleFolder& folder, const std::string& why_timeless) const {
    if (folder.others != 0) {
      fmt::print(stderr, "skipped, since they see no events: {} with controls of other kinds\n",
                 counted(folder.others, "file"));
    }
    const auto counters = detector_.counters();
    const std::size_t rules = folder.rules->rules().size() + folder.rules->correlations().size() + alerts_.size();
    fmt::print(stderr, "{}, {}; {} quarantined, {} not for this decoder; {} loaded, {} with mistakes\n",
               counted(events_, "event"), counted(found_, "finding"), counted(bad_, "line"), skipped_,
               counted(rules, "rule"), counted(folder.mistaken, "file"));
    if (uncounted_ != 0) {
      fmt::print(stderr, "not counted by correlations: {} without a time of their own; {}\n",
                 counted(uncounted_, "event"), safe(why_timeless));
    }
    if (counters.late != 0 || counters.ungrouped != 0 || counters.windows.evicted_events != 0) {
      fmt::print(stderr, "not counted by correlations: {} late, {} without a group, {} for want of room\n",
                 counters.late, counters.ungrouped, counters.windows.evicted_events);
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
  struct Read {
    Event event;
    bool timed{false};  ///< by a time of its own
    WallTime arrival{};
  };
  struct Open {
    LogLines lines;
    Read timed;  ///< of its present line
  };

  /// To the next event with a time of its own; what comes before it is looked at. False: there is none. Errors as
  /// LogLines::next.
  Result<bool> to_next_timed(Open& open) {
    while (true) {
      auto more = open.lines.next();
      if (!more || !*more) return more;
      const Place place{open.lines.shown(), open.lines.number()};
      auto read = take(place, open.lines.line());
      if (!read) continue;
      if (!read->timed) {
        look(*read, place);
        continue;
      }
      open.timed = std::move(*read);
      return true;
    }
  }

  /// nullopt: it is none; that is told.
  std::optional<Read> take(const Place& place, const source::Line& line) {
    if (!line.whole()) {
      bad(place, fmt::format("a line of more than {} bytes", line_max_));
      return std::nullopt;
    }
    std::string_view text = line.text;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) return std::nullopt;
    const WallTime arrival = std::chrono::system_clock::now();
    auto decoded = decoder_.decode(text, arrival);
    if (!decoded) {
      bad(place, decoded.error().message);
      return std::nullopt;
    }
    if (!*decoded) {
      ++skipped_;
      return std::nullopt;
    }
    const bool timed = (*decoded)->time.has_value();
    Read read{source::event_of(std::move(**decoded), place.file, line.begin, arrival), timed, arrival};
    ++events_;
    timed_ += timed ? 1U : 0U;
    if (read.event.no_time && read.event.no_time->fault != NoTime::Fault::missing)
      bad(place, read.event.no_time->text());
    return read;
  }

  void look(const Read& read, const Place& place) {
    const Event& event = read.event;
    const auto seen = detect::sigma::as_rules_see(event);
    if (!fits_) had_.insert(seen.sources().begin(), seen.sources().end());
    fits_ = fits_ || std::ranges::any_of(looked_for_, [&](const auto& one) { return applies(one, seen.sources()); });
    const auto arrival = read.timed ? std::optional(read.arrival) : std::nullopt;
    for (const auto& detection : detections(seen, event, arrival)) {
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
    return refuse(fmt::format(
        "--time: no event has a key `{}` with a time, so no correlation counted any; name the key that has it",
        safe(options.time)));
  }
  if (failed) return 2;
  if (detecting.found()) return 1;
  if (detecting.unseen()) {
    return refuse(safe(detecting.why_unseen()));
  }
  // What correlations and lost lines would have told nobody knows.
  return folder.mistaken == 0 && detecting.uncounted() == 0 && !detecting.lost() ? 0 : 2;
}

}  // namespace

int detect_files(const DetectOptions& options) {
  const auto reading = reading_of(options);
  if (!reading) return refuse(reading.error().message);
  const auto decoder = source::make_decoder(reading->format, source::local_zone(std::chrono::system_clock::now()));
  if (!decoder) return refuse(decoder.error().message);
  const auto folder = read_rule_folder(options.controls);
  if (!folder) return refuse(folder.error().message);
  tell_beside(folder->diagnostics, options.format);
  auto alerts = alert_controls(*folder, reading->source);
  if (!alerts) return refuse(alerts.error().message);
  if (folder->rules->rules().empty() && alerts->empty()) {
    return refuse(options.controls + ": there is no rule to look with");
  }
  Detecting detecting(*folder, std::move(*alerts), **decoder, reading->line_max, options.format);
  const bool failed = !detecting.files(options.files);
  detecting.summary(*folder, why_timeless(options, *reading));
  return exit_code(options, *folder, detecting, failed);
}

}  // namespace aright::cli
