// `event_count`: what is read, what is refused, when it fires, what it keeps.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "detect/sigma/detector.h"
#include "detect/sigma/rig_test.h"

namespace aright::detect::sigma {
namespace {

using namespace std::chrono_literals;
using Outcome = CountWindows::Outcome;

const std::string failed_login = R"(title: Failed login
name: failed
author: Ann Example
level: low
logsource: {product: linux, service: sshd}
detection: {s: {type: failed}, condition: s}
)";

std::string correlation_text(const std::string& inside) {
  return "title: Many\nname: many\nauthor: Bo Example\nlevel: high\ncorrelation:\n" + inside;
}
std::string counting(const std::string& condition, const std::string& more = "") {
  return correlation_text("  type: event_count\n  rules: [failed]\n  group-by: [ip]\n  timespan: 10s\n  condition: " +
                          condition + "\n" + more);
}

std::shared_ptr<const RuleSet> rules_of(const std::string& text) {
  Diagnostics out;
  auto rules = std::make_shared<const RuleSet>(RuleSet::build(read_rules(text, "r.yml", out), out));
  EXPECT_FALSE(has_errors(out)) << render_all(out);
  return rules;
}
Correlation correlation_of(const std::string& text) {
  Diagnostics out;
  auto documents = read_rules(text, "r.yml", out);
  EXPECT_EQ(documents.size(), 1U) << render_all(out);
  return documents.empty() ? Correlation{} : std::get<Correlation>(documents.front());
}
std::string built(const std::string& text) {
  Diagnostics out;
  static_cast<void>(RuleSet::build(read_rules(text, "r.yml", out), out));
  return render_all(out);
}

Occurrence at(std::chrono::milliseconds time, std::uint64_t offset = 0) { return {WallTime(time), "log", offset}; }

TEST(SigmaCorrelation, IsReadWhole) {
  const Correlation c = correlation_of(correlation_text(
      "  type: event_count\n  rules: [a, b]\n  group-by: [ip, user]\n  timespan: 1h\n  condition: {gte: 3, lt: 10}\n"
      "  generate: true\n  aliases:\n    user: {a: User, b: TargetUser}\n"));
  EXPECT_EQ(c.header.title, "Many");
  EXPECT_EQ(c.rules, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(c.group_by, (std::vector<std::string>{"ip", "user"}));
  EXPECT_EQ(c.timespan, 1h);
  EXPECT_EQ(c.count, (CountRange{3, 9}));
  EXPECT_TRUE(c.generate);
  EXPECT_EQ(c.aliases.at("user").at("b"), "TargetUser");
  EXPECT_EQ(correlation_of(counting("{gt: 5}")).count, (CountRange{6, std::nullopt}));
  EXPECT_EQ(correlation_of(counting("{eq: 5}")).count, (CountRange{5, 5}));
  EXPECT_EQ(correlation_of(counting("{gte: 2, lte: 2}")).count, (CountRange{2, 2}));
}

TEST(SigmaCorrelation, Refusals) {
  const auto with = [](const std::string& type, const std::string& span, const std::string& condition) {
    return correlation_text("  type: " + type + "\n  rules: [failed]\n  group-by: [ip]\n  timespan: " + span +
                            "\n  condition: " + condition + "\n");
  };
  const std::vector<std::pair<std::string, std::string>> table{
      {with("value_count", "5m", "{gte: 3}"),
       "correlation type `value_count` is known, but not in this version\n"
       "  --> r.yml:6:9"},
      {with("temporal", "5m", "{gte: 3}"), "`temporal` is known, but not in this version"},
      {with("temporal_ordered", "5m", "{gte: 3}"), "`temporal_ordered` is known, but not in this version"},
      {with("value_percentile", "5m", "{gte: 3}"), "`value_percentile` is known, but not in this version"},
      {with("event_cuont", "5m", "{gte: 3}"), "unknown correlation type `event_cuont`"},
      {with("event_count", "5", "{gte: 3}"), "`timespan` must be text, not the number 5\n  --> r.yml:9:13"},
      {with("event_count", "0m", "{gte: 3}"), "`timespan` must be 1s to 366d, not `0m`\n  --> r.yml:9:13"},
      {with("event_count", "-5m", "{gte: 3}"), "`timespan` must be"},
      {with("event_count", "5ms", "{gte: 3}"), "`timespan` must be"},
      {with("event_count", "5M", "{gte: 3}"), "`timespan` must be"},
      {with("event_count", "367d", "{gte: 3}"), "`timespan` must be"},
      {with("event_count", "99999999999999999999s", "{gte: 3}"), "`timespan` must be"},
      {with("event_count", "5m", "{}"), "`condition` needs a lower bound"},
      {with("event_count", "5m", "{lt: 3}"), "`condition` needs a lower bound: gt, gte or eq\n  --> r.yml:10:1"},
      {with("event_count", "5m", "{lte: 3}"), "needs a lower bound"},
      {with("event_count", "5m", "{gte: 3, gt: 3}"), "two bounds on the same side"},
      {with("event_count", "5m", "{eq: 3, lt: 3}"), "two bounds on the same side"},
      {with("event_count", "5m", "{gte: 3, lt: 3}"), "can never hold"},
      {with("event_count", "5m", "{eq: 0}"), "can never hold"},
      {with("event_count", "5m", "{neq: 3}"),
       "`neq` in the correlation's `condition` is known, but not in this version"},
      {with("event_count", "5m", "{gte: 3, field: x}"), "`field` in the correlation's `condition` is known"},
      {with("event_count", "5m", "{gte: 10001}"), "must be a whole number from 0 to 10000"},
      {with("event_count", "5m", "{gte: x}"), "must be a whole number"},
      {with("event_count", "5m", "{gge: 3}"), "unknown field `gge`"},
      {with("event_count", "5m", "5"), "must be a map"},
      {counting("{gte: 3}", "  typo: 1\n"), "unknown field `typo` in `correlation`"},
      {counting("{gte: 3}", "  generate: maybe\n"), "`generate` must be true or false"},
      {counting("{gte: 3}", "  aliases: {user: {failed: u}}\n"), "alias `user` is not used in `group-by`"},
      {counting("{gte: 3}", "  aliases: {ip: {other: u}}\n"), "needs a field `failed`"},
      {counting("{gte: 3}", "  aliases: {ip: {failed: u, other: u}}\n"), "unknown field `other` in alias `ip`"},
      {"title: t\ncorrelation: {type: event_count}\n", "needs a field `rules`"},
      {"title: t\ncorrelation: 5\n", "`correlation` must be a map"},
      {"title: t\ncorrelation: {type: event_count, rules: [a], group-by: [b], timespan: 1m, condition: {gte: 1}}\n",
       "a correlation needs an `id` or a `name`"},
      {correlation_text("  type: event_count\n  rules: []\n  timespan: 1s\n  condition: {gte: 1}\n"),
       "names 1 to 1000"},
      {correlation_text("  type: event_count\n  rules: [a]\n  group-by: []\n  timespan: 1s\n  condition: {gte: 1}\n"),
       "`group-by` names 1 to 16 fields"},
  };
  for (const auto& [text, part] : table) {
    const std::string said = said_of(text);
    EXPECT_NE(said.find(part), std::string::npos) << text << "\nsaid: " << said;
  }
  EXPECT_NE(said_of(correlation_text("  type: event_count\n  rules: a\n  timespan: 1s\n  condition: {gte: 1}\n"))
                .find("warning: the correlation has no `group-by`"),
            std::string::npos);
}

TEST(SigmaCorrelation, RulesAndNamesFitTogether) {
  const std::string many = counting("{gte: 3}");
  EXPECT_EQ(built(failed_login + "---\n" + many), "");
  EXPECT_EQ(built(many + "---\n" + failed_login), "");  // in any order
  EXPECT_NE(built(many).find("there is no rule `failed`\n  --> r.yml:7:11"), std::string::npos);
  EXPECT_NE(built(failed_login + "---\n" + failed_login)
                .find("name `failed` is used twice\n  --> r.yml:8:1\n"
                      "hint: it stands first in r.yml:1"),
            std::string::npos);
  std::string chain = counting("{gte: 3}");
  chain.replace(chain.find("name: many"), 10, "name: more");
  chain.replace(chain.find("[failed]"), 8, "[many]");
  EXPECT_NE(built(failed_login + "---\n" + many + "---\n" + chain).find("`many` is a correlation"), std::string::npos);
  const std::string with_id = "id: 0B2E8E9C-1111-4222-8333-123456789ABC\n" + failed_login;
  std::string by_id = many;
  by_id.replace(by_id.find("[failed]"), 8, "[0B2E8E9C-1111-4222-8333-123456789abc]");
  EXPECT_EQ(built(with_id + "---\n" + by_id), "");
}

TEST(SigmaWindows, FiresAtTheEventThatCompletesItAndAgainOnlyAfterItsTimespan) {
  CountWindows windows(correlation_of(counting("{gte: 3}")));
  const Group a{"a"};
  EXPECT_EQ(windows.add(a, at(0s)), Outcome::counted);
  EXPECT_EQ(windows.add(a, at(1s)), Outcome::counted);
  EXPECT_EQ(windows.add({"b"}, at(1s)), Outcome::counted);  // another group
  EXPECT_EQ(windows.add(a, at(2s)), Outcome::fired);
  EXPECT_EQ(windows.add(a, at(3s)), Outcome::silent);
  EXPECT_EQ(windows.add(a, at(11999ms)), Outcome::silent);
  EXPECT_EQ(windows.add(a, at(12s)), Outcome::fired);  // 3, 11.999 and 12 stand in (2, 12]
  EXPECT_EQ(windows.add(a, at(30s)), Outcome::counted);
}

TEST(SigmaWindows, TheWindowIsOpenAtItsBeginning) {
  CountWindows exact(correlation_of(counting("{gte: 2}")));
  EXPECT_EQ(exact.add({"a"}, at(0s)), Outcome::counted);
  EXPECT_EQ(exact.add({"a"}, at(10s)), Outcome::counted);
  CountWindows near(correlation_of(counting("{gte: 2}")));
  EXPECT_EQ(near.add({"a"}, at(1ms)), Outcome::counted);
  EXPECT_EQ(near.add({"a"}, at(10s)), Outcome::fired);
}

TEST(SigmaWindows, RangesHaveAnUpperEnd) {
  CountWindows windows(correlation_of(counting("{eq: 2}")));
  EXPECT_EQ(windows.add({"a"}, at(0s)), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, at(1s)), Outcome::fired);
  EXPECT_EQ(windows.add({"a"}, at(2s)), Outcome::counted);  // three
  EXPECT_EQ(windows.add({"a"}, at(11s)), Outcome::fired);   // 2 and 11 in (1, 11]
  CountWindows one(correlation_of(counting("{gte: 1}")));
  EXPECT_EQ(one.add({"a"}, at(0s)), Outcome::fired);
}

TEST(SigmaWindows, EventsThatComeLateCountWhereTheyBelong) {
  CountWindows windows(correlation_of(counting("{gte: 3}")));
  EXPECT_EQ(windows.add({"a"}, at(0s)), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, at(8s)), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, at(25s)), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, at(4s)), Outcome::fired);  // 0, 4, 8
  EXPECT_EQ(windows.add({"a"}, at(55s)), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, at(24999ms)), Outcome::counted);  // within the timespan and 30 s
  EXPECT_EQ(windows.add({"a"}, at(14999ms)), Outcome::late);
  EXPECT_EQ(windows.add({"a"}, at(25s, 7)), Outcome::fired);  // it, 24.999 and 25
  EXPECT_EQ(windows.counters().late, 1U);
}

TEST(SigmaWindows, OneEventCountsOnce) {
  CountWindows windows(correlation_of(counting("{gte: 2}")));
  EXPECT_EQ(windows.add({"a"}, at(0s, 1)), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, at(0s, 1)), Outcome::repeated);
  EXPECT_EQ(windows.add({"a"}, {WallTime(0s), "other log", 1}), Outcome::fired);
  EXPECT_EQ(windows.counters().repeated, 1U);
}

TEST(SigmaWindows, MemoryHasALimitAndWhatIsDroppedIsCounted) {
  CountWindows windows(correlation_of(counting("{gte: 3}")), {.groups_max = 2, .events_max = 100});
  windows.add({"a"}, at(0s));
  windows.add({"b"}, at(1s));
  windows.add({"a"}, at(2s, 1));
  windows.add({"c"}, at(3s));  // b is the one that was heard of the longest ago
  EXPECT_EQ(windows.groups(), 2U);
  EXPECT_EQ(windows.counters().evicted_groups, 1U);
  EXPECT_EQ(windows.counters().evicted_events, 1U);
  EXPECT_EQ(windows.add({"a"}, at(4s)), Outcome::fired);
  windows.add({"d"}, at(1h));  // what makes room now is of no use any more
  EXPECT_EQ(windows.counters().evicted_groups, 1U);
  CountWindows few(correlation_of(counting("{gte: 3}")), {.groups_max = 100, .events_max = 5});
  for (std::uint64_t i = 0; i < 20; ++i) few.add({std::to_string(i % 4)}, at(0s, i));
  EXPECT_LE(few.events(), 5U);
  EXPECT_GT(few.counters().evicted_events, 0U);
  CountWindows one(correlation_of(counting("{gte: 3}")));
  for (std::uint64_t i = 0; i < 2000; ++i) one.add({"a"}, at(0s, i));
  EXPECT_EQ(one.events(), 1000U);
  EXPECT_EQ(one.counters().evicted_events, 1000U);
}

TEST(SigmaWindows, TimesAtBothEndsOfTheClock) {
  CountWindows windows(correlation_of(counting("{gte: 2}")));
  EXPECT_EQ(windows.add({"a"}, {WallTime::min(), "log", 0}), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, {WallTime::min(), "log", 1}), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, {WallTime::max(), "log", 2}), Outcome::counted);
  EXPECT_EQ(windows.add({"a"}, {WallTime::max(), "log", 3}), Outcome::fired);
  EXPECT_EQ(windows.add({"a"}, {WallTime::min(), "log", 4}), Outcome::late);
}

/// What is fed, and what a window over all of it would say: the definition without limits and lateness.
RC_GTEST_PROP(SigmaWindows, AgreesWithTheDefinitionForEventsInOrder, ()) {
  const auto least = *rc::gen::inRange(1, 5);
  CountWindows windows(correlation_of(counting("{gte: " + std::to_string(least) + "}")));
  std::vector<std::chrono::milliseconds> times;
  std::optional<std::chrono::milliseconds> fired;
  auto now = 0ms;
  const int count = *rc::gen::inRange(0, 40);
  for (int i = 0; i < count; ++i) {
    now += std::chrono::milliseconds(*rc::gen::inRange(0, 7000));
    times.push_back(now);
    const auto inside = std::ranges::count_if(times, [&](auto t) { return t > now - 10s; });
    auto expected = inside >= least ? Outcome::fired : Outcome::counted;
    if (expected == Outcome::fired && fired && now < *fired + 10s) expected = Outcome::silent;
    if (expected == Outcome::fired) fired = now;
    RC_ASSERT(windows.add({"a"}, at(now, static_cast<std::uint64_t>(i))) == expected);
  }
}

RC_GTEST_PROP(SigmaWindows, SnapshotsGiveTheSameWindowsBack, ()) {
  const Correlation correlation = correlation_of(counting("{gte: 3}"));
  const WindowLimits limits{.groups_max = 3, .events_max = 12};
  CountWindows one(correlation, limits);
  CountWindows other(correlation, limits);
  const auto feed = [](CountWindows& into, int seed) {
    const auto s = static_cast<std::uint64_t>(seed);
    return into.add({std::string(1, static_cast<char>('a' + s % 5))}, at(std::chrono::seconds(s % 61), s));
  };
  for (int i = *rc::gen::inRange(0, 30); i > 0; --i) {
    feed(one, *rc::gen::inRange(0, 1000));
    if (*rc::gen::inRange(0, 4) == 0) RC_ASSERT(other.restore(Json::parse(one.take_changes().dump())));
  }
  RC_ASSERT(other.restore(one.take_changes()));
  RC_ASSERT(one.take_changes()["groups"].empty());
  CountWindows whole(correlation, limits);
  RC_ASSERT(whole.restore(one.take_all()));
  RC_ASSERT(one.groups() == whole.groups());
  RC_ASSERT(one.groups() == other.groups());
  RC_ASSERT(one.events() == other.events());
  for (int i = 0; i < 20; ++i) {
    const int seed = *rc::gen::inRange(0, 1000);
    const Outcome outcome = feed(one, seed);
    RC_ASSERT(outcome == feed(other, seed));
    RC_ASSERT(outcome == feed(whole, seed));
  }
}

TEST(SigmaWindows, ForeignSnapshotsAreRefusedAndChangeNothing) {
  CountWindows windows(correlation_of(counting("{gte: 3}")));
  windows.add({"a"}, at(0s));
  const Json good = windows.take_changes();
  CountWindows changed(correlation_of(counting("{gte: 4}")));
  EXPECT_EQ(changed.restore(good).error().code, Errc::conflict);
  const auto corrupt = [&](const std::string& where, const Json& value) {
    Json bad = good;
    bad[Json::json_pointer(where)] = value;
    CountWindows target(correlation_of(counting("{gte: 3}")));
    const auto done = target.restore(bad);
    ASSERT_FALSE(done) << where << value;
    EXPECT_EQ(done.error().code, Errc::corrupt) << where << value;
    EXPECT_EQ(target.groups(), 0U);
  };
  corrupt("/groups", 5);
  corrupt("/groups/0", 5);
  corrupt("/groups/0/group", "a");
  corrupt("/groups/0/group/0", 5);
  corrupt("/groups/0/events", Json::array());
  corrupt("/groups/0/events/0", 5);
  corrupt("/groups/0/events/0/0", "x");
  corrupt("/groups/0/events/0/0", 0);
  corrupt("/groups/0/events/0/0", "99999999999999999999");
  corrupt("/groups/0/events/0/1", 5);
  corrupt("/groups/0/events/0/2", "-1");
  corrupt("/groups/0/events/1", good["groups"][0]["events"][0]);
  corrupt("/groups/0/fired", 5);
  corrupt("/groups/0/whole_after", 5);
  corrupt("/gone", 5);
  corrupt("/gone", Json::array({5}));
  CountWindows target(correlation_of(counting("{gte: 3}")));
  EXPECT_EQ(target.restore(Json::parse("[]")).error().code, Errc::corrupt);
  EXPECT_EQ(target.restore(Json::object()).error().code, Errc::corrupt);
}

/// Feeds JSON events of sshd, one a second, and tells the titles that were found.
class Feed {
 public:
  explicit Feed(const std::string& text) : detector(rules_of(text)) {}
  std::string operator()(const std::string& json) {
    const Json body = Json::parse(json);
    const Event event(body, {{"", "linux", "sshd"}});
    std::string said;
    ++second_;
    for (const Detection& d : detector.feed(event, at(std::chrono::seconds(second_), second_), Mode::auto_)) {
      said += d.header->title;
      for (const auto& [field, value] : d.group) said += " " + field + "=" + value;
      said += " by " + d.header->authors.front() + ";";
    }
    return said;
  }
  Detector detector;

 private:
  std::uint64_t second_{0};
};

TEST(SigmaDetector, RulesOfACorrelationAreSilentUnlessAskedFor) {
  Feed quiet(failed_login + "---\n" + counting("{gte: 2}"));
  const std::string event = R"({"type": "failed", "ip": "192.0.2.1"})";
  EXPECT_EQ(quiet(event), "");
  EXPECT_EQ(quiet(event), "Many ip=192.0.2.1 by Bo Example;");
  EXPECT_EQ(quiet(R"({"type": "other", "ip": "192.0.2.1"})"), "");
  Feed loud(failed_login + "---\n" + counting("{gte: 2}", "  generate: true\n"));
  EXPECT_EQ(loud(event), "Failed login by Ann Example;");
  EXPECT_EQ(loud(event), "Failed login by Ann Example;Many ip=192.0.2.1 by Bo Example;");
  Feed alone(failed_login);
  EXPECT_EQ(alone(event), "Failed login by Ann Example;");
}

TEST(SigmaDetector, AliasesGroupByTheFieldOfEachRule) {
  std::string other = failed_login;
  other.replace(other.find("name: failed"), 12, "name: denied");
  other.replace(other.find("type: failed"), 12, "type: denied");
  Feed feed(failed_login + "---\n" + other + "---\n" +
            correlation_text("  type: event_count\n  rules: [failed, denied]\n  group-by: [who]\n  timespan: 10s\n"
                             "  condition: {gte: 2}\n  aliases: {who: {failed: user, denied: account}}\n"));
  EXPECT_EQ(feed(R"({"type": "failed", "user": "u", "account": "x"})"), "");
  EXPECT_EQ(feed(R"({"type": "denied", "user": "x", "account": "u"})"), "Many who=u by Bo Example;");
  EXPECT_EQ(feed(R"({"type": "denied", "user": "x"})"), "");
  EXPECT_EQ(feed.detector.counters().ungrouped, 1U);
}

TEST(SigmaDetector, AnEventThatTwoRulesFindCountsOnce) {
  std::string other = failed_login;
  other.replace(other.find("name: failed"), 12, "name: again");
  Feed feed(failed_login + "---\n" + other + "---\n" +
            correlation_text("  type: event_count\n  rules: [failed, again]\n  group-by: [ip]\n  timespan: 10s\n"
                             "  condition: {gte: 2}\n"));
  EXPECT_EQ(feed(R"({"type": "failed", "ip": "a"})"), "");
  EXPECT_EQ(feed(R"({"type": "failed", "ip": "a"})"), "Many ip=a by Bo Example;");
}

TEST(SigmaDetector, LongGroupValuesAreCutAndToldApart) {
  Feed feed(failed_login + "---\n" + counting("{gte: 2}"));
  const std::string text(5000, 'x');
  EXPECT_EQ(feed(R"({"type": "failed", "ip": ")" + text + R"("})"), "");
  EXPECT_EQ(feed(R"({"type": "failed", "ip": ")" + text + R"(y"})"), "");
  const std::string said = feed(R"({"type": "failed", "ip": ")" + text + R"("})");
  EXPECT_NE(said.find(" sha256:"), std::string::npos);
  EXPECT_LT(said.size(), 500U);
}

TEST(SigmaDetector, SnapshotsNameWhatStartsEmpty) {
  Feed one(failed_login + "---\n" + counting("{gte: 2}"));
  EXPECT_EQ(one(R"({"type": "failed", "ip": "a"})"), "");
  const Json snapshot = one.detector.take_changes();
  Feed same(failed_login + "---\n" + counting("{gte: 2}"));
  EXPECT_TRUE(same.detector.restore(snapshot).value().empty());
  EXPECT_EQ(same.detector.counters().events, 1U);
  Feed changed(failed_login + "---\n" + counting("{gte: 3}"));
  EXPECT_EQ(changed.detector.restore(snapshot).value(), std::vector<std::string>{"many"});
  EXPECT_EQ(changed.detector.counters().events, 0U);
  Feed without(failed_login);
  EXPECT_EQ(without.detector.restore(snapshot).value(), std::vector<std::string>{"many"});
  EXPECT_EQ(same.detector.restore(Json::parse(R"({"many": 5})")).error().code, Errc::corrupt);
  EXPECT_EQ(same.detector.restore(Json::parse("5")).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace aright::detect::sigma
