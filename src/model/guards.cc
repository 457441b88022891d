#include "model/guards.h"

#include <algorithm>

#include "base/digest.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {

using Millis = std::chrono::milliseconds;
using Minutes = std::chrono::minutes;
constexpr std::array<std::string_view, 4> per_words{"workflow", "subject", "resource", "expression"};
constexpr std::array<std::string_view, 7> day_words{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::int64_t guard_millis(std::chrono::nanoseconds span) { return span / Millis{1}; }

Json to_json(const Threshold& t) {
  Json doc{{"runs", t.runs}, {"within_ms", guard_millis(t.within)}, {"per", name(t.per)}};
  if (!t.key.empty()) doc["key"] = t.key;
  return doc;
}

Json to_json(const std::vector<DaySpan>& spans) {
  Json list = Json::array();
  for (const DaySpan& span : spans) {
    Json days = Json::array();
    for (std::size_t i = 0; i < span.days.size(); ++i) {
      if (span.days.at(i)) days.push_back(day_words.at(i));
    }
    list.push_back({{"days", std::move(days)}, {"from_min", span.from.count()}, {"to_min", span.to.count()}});
  }
  return list;
}

Json to_json(const TimeWindow& w) {
  return {{"zone", w.zone}, {"allow", to_json(w.allow)}, {"forbid", to_json(w.forbid)}, {"hold", w.hold}};
}

Json to_json(const Breaker& b) {
  Json doc{{"percent", b.percent}, {"runs", b.runs}, {"within_ms", guard_millis(b.within)}};
  if (b.trial_after) doc["trial_after_ms"] = guard_millis(*b.trial_after);
  return doc;
}

Result<Threshold> threshold_from(const Json& doc) {
  DocReader in(doc, "threshold");
  Threshold t{static_cast<std::uint32_t>(in.number("runs")), in.millis("within_ms"), in.word("per", parse_per)};
  if (in.has("key")) t.key = in.text("key");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return t;
}

Result<std::vector<DaySpan>> spans_from(const Json& list) {
  std::vector<DaySpan> spans;
  for (const Json& item : list) {
    DocReader in(item, "window");
    DaySpan span{{}, Minutes{in.number("from_min")}, Minutes{in.number("to_min")}};
    for (const std::string& day : in.texts("days")) {
      const auto known = std::ranges::find(day_words, day);
      if (known == day_words.end()) {
        in.wrong("days");
        continue;
      }
      span.days.at(static_cast<std::size_t>(known - day_words.begin())) = true;
    }
    if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
    spans.push_back(span);
  }
  return spans;
}

Result<TimeWindow> window_from(const Json& doc) {
  DocReader in(doc, "window");
  TimeWindow w;
  w.zone = in.text("zone");
  w.hold = in.boolean("hold");
  for (const bool allowed : {true, false}) {
    auto spans = spans_from(in.array(allowed ? "allow" : "forbid"));
    if (!spans) return std::unexpected(spans.error());
    (allowed ? w.allow : w.forbid) = std::move(*spans);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return w;
}

Result<Breaker> breaker_from(const Json& doc) {
  DocReader in(doc, "breaker");
  Breaker b{static_cast<std::uint32_t>(in.number("percent")), static_cast<std::uint32_t>(in.number("runs")),
            in.millis("within_ms"), std::nullopt};
  if (in.has("trial_after_ms")) b.trial_after = in.millis("trial_after_ms");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return b;
}

Result<Flapping> flapping_from(const Json& doc) {
  DocReader in(doc, "flapping");
  const Flapping f{static_cast<std::uint32_t>(in.number("openings")), in.millis("within_ms")};
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return f;
}

Result<CoolDown> cool_down_from(const Json& doc) {
  DocReader in(doc, "cool_down");
  const CoolDown c{in.millis("wait_ms"), in.word("per", parse_per)};
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return c;
}

Result<Oscillation> oscillation_from(const Json& doc) {
  DocReader in(doc, "oscillation");
  const Oscillation o{static_cast<std::uint32_t>(in.number("returns")), in.millis("within_ms")};
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return o;
}

/// Reads what `key` of `doc` holds, where it is there.
template <class T>
Result<Done> take_part(DocReader& doc, const char* key, Result<T> (*read)(const Json&), auto& into) {
  if (!doc.has(key)) return Done{};
  auto value = read(doc.object(key));
  if (!value) return std::unexpected(value.error());
  into = std::move(*value);
  return Done{};
}

}  // namespace

std::string_view name(Per per) { return word_of(per_words, per); }
std::optional<Per> parse_per(std::string_view text) { return value_of<Per>(per_words, text); }
std::string_view Threshold::per_text() const { return per == Per::expression ? std::string_view(key) : name(per); }

Json Budget::to_json() const {
  Json doc{{"within_ms", guard_millis(within)}, {"staged", staged}};
  if (subjects) doc["subjects"] = *subjects;
  if (percent) doc["percent"] = *percent;
  if (population) std::visit([&](const auto& known) { doc["population"] = known; }, *population);
  return doc;
}

Result<Budget> Budget::from_json(const Json& doc) {
  DocReader in(doc, "budget");
  Budget b;
  b.within = in.millis("within_ms");
  b.staged = in.boolean("staged");
  if (in.has("subjects")) b.subjects = in.number("subjects");
  if (in.has("percent")) b.percent = static_cast<std::uint32_t>(in.number("percent"));
  if (in.has("population")) {
    if (doc.at("population").is_string()) {
      b.population = in.text("population");
    } else {
      b.population = in.number("population");
    }
  }
  if (b.percent && !b.population) in.wrong("population");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return b;
}

Json RunLimits::to_json() const {
  Json doc{{"runs", runs}, {"drivers", Json::object()}};
  for (const auto& [driver, most] : drivers) doc["drivers"][driver] = most;
  // Left out, so that the hash of what is configured stays as it was before there were any.
  if (waiting != RunLimits{}.waiting) doc["waiting"] = waiting;
  if (findings != RunLimits{}.findings) doc["findings"] = findings;
  if (subjects != RunLimits{}.subjects) doc["subjects"] = subjects;
  if (subject != RunLimits{}.subject) doc["subject"] = subject;
  if (held != RunLimits{}.held) doc["held"] = held;
  return doc;
}

std::string SharedBudget::hash() const { return hex(sha256(canonical_json(budget.to_json()).value_or(std::string()))); }

Oscillation Guards::oscillation_limit() const {
  if (oscillation) return *oscillation;
  std::uint32_t least = oscillation_returns_max + 1;
  for (const Threshold& t : threshold) {
    if (t.per == Per::workflow) least = std::min(least, t.runs);
  }
  Oscillation limit;
  limit.returns = least > oscillation_returns_max ? 0 : least;
  return limit;
}

/// What is not there is left out, so that a workflow from before it had a name for it keeps its version.
Json Guards::to_json() const {
  Json thresholds = Json::array();
  for (const Threshold& t : threshold) thresholds.push_back(aright::to_json(t));
  Json doc{{"threshold", thresholds}, {"cool_down", nullptr}};
  if (cool_down) doc["cool_down"] = {{"wait_ms", guard_millis(cool_down->wait)}, {"per", aright::name(cool_down->per)}};
  if (hold_time) doc["for_ms"] = guard_millis(*hold_time);
  if (flapping) doc["flapping"] = {{"openings", flapping->openings}, {"within_ms", guard_millis(flapping->within)}};
  if (window) doc["window"] = aright::to_json(*window);
  if (breaker) doc["breaker"] = aright::to_json(*breaker);
  if (oscillation) {
    doc["oscillation"] = {{"returns", oscillation->returns}, {"within_ms", guard_millis(oscillation->within)}};
  }
  if (concurrency) doc["concurrency"] = *concurrency;
  if (const Budget* own = own_budget()) doc["budget"] = own->to_json();
  if (const std::string* shared = shared_budget()) doc["shared_budget"] = *shared;
  return doc;
}

Result<Guards> Guards::from_json(const Json& doc) {
  DocReader in(doc, "guards");
  Guards guards;
  guards.threshold.clear();
  for (const Json& item : in.array("threshold")) {
    auto t = threshold_from(item);
    if (!t) return std::unexpected(t.error());
    guards.threshold.push_back(std::move(*t));
  }
  if (auto ok = take_part(in, "cool_down", cool_down_from, guards.cool_down); !ok) return std::unexpected(ok.error());
  if (auto ok = take_part(in, "flapping", flapping_from, guards.flapping); !ok) return std::unexpected(ok.error());
  if (auto ok = take_part(in, "oscillation", oscillation_from, guards.oscillation); !ok) {
    return std::unexpected(ok.error());
  }
  if (auto ok = take_part(in, "window", window_from, guards.window); !ok) return std::unexpected(ok.error());
  if (auto ok = take_part(in, "breaker", breaker_from, guards.breaker); !ok) return std::unexpected(ok.error());
  if (auto ok = take_part(in, "budget", Budget::from_json, guards.budget); !ok) return std::unexpected(ok.error());
  if (in.has("concurrency")) guards.concurrency = static_cast<std::uint32_t>(in.number("concurrency"));
  if (in.has("for_ms")) guards.hold_time = in.millis("for_ms");
  if (in.has("shared_budget")) guards.budget = in.text("shared_budget");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return guards;
}

}  // namespace aright
