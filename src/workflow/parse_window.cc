#include "workflow/parse_window.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/yaml_texts.h"
#include "guard/open_times.h"

namespace aright::workflow {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
constexpr std::size_t spans_max = 16;
constexpr std::array<std::string_view, 7> day_words{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
const std::vector<std::string> day_list{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

class WindowParser {
 public:
  explicit WindowParser(Diagnostics& out) : out_(out) {}

  std::optional<TimeWindow> parse(const yaml::Node& node) {
    const std::size_t before = out_.size();
    yaml::Fields in(node, "guard `window`", out_);
    TimeWindow window;
    if (const auto zone = in.text("zone")) window.zone = *zone;
    if (const yaml::Node* list = in.node("allow")) spans(*list, "allow", window.allow);
    if (const yaml::Node* list = in.node("forbid")) spans(*list, "forbid", window.forbid);
    window.hold = in.word("outside", {"wait", "hold"}) == "hold";
    in.finish();
    if (has_errors(out_, before)) return std::nullopt;
    if (window.allow.empty() && window.forbid.empty()) {
      error(node.at, "`window` has neither `allow` nor `forbid`", example);
    } else if (!guard::ever_open(window)) {
      error(node.at, "`window` is never open", "what is forbidden covers all that is allowed");
    }
    if (const auto made = guard::OpenTimes::make(window); !made) {
      const yaml::Node* zone = in.node("zone");
      error(zone == nullptr ? node.at : zone->at, made.error().message, "such as UTC, \"+02:00\" or Europe/Berlin");
    }
    if (has_errors(out_, before)) return std::nullopt;
    return window;
  }

 private:
  static constexpr const char* example = "such as allow: [{ days: [mon, tue], from: 08:00, to: 18:00 }]";

  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  void spans(const yaml::Node& list, const char* key, std::vector<DaySpan>& into) {
    if (list.kind != yaml::Node::Kind::list || list.items.empty() || list.items.size() > spans_max) {
      const bool length = list.kind == yaml::Node::Kind::list;
      const std::string seen = length ? fmt::format("one of {}", list.items.size()) : list.describe();
      return error(list.at, fmt::format("`{}` must be a list of 1 to {} times, not {}", key, spans_max, seen), example);
    }
    for (const yaml::Node& item : list.items) into.push_back(span(item));
  }

  DaySpan span(const yaml::Node& node) {
    yaml::Fields in(node, "a time of `window`", out_);
    DaySpan span;
    if (const yaml::Node* days = in.node("days")) take_days(*days, yaml::text_items(in, "days"), span);
    if (const auto from = clock(in, "from")) span.from = *from;
    if (const auto to = clock(in, "to")) span.to = *to;
    if (span.from >= hours{24}) error(in.node("from")->at, "`from` must be before 24:00");
    if (span.to == minutes{0}) span.to = hours{24};
    const bool empty = in.node("from") != nullptr && in.node("to") != nullptr && span.from == span.to;
    if (empty) error(node.at, "`from` and `to` are the same time", "leave both away for the whole day");
    in.finish();
    return span;
  }

  void take_days(const yaml::Node& list, const std::vector<const yaml::Node*>& days, DaySpan& span) {
    span.days.fill(false);
    const bool empty = list.kind == yaml::Node::Kind::list && list.items.empty();
    if (empty) error(list.at, "`days` is empty", "leave it away for every day");
    for (const yaml::Node* item : days) {
      const std::string& day = item->scalar;
      const auto known = std::ranges::find(day_words, day);
      if (known == day_words.end()) {
        error(item->at, fmt::format("unknown day `{}`", day), suggest(day, day_list, "days"));
      } else {
        span.days.at(static_cast<std::size_t>(known - day_words.begin())) = true;
      }
    }
  }

  /// "08:00" to "24:00"
  std::optional<minutes> clock(yaml::Fields& in, const char* key) {
    const auto text = in.text(key, "08:30");
    if (!text) return std::nullopt;
    const auto digit = [&](std::size_t at) { return (*text)[at] >= '0' && (*text)[at] <= '9'; };
    const auto number = [&](std::size_t at) { return ((*text)[at] - '0') * 10 + ((*text)[at + 1] - '0'); };
    const bool form = text->size() == 5 && digit(0) && digit(1) && (*text)[2] == ':' && digit(3) && digit(4);
    if (form) {
      const minutes at = hours{number(0)} + minutes{number(3)};
      if (at <= hours{24} && number(3) < 60) return at;
    }
    error(in.node(key)->at, fmt::format("`{}` must be a time of day, not \"{}\"", key, *text),
          "four digits, 00:00 to 24:00, such as 08:30");
    return std::nullopt;
  }

  Diagnostics& out_;
};

}  // namespace

std::optional<TimeWindow> parse_window(const yaml::Node& node, Diagnostics& out) {
  return WindowParser(out).parse(node);
}

}  // namespace aright::workflow
