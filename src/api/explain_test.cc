// What the history adds to an explanation: the event of a finding, the run that ended, and what is honestly not known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/api.h"
#include "model/intake.h"

namespace aright::api {
namespace {

using testing::HasSubstr;

const Json told_event{{"source", "hook"},
                      {"offset", 4},
                      {"time", "2026-11-25T00:00:00Z"},
                      {"log_sources", Json::array()},
                      {"data", R"({"host":"web1","action":"deleted"})"},
                      {"outsider", {{{"name", "host"}, {"type", "text"}}}}};

class ToldOperators final : public engine::Operators {
 public:
  std::future<Result<Json>> submit(engine::Command command, engine::Identity /*who*/) override {
    std::promise<Result<Json>> promise;
    const auto* question = std::get_if<engine::Explain>(&command);
    const auto* event = std::get_if<engine::ExplainEvent>(&command);
    asked = question != nullptr ? question->subject : event != nullptr ? event->event.data.dump() : "";
    if (event != nullptr) named = event->named;
    promise.set_value(Json{{"subject", asked}, {"sentences", {"said by the engine"}}, {"controls", controls}});
    return promise.get_future();
  }
  engine::Status status() const override {
    engine::Status status;
    status.entries = 2;
    return status;
  }
  Json intakes() const override {
    Intake intake;
    intake.source = "hook";
    intake.lanes = {{"hook", 0, 20, {}, 0, {}}};
    intake.kept = {{"hook", 7, "not JSON", 3, "c0ffee", "{x"}};
    return Json::array({intake.to_json()});
  }
  Json definitions() const override {
    return {
        {"controls", {{{"control", "deleted"}, {"title", "Gone"}, {"rule_id", "r-1"}, {"authors", {"A. Author"}}}}}};
  }
  std::string asked;
  std::set<std::string> named;
  Json controls{Json::object()};  ///< some
};

class ToldHistory final : public History {
 public:
  Json finding{{"id", "f-1"},
               {"control", "deleted"},
               {"subject", "host=web1"},
               {"state", "open"},
               {"source", "hook"},
               {"offset", 6},
               {"differs", {"selection"}},
               {"occurrences", 1},
               {"evidence", {{"id", "b1"}, {"size", 9}}}};
  Json run{{"id", 3},           {"workflow", "react"}, {"subject", "host=web1"},
           {"state", "failed"}, {"finding", "f-1"},    {"reason", "it said no"}};
  Result<Page> page(const PageRequest& request) override {
    if (request.table == "run") return Page{{{"run", "3", false, run.dump()}}, 0};
    if (request.only_open != is_old) return Page{};
    return Page{{{"finding", "f-1", true, finding.dump()}}, 0};
  }
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override {
    if (table == "run") return std::optional<Row>({table, id, false, run.dump()});
    if (id == "f-2" && second) return std::optional<Row>({table, id, false, second->dump()});
    if (id != "f-1") return std::optional<Row>();
    return std::optional<Row>({table, id, true, finding.dump()});
  }
  Result<std::vector<Entry>> entries_of_run(std::uint64_t, std::uint32_t) override { return std::vector<Entry>{}; }
  Result<std::vector<Entry>> entries(std::uint64_t first, std::uint32_t) override {
    if (first > 1) return std::vector<Entry>{};
    if (!told.empty()) return told;
    return std::vector<Entry>{{1, 0, R"({"finding":"f-1","kind":"finding.occurred","offset":5,"source":"hook"})"}};
  }
  Result<std::vector<Digest>> leaves(std::uint64_t, std::uint64_t) override { return std::vector<Digest>{}; }
  Result<std::optional<Checkpoint>> newest_checkpoint() override { return std::optional<Checkpoint>(); }
  Result<std::optional<Blob>> blob(const std::string& id) override {
    if (id != "b1" || erased) return std::optional<Blob>();
    Blob blob;
    blob.bytes = told_event.dump();
    return std::optional<Blob>(std::move(blob));
  }
  bool erased{false};
  bool is_old{false};          ///< the first is open, and not among the newest
  std::optional<Json> second;  ///< that only entries name
  std::vector<Entry> told;     ///< none: an occurrence at 5
};

class ExplainAnswers : public testing::Test {
 protected:
  http::Response ask(const std::string& about) {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/explain";
    request.body = Json{{"about", about}}.dump();
    request.peer = http::Peer{};
    return api_.local(request);
  }
  std::string first(const std::string& about) {
    const auto answer = ask(about);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return Json::parse(answer.body)["sentences"][0].get<std::string>();
  }
  std::string refusal(const std::string& about) {
    const auto answer = ask(about);
    EXPECT_EQ(answer.status, 404U) << answer.body;
    return Json::parse(answer.body)["detail"].get<std::string>();
  }
  ToldOperators operators_;
  ToldHistory history_;
  Result<ReadAgain> again_ = fail(Errc::not_found, "delivery 9 is not in the spool any more");
  std::uint64_t again_at_{0};
  Api api_{operators_,
           history_,
           [](std::uint64_t) -> Result<Json> { return Json(); },
           [] { return std::vector<std::pair<std::string, http::ServerFigures>>(); },
           [](const engine::Identity&) -> Result<Json> { return Json(); },
           [] { return Json::array(); },
           [](const std::string&, std::optional<std::uint64_t>) { return Json(); },
           [this](const std::string& source, const EventPlace& place) {
             EXPECT_EQ(source, "hook");
             again_at_ = place.offset;
             return again_;
           },
           [] { return WatchView(); },
           [] { return std::vector<WitnessView>(); }};
};

TEST_F(ExplainAnswers, AnEventByTheFindingItOpenedAndTheRun) {
  const auto answer = Json::parse(ask("hook:4").body);
  EXPECT_EQ(answer["sentences"][0],
            "event hook:4 opened finding f-1 of control deleted on host=web1, matched by selection; it is open");
  EXPECT_EQ(answer["sentences"][1], "run 3 of workflow react on host=web1: failed: it said no");
  EXPECT_EQ(answer["sentences"][2], "said by the engine");
  EXPECT_EQ(operators_.asked, "host=web1");
  EXPECT_EQ(answer["event"]["findings"][0]["event"]["data"]["host"], "web1");
}

TEST_F(ExplainAnswers, ALaterEventIsAnOccurrence) {
  history_.finding["occurrences"] = 3;
  EXPECT_THAT(first("hook:5"), HasSubstr("event hook:5 is an occurrence of finding f-1")) << "an entry names it";
  EXPECT_THAT(first("hook:6"), HasSubstr("is an occurrence of")) << "the last one";
  history_.erased = true;
  EXPECT_THAT(refusal("hook:4"), HasSubstr("no finding names it"));
}

Entry entry_of(const Json& doc) { return {doc.at("seq").get<std::uint64_t>(), 0, doc.dump()}; }

TEST_F(ExplainAnswers, WhatEachEventMatchedIsOfThatEvent) {
  const auto entry = [](std::uint64_t seq, const char* kind, std::uint64_t offset, const char* matched,
                        std::uint64_t count) {
    return Json{{"seq", seq},       {"kind", kind},         {"finding", "f-1"}, {"source", "hook"},
                {"offset", offset}, {"differs", {matched}}, {"count", count}};
  };
  history_.finding["occurrences"] = 4;
  Json opened = entry(0, "finding.opened", 5, "s1", 2);
  opened["evidence"] = {{"id", "b1"}, {"size", 9}};
  history_.told = {entry_of(opened), entry_of(entry(1, "finding.occurred", 6, "s2", 1))};
  EXPECT_THAT(first("hook:4"), HasSubstr("opened finding f-1 of control deleted on host=web1, matched by s1; "));
  EXPECT_THAT(first("hook:6"), HasSubstr("is an occurrence of finding f-1 of control deleted on host=web1, matched by "
                                         "s2; "));
  EXPECT_THAT(first("hook:5"), HasSubstr("on host=web1; it is open"))
      << "only the first of what was read at once is kept";
  EXPECT_TRUE(Json::parse(ask("hook:5").body)["event"]["findings"][0]["differs"].is_null());
  EXPECT_EQ(Json::parse(ask("hook:4").body)["event"]["findings"][0]["differs"], Json::array({"s1"}));
  history_.finding["control"] = "malformed-event";
  history_.told.push_back(entry_of(entry(1, "finding.occurred", 7, "another reason", 3)));
  EXPECT_THAT(first("hook:7"), HasSubstr("matched by not JSON; ")) << "as its source keeps it";
}

TEST_F(ExplainAnswers, AnOpenFindingIsFoundByItsNewestEvent) {
  history_.is_old = true;
  EXPECT_THAT(first("hook:6"), HasSubstr("finding f-1 of control deleted on host=web1"));
}

TEST_F(ExplainAnswers, EachFindingsSubjectIsExplainedAndWhatTheOthersSay) {
  history_.second = history_.finding;
  (*history_.second)["id"] = "f-2";
  (*history_.second)["subject"] = "host=web2";
  (*history_.second)["state"] = "resolved";
  (*history_.second)["offset"] = 1;
  history_.second->erase("evidence");
  history_.told = {
      entry_of({{"seq", 1}, {"kind", "finding.resolved"}, {"finding", "f-2"}, {"source", "hook"}, {"offset", 4}})};
  again_ = ReadAgain{Event{"hook", 4, {}, {}, {{"host", "web1"}}, {}}, {}};
  const auto answer = Json::parse(ask("hook:4").body);
  const std::string said = answer["sentences"].dump();
  EXPECT_THAT(said, HasSubstr("event hook:4 opened finding f-1 of control deleted on host=web1"));
  EXPECT_THAT(said, HasSubstr("event hook:4 ended finding f-2 of control deleted on host=web2; it is resolved"));
  EXPECT_THAT(said, HasSubstr("on host=web1: said by the engine"));
  EXPECT_THAT(said, HasSubstr("on host=web2: said by the engine"));
  EXPECT_EQ(answer["others"][0]["subject"], "host=web2");
  EXPECT_EQ(answer["sentences"].back(), "said by the engine") << "of the other controls";
  EXPECT_EQ(operators_.named, (std::set<std::string>{"deleted host=web1", "deleted host=web2"}));
}

TEST_F(ExplainAnswers, WhatNothingInForceKnowsIsToldFromWhatWas) {
  operators_.controls = Json::array();
  history_.finding["state"] = "dismissed";
  history_.finding["resolved_by"] = "control removed";
  history_.run["state"] = "succeeded";
  const auto answer = Json::parse(ask("host=web1").body);
  EXPECT_EQ(answer["sentences"][0], "finding f-1 of control deleted is dismissed: control removed");
  EXPECT_EQ(answer["sentences"][1], "run 3 of workflow react on host=web1: succeeded: it said no");
  EXPECT_EQ(answer["sentences"][2], "said by the engine");
  EXPECT_EQ(Json::parse(ask("host=web2").body)["sentences"][0], "said by the engine");
}

TEST_F(ExplainAnswers, WhatIsNotKnownIsSaid) {
  EXPECT_THAT(first("hook:7"), HasSubstr("kept aside as malformed: not JSON"));
  EXPECT_THAT(refusal("hook:9"), HasSubstr("not to be had again: delivery 9 is not in the spool any more"));
  EXPECT_EQ(again_at_, 9U);
  EXPECT_THAT(refusal("hook:20"), HasSubstr("has not been read yet"));
  EXPECT_THAT(refusal("hook:/part:9"), HasSubstr("its events are named as hook:OFFSET"));
  EXPECT_THAT(refusal("other:9"), HasSubstr("no source other"));
}

TEST_F(ExplainAnswers, AnEventWithoutAFindingIsReadAgain) {
  again_ = ReadAgain{std::nullopt, "it is an empty line"};
  EXPECT_EQ(first("hook:9"), "hook:9 is no event, so no control sees it: it is an empty line");
  again_ = ReadAgain{Event{"hook", 9, {}, {}, {{"host", "web1"}}, {}}, {}};
  const auto answer = Json::parse(ask("hook:9").body);
  EXPECT_THAT(answer["sentences"][0].get<std::string>(), HasSubstr("no finding names it"));
  EXPECT_EQ(answer["sentences"][1], "said by the engine");
  EXPECT_EQ(operators_.asked, R"({"host":"web1"})");
  EXPECT_EQ(answer["event"]["data"]["host"], "web1");
  EXPECT_EQ(answer["event"]["read_again"], true);
}

TEST_F(ExplainAnswers, ARunSaysHowItEnded) {
  EXPECT_EQ(first("3"), "run 3 of workflow react on host=web1: failed: it said no");
  EXPECT_EQ(first("host=web1"), "run 3 of workflow react on host=web1: failed: it said no");
  EXPECT_EQ(first("f-1"), "run 3 of workflow react on host=web1: failed: it said no");
  EXPECT_EQ(first("/etc/motd:12"), "said by the engine") << "a path";
}

TEST_F(ExplainAnswers, WhatHasPutASubjectRightIsTold) {
  history_.run["state"] = "succeeded";
  history_.run["finished_at"] = "2026-11-25T00:00:01Z";
  history_.run["reason"] = "";
  history_.finding["state"] = "resolved";
  history_.finding["resolved_by"] = "run 3";
  EXPECT_EQ(first("host=web1"),
            "run 3 of workflow react on host=web1: succeeded at 2026-11-25T00:00:01Z; it answered finding f-1 of "
            "control deleted (selection), which is resolved: run 3");
  operators_.controls = Json::array({{{"control", "deleted"}, {"finding", {{"id", "f-2"}}}}});
  EXPECT_EQ(first("host=web1"), "said by the engine") << "it is wrong again";
}

TEST_F(ExplainAnswers, AFindingIsShownWithItsEventAndItsRule) {
  http::Request request;
  request.method = "GET";
  request.path = "/v1/findings/f-1";
  const Json doc = Json::parse(api_.local(request).body);
  EXPECT_EQ(doc["event"]["data"]["action"], "deleted");
  EXPECT_EQ(doc["rule"], Json({{"title", "Gone"}, {"rule_id", "r-1"}, {"authors", {"A. Author"}}}));
}

}  // namespace
}  // namespace aright::api
