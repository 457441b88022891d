// What people read: columns, runs, and text that cannot play with a terminal.
#include "cli/show.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/show_change.h"
#include "cli/terminal_text.h"
#include "cli/yaml_text.h"

namespace aright::cli {
namespace {

TEST(TerminalText, LeavesNothingThatMovesOrColours) {
  EXPECT_EQ(safe("plain äöü 漢字"), "plain äöü 漢字");
  EXPECT_EQ(safe("\x1b[31mred\n"), "\\x1b[31mred\\x0a");
  EXPECT_EQ(safe("\xc2\x9b"
                 "31m"),
            "\\u{9b}31m");
  EXPECT_EQ(safe("a\xe2\x80\xae"
                 "b"),
            "a\\u{202e}b");
  EXPECT_EQ(safe("one\u2028two\u200Bthree"), "one\\u{2028}two\\u{200b}three");
  EXPECT_EQ(safe("\xff"
                 "a\xc3"),
            "\\xffa\\xc3");
  EXPECT_EQ(safe(std::string_view("\0", 1)), "\\x00");
}

TEST(TerminalText, ShowsWhatIsNoCharacter) {
  EXPECT_EQ(safe("a\uFFFEb\uFFFF"), "a\\u{fffe}b\\u{ffff}");
  EXPECT_EQ(safe("\U0001FFFE\uFDD0\uFFFD"), "\\u{1fffe}\\u{fdd0}\uFFFD");
}

TEST(YamlText, HoldsAnyTextAndNothingThatAReaderRefuses) {
  EXPECT_EQ(yaml_quoted("plain ü 🙂"), "\"plain ü 🙂\"");
  EXPECT_EQ(yaml_quoted("\"\\\n\t\r"), "\"\\\"\\\\\\n\\t\\x0D\"");
  EXPECT_EQ(yaml_quoted("a\uFFFE\uFFFF\x7F\u0085\u2028\uFEFF"), "\"a\\uFFFE\\uFFFF\\x7F\\x85\\u2028\\uFEFF\"");
  EXPECT_EQ(yaml_quoted("\U0001FFFE"), "\"\\U0001FFFE\"");
  EXPECT_EQ(yaml_quoted("a\xff"
                        "b"),
            "\"a\uFFFDb\"");
  EXPECT_EQ(yaml_quoted(std::string(1, '\0')), "\"\\x00\"");
}

TEST(YamlText, LaysOutWhatItIsGiven) {
  const Json doc{{"a", 1},
                 {"empty", Json::array()},
                 {"list", {{{"x", "y"}, {"z", nullptr}}, "b", {1, 2.5}}},
                 {"map", {{"no", true}, {"with space", Json::object()}}}};
  EXPECT_EQ(as_yaml(doc),
            "a: 1\nempty: []\nlist:\n  - x: \"y\"\n    z: null\n  - \"b\"\n  - - 1\n    - 2.5\n"
            "map:\n  \"no\": true\n  \"with space\": {}\n");
  EXPECT_EQ(as_yaml(Json{{std::string(2000, 'k'), Json{1}}}), "? " + std::string(2000, 'k') + "\n:\n  - 1\n");
  EXPECT_EQ(as_yaml("x"), "\"x\"\n");
}

TEST(TerminalText, CountsCharactersNotBytes) { EXPECT_EQ(columns_of("aäb"), 3U); }

TEST(ShowList, AlignsByCharactersAndSaysWhenThereIsNothing) {
  const Json docs = Json::array({{{"a", "ä"}, {"b", 1}}, {{"a", "long"}, {"b", nullptr}}});
  const Columns columns{{"A", "a"}, {"B", "b"}};
  EXPECT_EQ(show_list(docs, columns, Format::table, "none"), "A     B\nä     1\nlong  -\n");
  EXPECT_EQ(show_list(Json::array(), columns, Format::table, "none"), "none\n");
  EXPECT_EQ(parse_json(show_list(docs, columns, Format::json, "none")).value(), docs);
}

TEST(ShowChange, CutsALongLineAroundWhatDiffers) {
  const std::string same(900'000, 'x');
  const Json before{{"content", Json::array({"a", same + "old", ""})}};
  const Json after{{"content", Json::array({"a", same + "new", ""})}};
  const std::string shown = show_change(before, after, Json::array());
  EXPECT_LT(shown.size(), 2000U);
  EXPECT_NE(shown.find("xold (bytes 899921 to 900003 of a line of 900003)"), std::string::npos) << shown;
  EXPECT_NE(shown.find("xnew (bytes"), std::string::npos) << shown;
  const std::string wide = show_change({{"content", Json::array({"", ""})}},
                                       {{"content", Json::array({std::string(499, 'y') + "äz", ""})}}, Json::array());
  EXPECT_NE(wide.find("y… (bytes 1 to 499 of a line of 502)"), std::string::npos) << wide;
  const std::string whole = std::string(500, 'y');
  EXPECT_NE(
      show_change({{"content", nullptr}}, {{"content", Json::array({whole, ""})}}, Json::array()).find(whole + "\n"),
      std::string::npos);
}

TEST(ShowMore, NamesTheOneToGoOnFrom) {
  const Json docs = Json::array({{{"id", 9}}, {{"id", 8}}});
  EXPECT_EQ(show_more(0, docs), "");
  const std::string text = show_more(7, docs);
  EXPECT_NE(text.find("… 7 more not shown"), std::string::npos) << text;
  EXPECT_NE(text.find("--before 8"), std::string::npos) << text;
  EXPECT_NE(show_more(10'000, docs).find("… at least 10000 more not shown"), std::string::npos);
}

TEST(ShowList, YamlQuotesEveryText) {
  EXPECT_EQ(show_one({{"on", "no: 1"}, {"n", 2}}, Format::yaml), "\"n\": 2\n\"on\": \"no: 1\"\n");
  EXPECT_EQ(show_one({{"a", nullptr}, {"b", "null"}}, Format::yaml), "a: null\nb: \"null\"\n");
}

TEST(ShowList, AListInACellIsItsTexts) {
  EXPECT_EQ(cell(Json::array({"content", "mode"})), "content, mode");
  EXPECT_EQ(cell(Json::array()), "-");
  EXPECT_EQ(cell(Json::array({Json::object()})), "[{}]");
}

TEST(ShowFinding, HasTheEventWithWhatAnOutsiderWroteMarkedAndHarmless) {
  const Json event{{"source", "hook"},
                   {"offset", 4},
                   {"time", "2026-11-25T00:00:00Z"},
                   {"data", {{"action", "deleted"}, {"user", {{"name", "\x1b[2Jx"}}}, {"long", std::string(301, 'y')}}},
                   {"outsider", {{{"name", "user"}, {"type", "text"}}}}};
  const Json doc{{"id", "f-1"},
                 {"state", "open"},
                 {"evidence", {{"id", "aa"}, {"size", 9}}},
                 {"differs", {"selection"}},
                 {"event", event},
                 {"rule", {{"title", "Gone"}, {"rule_id", "r-1"}, {"authors", {"A. Author", "B."}}}}};
  const std::string text = show_finding(doc, Format::table);
  EXPECT_TRUE(text.starts_with("finding f-1  open\n")) << text;
  for (const char* line :
       {"  title       Gone\n", "  rule        r-1\n", "  authors     A. Author, B.\n", "  matched     selection\n",
        "\n  event hook:4  2026-11-25T00:00:00Z\n", "      action     deleted\n", "    * user.name  \\x1b[2Jx\n",
        "… (301 bytes)\n", "    * written by an outsider\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  Json again = doc;
  again["occurrences"] = 3;
  EXPECT_NE(show_finding(again, Format::table).find("  matched     selection  (one of them)\n"), std::string::npos)
      << "not what the event below, the first, matched";
}

Json run_that_wrote(const std::string& lines) {
  Json kept = Json::array();
  for (const char c : lines) kept.push_back(std::string(1, c));
  return {{"steps",
           {{{"resource", "exec:/bin/p"},
             {"state", "applied"},
             {"ran", {{"exit", 0}, {"output_total", 99}, {"written", {{"output", std::move(kept)}}}}}}}}};
}

TEST(ShowRun, HasTheFirstLinesOfWhatAProgramWroteAndAllIfAsked) {
  const Json run = run_that_wrote("abcdefg");
  const std::string few = show_run(run, Format::table);
  EXPECT_NE(few.find("    output  | a\n            | b\n"), std::string::npos) << few;
  EXPECT_NE(few.find("… 5 of 7 lines, 99 bytes in all; `--all-output` shows what is kept\n"), std::string::npos) << few;
  EXPECT_EQ(few.find("| f"), std::string::npos) << few;
  const std::string all = show_run_whole(run, Format::table);
  EXPECT_NE(all.find("| g\n            … 99 bytes in all, of which 13 are kept\n"), std::string::npos) << all;
}

/// A mask is shorter or longer than its secret, and both lengths together would tell it.
TEST(ShowRun, SaysOnlyOfWhatWasCutThatItWasAndNothingOfTheLengthOfASecret) {
  Json run{{"steps",
            {{{"resource", "call:POST https://a.example"},
              {"state", "failed"},
              {"after", {{"state", {{"url", "https://a.example"}, {"kept_max", 30U}}}}},
              {"ran",
               {{"status", 200},
                {"output_total", 30},
                {"written", {{"output", {"bad ‹secret tok› /e", "b", "c", "d", "e", "f"}}}}}}}}}};
  const std::string whole = show_run_whole(run, Format::table);
  EXPECT_NE(whole.find("| f\n    plan"), std::string::npos) << whole;
  EXPECT_EQ(whole.find("30"), std::string::npos) << whole;
  const std::string few = show_run(run, Format::table);
  EXPECT_NE(few.find("… 5 of 6 lines; `--all-output` shows what is kept\n"), std::string::npos) << few;
  run["steps"][0]["ran"]["output_total"] = 31;
  const std::string cut = show_run_whole(run, Format::table);
  EXPECT_NE(cut.find("| f\n            … and more, which is not kept\n"), std::string::npos) << cut;
  EXPECT_EQ(cut.find("31"), std::string::npos) << cut;
  run["steps"][0]["after"]["state"]["kept_max"] = 60U;
  run["steps"][0]["ran"]["output_total"] = 60;
  EXPECT_EQ(show_run_whole(run, Format::table).find("not kept"), std::string::npos) << "longer than its mask";
}

TEST(ShowRun, NamesTheSecretsThatAProgramGetsWhereverThePlanIsKnownFrom) {
  const std::string shown =
      "    argv    /bin/p\n    env     A=1\n    env     B=x‹secret tok›\n    input   ‹secret key›\n";
  const Json plan{{"arguments", {"/bin/p"}},
                  {"environment", {{"A", "1"}}},
                  {"secret_environment", {{"B", {{"secret", "tok"}, {"prefix", "x"}}}}},
                  {"input_secrets", {"key"}}};
  const Json step{{"resource", "exec:/bin/p"}, {"state", "planned"}};
  Json kept = step;
  kept["after"] = {{"state", plan}};
  Json told = step;
  for (const auto& [field, value] : plan.items()) {
    told["difference"].push_back({{"op", "add"}, {"path", "/" + field}, {"value", value}});
  }
  for (const Json& one : {kept, told}) {
    const std::string text = show_run_whole({{"steps", {one}}}, Format::table);
    EXPECT_NE(text.find(shown), std::string::npos) << text;
  }
}

TEST(ShowRun, KnowsOfProgramsThatLookHowMuchOfTheirsIsKept) {
  const Json ran{{"exit", 1}, {"output_total", 9}, {"written", {{"output", {"‹secret tok›"}}}}};
  const Json state{
      {"arguments", {"/bin/p"}}, {"output_max", 9U}, {"confirm", {{"arguments", {"/bin/l"}}, {"output_max", 8U}}}};
  const Json run{{"steps",
                  {{{"resource", "exec:/bin/p"},
                    {"state", "failed"},
                    {"after", {{"state", state}}},
                    {"ran", ran},
                    {"looked", ran}}}}};
  const std::string text = show_run_whole(run, Format::table);
  const auto cut = text.find("and more, which is not kept");
  ASSERT_NE(cut, std::string::npos) << text;
  EXPECT_EQ(cut, text.rfind("and more, which is not kept"));
  EXPECT_GT(cut, text.find("    looked")) << text;
}

TEST(ShowOne, HasALineForEachItemOfAList) {
  const Json doc{
      {"none", Json::array()},
      {"runs", {{"failed", 1}, {"succeeded", 3}}},
      {"unreadable", {{{"error", "no"}, {"subject", "file:/a"}}, {{"error", "\x1b"}, {"subject", "file:/b"}}}}};
  EXPECT_EQ(show_one(doc, Format::table),
            "none             -\n"
            "runs             failed 1, succeeded 3\n"
            "unreadable       error no, subject file:/a\n"
            "                 error \\x1b, subject file:/b\n");
}

TEST(ShowStatus, BeginsWithWhatSomebodyShouldKnow) {
  const Json doc{{"audit_entries", 7},
                 {"ready", true},
                 {"source_troubles", {{{"source", "app"}, {"trouble", "/a: is a folder"}}}},
                 {"troubled_sources", 1}};
  EXPECT_EQ(show_status(doc, Format::table),
            "ready            true\n"
            "troubled_sources 1\n"
            "source_troubles  source app, trouble /a: is a folder\n"
            "audit_entries    7\n");
}

TEST(ShowStatus, SaysFromWhenOnItCounts) {
  const Json doc{{"audit_entries", 7},     {"ready", true}, {"reads", 9},
                 {"effects", 2},           {"waivers", 1},  {"started_at", "2026-11-20T10:00:00Z"},
                 {"runs", {{"failed", 1}}}};
  EXPECT_EQ(show_status(doc, Format::table),
            "ready            true\n"
            "audit_entries    7\n"
            "waivers          1\n"
            "since start      2026-11-20T10:00:00Z: what is below is counted from then on\n"
            "effects          2\n"
            "reads            9\n"
            "runs             failed 1\n");
}

TEST(ShowStatus, TellsOfEachWhoIsCappedInOneLine) {
  const Json doc{{"ready", true},
                 {"capped", Json::array({{{"workflow", "fix"}, {"why", "no test; write one"}},
                                         {{"workflow", "mend"}, {"why", "no test"}}})}};
  EXPECT_EQ(show_status(doc, Format::table),
            "ready            true\n"
            "capped           fix: no test; write one\n"
            "                 mend: no test\n");
}

Json run_with(Json before, Json after) {
  return {
      {"id", 7},
      {"state", "succeeded"},
      {"steps", Json::array({{{"resource", "file:/a"},
                              {"state", "verified"},
                              {"outcome", "applied"},
                              {"difference", Json::array({{{"op", "replace"}, {"path", "/mode"}, {"value", "0644"}}})},
                              {"before", std::move(before)},
                              {"after", std::move(after)}}})}};
}

TEST(ShowRun, ShowsTheLinesThatDiffer) {
  const Json before{{"exists", true}, {"mode", "0666"}, {"content", {"one", "wrong", "three", ""}}};
  const Json after{{"exists", true}, {"mode", "0644"}, {"content", {"one", "two", "three", ""}}};
  const std::string text =
      show_run(run_with({{"id", "aa"}, {"size", 9}, {"state", before}}, {{"id", "bb"}, {"size", 8}, {"state", after}}),
               Format::table);
  EXPECT_NE(text.find("    content, from line 2\n      - wrong\n      + two\n    mode    0666 → 0644\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("three"), std::string::npos) << "what is equal is left out";
}

TEST(ShowRun, SaysHowLargeTheFileIsAndNamesTheRecordForWhatItIs) {
  const Json packed{{"exists", true}, {"content", {{"base64", "AAEC"}}}};
  const Json lines{{"exists", true}, {"content", {"grüß", "b", ""}}};
  const std::string text = show_run(
      run_with({{"id", "aa"}, {"size", 90}, {"state", packed}}, {{"id", "bb"}, {"size", 91}, {"state", lines}}),
      Format::table);
  EXPECT_NE(text.find("before  content of 3 bytes; commitment aa to a record of 90 bytes\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("after   content of 9 bytes; commitment bb to a record of 91 bytes\n"), std::string::npos)
      << text;
  const std::string gone =
      show_run(run_with({{"id", "aa"}, {"size", 16}, {"state", {{"exists", false}}}}, {{"id", "bb"}, {"size", 91}}),
               Format::table);
  EXPECT_NE(gone.find("before  absent; commitment aa to a record of 16 bytes\n"), std::string::npos) << gone;
  EXPECT_NE(gone.find("after   commitment bb to a record of 91 bytes\n"), std::string::npos) << "content kept back";
}

std::string change(const Json& before, const Json& after) {
  return show_change({{"content", before}}, {{"content", after}}, Json::array());
}

TEST(ShowChange, OfABinaryFileIsItsSize) {
  const Json binary{{"base64", base64(std::string(3000, '\0'))}};
  EXPECT_EQ(change({{"base64", base64(std::string(500'000, '\0'))}}, binary),
            "    content binary, 500000 → 3000 bytes\n");
  EXPECT_EQ(change({"x", ""}, binary), "    content text of 2 bytes → binary of 3000 bytes\n");
  EXPECT_EQ(change(binary, {"x"}), "    content binary of 3000 bytes → text of 1 byte\n");
  EXPECT_EQ(show_change({{"exists", false}}, {{"exists", false}, {"content", binary}}, Json::array()),
            "    content none → binary of 3000 bytes\n");
}

TEST(ShowChange, ALastLineBreakIsToldInWords) {
  EXPECT_EQ(change({"a", ""}, {"a"}), "    content, no line break at the end any more\n");
  EXPECT_EQ(change({"a"}, {"a", ""}), "    content, a line break at the end, where there was none\n");
  EXPECT_EQ(change({"a", ""}, {"a", "b"}),
            "    content, from line 2\n      + b\n    content, no line break at the end any more\n");
  EXPECT_EQ(change({""}, {"a", ""}), "    content, from line 1\n      + a\n");
  EXPECT_EQ(change({"a", ""}, {"a", "", ""}), "    content, from line 2\n      + \n") << "that is an empty line";
  EXPECT_EQ(show_change(Json::object(), {{"content", {"a", ""}}}, Json::array()),
            "    content, from line 1\n      + a\n");
}

TEST(ShowRun, ChangesThatTheEntryHasNoRoomForAreToldWhereNothingShowsThem) {
  const auto text = [](const Json& before, const Json& after, std::uint64_t omitted) {
    Json run = run_with({{"id", "aa"}, {"size", 9}, {"state", before}}, {{"id", "bb"}, {"size", 8}, {"state", after}});
    run["steps"][0]["difference"] = Json::array();
    run["steps"][0]["difference_omitted"] = omitted;
    return show_run(run, Format::table);
  };
  const Json secret{{"mode", "0600"}};
  EXPECT_NE(text(secret, secret, 3000).find("    (3000 changes, too many to show)\n"), std::string::npos);
  EXPECT_NE(text(secret, secret, 1).find("    (1 change, too large to show)\n"), std::string::npos);
  EXPECT_EQ(text({{"content", {"a"}}}, {{"content", {"b"}}}, 3000).find("to show"), std::string::npos);
  EXPECT_EQ(text({{"exists", false}}, {{"content", {"b"}}}, 1).find("to show"), std::string::npos);
}

TEST(ShowRun, FallsBackToTheRecordedDifferenceWhenContentIsKept) {
  const std::string text = show_run(run_with({{"id", "aa"}, {"size", 9}}, {{"id", "bb"}, {"size", 8}}), Format::table);
  EXPECT_NE(text.find("replace /mode \"0644\""), std::string::npos) << text;
  Json run = run_with({{"id", "aa"}, {"size", 9}}, {{"id", "bb"}, {"size", 8}});
  run["steps"][0]["difference"] = Json::parse(R"([{"op":"remove","path":"/content/2"}])");
  const std::string removed = show_run(run, Format::table);
  EXPECT_NE(removed.find("remove  content, line 3\n"), std::string::npos) << removed;
  EXPECT_EQ(removed.find("kept back"), std::string::npos) << "nobody has kept it back: it is gone";
}

TEST(ShowRun, TellsWhatIsNotSecretOfAFileThatNotEverybodyMayRead) {
  Json run =
      run_with({{"state", {{"exists", true}, {"mode", "0666"}}}}, {{"state", {{"exists", true}, {"mode", "0600"}}}});
  run["steps"][0]["difference"] = Json::parse(
      R"([{"op":"replace","path":"/content/2","value":null},{"op":"replace","path":"/mode","value":"0600"}])");
  const std::string text = show_run(run, Format::table);
  EXPECT_NE(text.find("    mode    0666 → 0600\n    replace content, line 3 (kept back)\n    (not everybody may read"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("keys.debug"), std::string::npos);
  run["differs"] = {"keys.debug", "mode"};
  EXPECT_NE(show_run(run, Format::table).find("  differs in  keys.debug, mode\n"), std::string::npos);
}

TEST(ShowReview, SaysOnceWhyItAsks) {
  const std::string why = "no test of this version has passed";
  const Json review{{"id", 3}, {"reason", why}, {"of", {{"id", 2}, {"reason", why}}}};
  const std::string text = show_review(review, Format::table);
  EXPECT_EQ(text.find(why), text.rfind(why)) << text;
  EXPECT_NE(text.find(why), std::string::npos) << text;
}

TEST(ShowProof, IsAPageForPeopleAndTheAnswerForPrograms) {
  const Json doc{{"seq", 4},
                 {"entry", base64(R"({"at":"2026-11-25T00:00:00Z","kind":"step.done","note":"\u202e"})")},
                 {"leaf", "bGVhZg=="},
                 {"tree_size", 5},
                 {"root", "cm9vdA=="},
                 {"proof", {"b25l"}},
                 {"checkpoint", "aright/x\n5\ncm9vdA==\n\n\u2014 aright/x \u001b[2J\n"}};
  const std::string text = show_proof(doc, Format::table);
  EXPECT_TRUE(text.starts_with("entry 4  step.done  2026-11-25T00:00:00Z\n\n    {\"at\":")) << text;
  EXPECT_NE(text.find("  path        1 hash from the leaf up\n     1  left   b25l\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  checkpoint\n    aright/x\n    5\n    cm9vdA==\n\n    \u2014 aright/x \\x1b[2J\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("aright -o json audit prove 4"), std::string::npos);
  EXPECT_EQ(*parse_json(show_proof(doc, Format::json)), doc);
}

TEST(ShowRun, LinesFromOutsideCannotForgeOnes) {
  const Json before{{"content", {"\x1b[2Jgone"}}};
  const Json after{{"content", {"x"}}};
  const std::string text = show_run(run_with({{"state", before}}, {{"state", after}}), Format::table);
  EXPECT_NE(text.find("- \\x1b[2Jgone"), std::string::npos) << text;
}

}  // namespace
}  // namespace aright::cli
