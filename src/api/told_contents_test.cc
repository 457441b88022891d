// What the log names of one subject, also what no row names any more.
#include "api/told_contents.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace aright::api {
namespace {

/// A log that is said entry by entry, and whose rows are those whose ids are named.
class ToldLog final : public History {
 public:
  void say(Json entry) {
    const std::uint64_t run = entry.value("run", std::uint64_t{0});
    log_.push_back({log_.size(), run, entry.dump()});
  }
  Result<Page> page(const PageRequest&) override { return Page{}; }
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override {
    if (!rows.contains(table + " " + id)) return std::optional<Row>();
    return std::optional<Row>({table, id, false, "{}"});
  }
  Result<std::vector<Entry>> entries_of_run(std::uint64_t run, std::uint32_t limit) override {
    std::vector<Entry> list;
    for (const Entry& entry : log_) {
      if (entry.run == run && list.size() < limit) list.push_back(entry);
    }
    return list;
  }
  Result<std::vector<Entry>> entries(std::uint64_t first, std::uint32_t) override {
    if (first >= log_.size()) return std::vector<Entry>{};
    return std::vector<Entry>{log_[first]};  // part after part
  }
  Result<std::vector<Digest>> leaves(std::uint64_t, std::uint64_t) override { return std::vector<Digest>{}; }
  Result<std::optional<Checkpoint>> newest_checkpoint() override { return std::optional<Checkpoint>(); }
  Result<std::optional<Blob>> blob(const std::string&) override { return std::optional<Blob>(); }

  std::set<std::string> rows{"run 000000000001", "run 000000000002", "finding a#1"};

 private:
  std::vector<Entry> log_;
};

Json named(const std::string& id) { return {{"id", id}, {"size", 3}}; }

Json planned(std::uint64_t run, std::uint64_t step, const std::string& resource, const std::string& id,
             Json difference = Json::array()) {
  return {{"kind", "step.planned"},
          {"run", run},
          {"step", step},
          {"plan",
           {{"resource", resource},
            {"before", named(id + "-before")},
            {"after", named(id + "-after")},
            {"difference", std::move(difference)}}}};
}

Json created(std::uint64_t run, const std::string& subject, const std::string& workflow) {
  return {{"kind", "run.created"},
          {"run", run},
          {"subject", subject},
          {"workflow", workflow},
          {"control", "of-" + workflow}};
}

std::set<std::string> both(std::initializer_list<const char*> ids) {
  std::set<std::string> all;
  for (const std::string id : ids) all.insert({id + "-before", id + "-after"});
  return all;
}

TEST(ToldContents, EveryPlanOfARunCountsNotTheLastAlone) {
  ToldLog log;
  log.say({{"kind", "finding.opened"},
           {"finding", "a#1"},
           {"control", "a"},
           {"subject", "file:/a"},
           {"evidence", named("event")}});
  log.say(created(1, "file:/a", "restore"));
  log.say(planned(1, 0, "file:/a", "first", {{{"op", "replace"}, {"value", "x"}}}));
  log.say({{"kind", "review.approved"}, {"run", 1}});
  log.say(planned(1, 0, "file:/a", "second", {{{"op", "replace"}, {"value", "x"}}}));
  log.say({{"kind", "step.failed"}, {"run", 1}, {"step", 1}, {"ran", {{"exit", 1}, {"output", named("wrote")}}}});
  log.say(created(2, "file:/b", "other"));
  log.say(planned(2, 0, "file:/b", "of-another"));
  const auto told = told_contents(log, "file:/a");
  ASSERT_TRUE(told) << told.error().message;
  auto all = both({"first", "second"});
  all.insert({"event", "wrote"});
  EXPECT_EQ(told->contents, all);
  EXPECT_EQ(told->told, 2U);
  EXPECT_EQ(told->workflows, std::set<std::string>{"restore"});
  EXPECT_EQ(told->controls, (std::set<std::string>{"a", "of-restore"}));
}

TEST(ToldContents, TheEventThatTookTheOthersPlaceCountsToo) {
  ToldLog log;
  const auto finding = [&](const char* kind, const char* event) {
    log.say({{"kind", kind}, {"finding", "a#1"}, {"control", "a"}, {"subject", "host=a"}, {"evidence", named(event)}});
  };
  finding("finding.opened", "unsigned");
  finding("finding.occurred", "signed");
  const auto told = told_contents(log, "host=a");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->contents, (std::set<std::string>{"unsigned", "signed"}));
  EXPECT_EQ(told->controls, std::set<std::string>{"a"});
}

TEST(ToldContents, AStepOfAnotherRunCountsWhileItIsOnTheSubject) {
  ToldLog log;
  log.say(created(2, "file:/b", "other"));
  log.say(planned(2, 0, "file:/b", "not-on-it"));
  log.say(planned(2, 1, "file:/a", "first"));
  log.say({{"kind", "step.applied"}, {"run", 2}, {"step", 1}, {"seen", named("found")}});
  log.say({{"kind", "step.applied"}, {"run", 2}, {"step", 0}, {"seen", named("not-on-it-found")}});
  log.say(planned(2, 1, "file:/c", "elsewhere"));
  log.say({{"kind", "step.applied"}, {"run", 2}, {"step", 1}, {"seen", named("elsewhere-found")}});
  const auto told = told_contents(log, "file:/a");
  ASSERT_TRUE(told) << told.error().message;
  auto all = both({"first"});
  all.insert("found");
  EXPECT_EQ(told->contents, all);
  EXPECT_EQ(told->workflows, std::set<std::string>{"other"}) << "its owner is asked too";
  EXPECT_TRUE(told_contents(log, "file:/ab")->contents.empty()) << "a name that begins with it is another";
}

TEST(ToldContents, AnEntryTellsWhenItHasAValueOrIsAMessage) {
  ToldLog log;
  log.say({{"kind", "finding.opened"}, {"finding", "a#1"}, {"control", "a"}, {"subject", "file:/a"}});
  log.say(created(1, "file:/a", "restore"));
  const Json kept_back = {{{"op", "replace"}, {"path", "/content/0"}, {"value", nullptr}}};
  log.say(planned(1, 0, "file:/a", "first", kept_back));
  log.say({{"kind", "step.intended"}, {"run", 1}, {"step", 0}, {"arguments_omitted", 2}});
  log.say(created(2, "file:/b", "other"));
  log.say({{"kind", "notification.queued"}, {"run", 2}, {"text", "of another"}});
  EXPECT_EQ(told_contents(log, "file:/a")->told, 0U);
  EXPECT_FALSE(told_contents(log, "file:/a")->folded);
  log.say(
      {{"kind", "finding.opened"}, {"finding", "a#2"}, {"control", "a"}, {"subject", "file:/a"}, {"title", "Alas"}});
  log.say({{"kind", "notification.queued"}, {"run", 1}, {"text", "without its name"}});
  log.say({{"kind", "notification.folded"}, {"run", 1}, {"title", "Alas"}});
  log.say({{"kind", "step.intended"}, {"run", 1}, {"step", 0}, {"arguments", {"/bin/echo", "x"}}});
  log.say({{"kind", "step.confirming"}, {"run", 1}, {"step", 0}, {"method", "GET"}, {"url", "http://a/x"}});
  log.say(planned(2, 0, "file:/a", "beside", {{{"op", "replace"}, {"path", "/mode"}, {"value", "0644"}}}));
  const auto told = told_contents(log, "file:/a");
  EXPECT_EQ(told->told, 6U);
  EXPECT_TRUE(told->folded);
  EXPECT_EQ(told->runs, (std::set<std::uint64_t>{1, 2}));
}

TEST(ToldContents, WhoseRowsHaveGoneIsNotAsked) {
  ToldLog log;
  log.rows.clear();
  log.say({{"kind", "finding.opened"}, {"finding", "a#1"}, {"control", "a"}, {"subject", "file:/a"}});
  log.say(created(1, "file:/a", "restore"));
  log.say(planned(1, 0, "file:/a", "first"));
  const auto told = told_contents(log, "file:/a");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->contents, both({"first"}));
  EXPECT_TRUE(told->workflows.empty());
  EXPECT_TRUE(told->controls.empty());
}

}  // namespace
}  // namespace aright::api
