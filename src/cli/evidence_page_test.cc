// The page says what the entries say: who decided and over whose heads, which guards were in force, what was not done.
#include "cli/evidence_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Json entry(std::uint64_t seq, Json fields) {
  fields["run"] = 7;
  fields["seq"] = seq;
  fields["at"] = "2026-11-25T00:00:00Z";
  return {{"seq", seq}, {"bytes", fields.dump()}};
}

Json step_of(const char* resource, const char* state) {
  return {{"resource", resource},        {"state", state}, {"before", {{"id", ""}}}, {"after", {{"id", ""}}},
          {"difference", Json::array()}, {"outcome", ""}};
}

Json pack_of(Json entries, Json steps, const Json& guards = Json::object()) {
  const Json run{{"id", 7},
                 {"state", "succeeded"},
                 {"control", "a"},
                 {"subject", "file:/etc/a"},
                 {"version", "v"},
                 {"control_hash", "c"},
                 {"decided_by", "root (review 9)"},
                 {"created_at", "2026-11-25T00:00:00Z"},
                 {"steps", std::move(steps)}};
  const Json version{{"hash", "v"}, {"kind", "workflow"}, {"doc", Json{{"guards", guards}}.dump()}};
  Json pack{{"entries", std::move(entries)}, {"erased", Json::object()}, {"tree_size", 9}, {"checkpoint", "note\n"}};
  for (const char* none : {"contents", "kept_back", "gone", "findings", "waivers"}) pack[none] = Json::array();
  pack["runs"] = Json::array({run});
  pack["definitions"] = Json::array({version});
  return pack;
}

TEST(EvidencePage, SaysThatNobodyWhoIsAskedHasSaidYes) {
  Json entries = Json::array(
      {entry(1, {{"kind", "review.opened"}, {"review", 9}, {"team", "web"}, {"quorum", 2}, {"guard", "mode"}}),
       entry(2, {{"kind", "review.approved"},
                 {"review", 9},
                 {"by", "root"},
                 {"team", "web"},
                 {"quorum", 2},
                 {"editors", {"games"}},
                 {"break_glass", true}}),
       entry(3, {{"kind", "review.decided"},
                 {"review", 9},
                 {"by", "root"},
                 {"decision", "approved"},
                 {"approvers", {"root"}},
                 {"quorum", 2},
                 {"break_glass", true}})});
  const std::string page = evidence_page(pack_of(entries, Json::array()));
  EXPECT_THAT(page, HasSubstr("<th>decided by</th><td>root (review 9), alone, by break-glass; team web, quorum 2; "
                              "changed by games</td>"));
  EXPECT_THAT(page, HasSubstr("<th>alone</th><td>root, by break-glass</td>"));
  EXPECT_THAT(page, HasSubstr("by: root; decision: approved; quorum: 2; approvers: root; alone, by break-glass"));
}

TEST(EvidencePage, SaysNothingOfTheKindOfAMember) {
  Json entries =
      Json::array({entry(1, {{"kind", "review.opened"}, {"review", 9}, {"team", "web"}, {"quorum", 1}}),
                   entry(2, {{"kind", "review.decided"}, {"review", 9}, {"by", "root"}, {"decision", "approved"}})});
  const std::string page = evidence_page(pack_of(entries, Json::array()));
  EXPECT_THAT(page, HasSubstr("<th>decided by</th><td>root (review 9); team web, quorum 1</td>"));
  EXPECT_THAT(page, Not(HasSubstr("break-glass")));
}

TEST(EvidencePage, SaysThatAGuardIsOff) {
  const Json off{{"oscillation", {{"returns", 0}, {"within_ms", 86400000}}}};
  EXPECT_THAT(evidence_page(pack_of(Json::array(), Json::array(), off)), HasSubstr("oscillation: off<"));
  const Json on{{"oscillation", {{"returns", 3}, {"within_ms", 86400000}}}};
  EXPECT_THAT(evidence_page(pack_of(Json::array(), Json::array(), on)), HasSubstr("oscillation: returns 3, within 1d"));
}

TEST(EvidencePage, SaysOfAStepThatWasLeftOutThatItWasNotDone) {
  const std::string page = evidence_page(pack_of(Json::array(), Json::array({step_of("exec:/bin/true", "skipped")})));
  EXPECT_THAT(page, HasSubstr("<h3>exec:/bin/true: skipped</h3>\n<p>Not done.</p>"));
  EXPECT_THAT(page, Not(HasSubstr("kept back")));
}

TEST(EvidencePage, OfAFileThatIsKeptBackItSaysWhatTheEntrySays) {
  Json made = step_of("file:/etc/a", "verified");
  const std::string id = "aa";
  made["before"] = {{"id", "bb"}, {"size", 16}};
  made["after"] = {{"id", id}, {"size", 60}};
  made["difference"] = Json::array({{{"op", "replace"}, {"path", "/exists"}, {"value", true}},
                                    {{"op", "add"}, {"path", "/mode"}, {"value", "0600"}},
                                    {{"op", "add"}, {"path", "/content"}, {"value", nullptr}}});
  Json pack = pack_of(Json::array(), Json::array({made}));
  pack["contents"] = Json::array({{{"id", "bb"}, {"bytes", "eyJleGlzdHMiOmZhbHNlfQ=="}}});  // {"exists":false}
  pack["kept_back"] = Json::array({id});
  const std::string page = evidence_page(pack);
  EXPECT_THAT(page, HasSubstr("replace /exists true\n"));
  EXPECT_THAT(page, HasSubstr("add     /mode &quot;0600&quot;\n"));
  EXPECT_THAT(page, HasSubstr("add     /content (kept back)\n"));
  EXPECT_THAT(page, Not(HasSubstr("false → -")));
}

}  // namespace
}  // namespace aright::cli
