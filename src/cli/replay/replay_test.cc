// What was rehearsed and is replayed with the same configuration says the same; with another it says what is other.
#include "cli/replay/replay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "cli/file_syntax.h"
#include "cli/fixture/parse_fixture.h"
#include "cli/fixture/rehearsal.h"
#include "cli/replay/replay_report.h"

namespace aright::cli {
namespace {

namespace fs = std::filesystem;

const char* const app_source =
    "source: app\ntail: { files: [/var/log/app.log] }\nlog_source: { product: app }\n"
    "decode: { json: { trusted: [user] } }\n";
const char* const login_rule =
    "title: Failed login\nname: failed-login\nlevel: high\nlogsource: { product: app }\n"
    "detection:\n  selection: { what: failed }\n  condition: selection\n";

class Replays : public testing::Test {
 protected:
  Replays() {
    std::string form = fs::canonical(fs::temp_directory_path()) / "aright-replay-XXXXXX";
    top_ = mkdtemp(form.data());
    for (const char* folder : {"controls", "workflows", "sources"}) fs::create_directory(top_ / folder);
    for (const char* name : {"a", "b"}) {
      write(std::string("controls/") + name + ".yaml",
            std::string("control: ") + name + "\ntitle: It is as approved\nwatch: { resource: file, path: /srv/" +
                name + " }\ndesired: { content: \"approved\\n\", mode: \"0644\" }\n");
    }
    write("controls/login.yml", login_rule);
    write("sources/app.yaml", app_source);
    files("");
    logins("");
  }
  ~Replays() override { fs::remove_all(top_); }

  void write(const std::string& file, const std::string& text) { std::ofstream(top_ / file) << text; }
  void files(const std::string& more, const std::string& steps = "steps: [{ ensure: desired }]\n") {
    write("workflows/files.yaml", "workflow: files\nowner: tests\nanswers: [a, b]\nmode: auto\n" + more + steps);
  }
  void logins(const std::string& more) {
    write("workflows/logins.yaml",
          "workflow: logins\nowner: tests\nanswers: [{ control: failed-login, subject: \"user=${ "
          "event.user }\" }]\nmode: auto\n" +
              more + "steps: [{ exec: [/usr/bin/look, \"${ event.user }\"] }]\n");
  }
  LoadedConfig load() const {
    ConfigOptions options{"/srv", {"/var/lib/aright"}};
    options.looks_at_secrets = false;
    auto loaded = load_config_folder(top_.string(), options);
    for (const Diagnostic& d : loaded.diagnostics) EXPECT_NE(d.severity, Severity::error) << render(d);
    return loaded;
  }

  Rehearsed rehearsed(const std::string& happens) const {
    const LoadedConfig loaded = load();
    const std::string fixture = "test: t\nlasts: 1m\nexpect: { runs: [] }\n" + happens;
    Diagnostics found;
    const auto node = yaml::parse(fixture, "fixture", found);
    const auto parsed =
        parse_fixture(node.value(), file_syntax(top_.string(), "/srv"), names_in(loaded.config, {"app"}), found);
    for (const Diagnostic& d : found) ADD_FAILURE() << render(d);
    return rehearse(loaded, parsed.value());
  }

  Json replayed(const Rehearsed& seen, WallTime since = {}, bool all = false) const {
    LogParts parts;
    parts.entries = [&seen](std::uint64_t first, std::uint32_t limit) -> Result<std::vector<Entry>> {
      std::vector<Entry> list;
      for (std::uint64_t i = first; i < seen.entries.size() && list.size() < limit; ++i) {
        list.push_back({i, 0, seen.entries[i].dump()});
      }
      return list;
    };
    parts.blob = [&seen](const std::string& id) -> Result<std::optional<Blob>> {
      const auto known = seen.contents.find(id);
      return known == seen.contents.end() ? std::nullopt : std::optional(known->second);
    };
    const LoadedConfig loaded = load();
    parts.definition = [&loaded](const std::string& hash) -> Result<std::optional<Definition>> {
      for (const Workflow& w : loaded.config.workflows) {
        if (w.version() == hash) return Definition{hash, "workflow", w.to_json().dump()};
      }
      for (const Control& c : loaded.config.controls) {
        if (c.hash() == hash) return Definition{hash, "control", c.to_json().dump()};
      }
      return std::nullopt;
    };
    const auto log = told_log(parts, since);
    if (!log) return log.error().message;
    return replay_json(replay(*log, loaded), *log, all);
  }

  fs::path top_;
};

std::string file_changed(const std::string& name, const std::string& after = "1m", const std::string& to = "broken") {
  return "  - { after: " + after + ", states: { /srv/" + name + ": { content: \"" + to + "\\n\" } } }\n";
}
std::string failed_login(const std::string& user, const std::string& after = "1m") {
  return "  - { after: " + after + ", source: app, event: { what: failed, user: " + user + " } }\n";
}

TEST_F(Replays, SaysTheSameOfTheSame) {
  const Rehearsed seen =
      rehearsed("happens:\n" + file_changed("a") + file_changed("b") + file_changed("a") + file_changed("b") +
                failed_login("eve") + failed_login("bob") + "  - { after: 1m, approve: files, reason: yes it is }\n");
  const Json said = replayed(seen);
  EXPECT_EQ(said.at("lines"), Json::array()) << said.dump(2);
  EXPECT_EQ(said.at("findings"), 6);
  EXPECT_EQ(replayed(seen, {}, true).at("lines").size(), 6U);
}

TEST_F(Replays, ALowerThresholdHoldsMore) {
  const Rehearsed seen =
      rehearsed("happens:\n" + file_changed("a") + file_changed("b") + failed_login("eve") + failed_login("bob"));
  files("guards: { threshold: [{ runs: 1, within: 10m, per: workflow }] }\n");
  logins("guards: { cool_down: { wait: 1h, per: workflow } }\n");
  const Json said = replayed(seen);
  ASSERT_EQ(said.at("lines").size(), 2U) << said.dump(2);
  EXPECT_EQ(said.at("lines")[0].at("subject"), "file:/srv/b");
  EXPECT_TRUE(said.at("lines")[0].at("would").get<std::string>().starts_with("held by threshold"));
  EXPECT_EQ(said.at("lines")[1].at("subject"), "user=bob");
  EXPECT_TRUE(said.at("lines")[1].at("would").get<std::string>().starts_with("suppressed by cool-down"));
}

TEST_F(Replays, GuardsKnowWhatWasBeforeTheWindow) {
  const Rehearsed seen = rehearsed("happens:\n" + file_changed("a") + file_changed("b") + file_changed("a", "2m"));
  std::vector<std::string> opened;
  for (const Json& entry : seen.entries) {
    if (entry.value("kind", "") == "finding.opened") opened.push_back(entry.at("at").get<std::string>());
  }
  ASSERT_EQ(opened.size(), 3U);
  files("guards: { threshold: [{ runs: 2, within: 10m, per: workflow }] }\n");
  const auto since = parse_rfc3339(opened.back());
  const Json said = replayed(seen, *since);
  EXPECT_EQ(said.at("findings"), 1);
  ASSERT_EQ(said.at("lines").size(), 1U) << said.dump(2);
  EXPECT_TRUE(said.at("lines")[0].at("would").get<std::string>().starts_with("held by threshold"));
}

TEST_F(Replays, WhatFailedFailsAndAnotherWorkflowSucceeds) {
  files("", "steps: [{ ensure: desired }, { exec: [/usr/bin/look] }]\n");
  const Rehearsed seen =
      rehearsed("programs: [{ starts_with: [/usr/bin/look], exit: 7 }]\nhappens:\n" + file_changed("a"));
  const Json same = replayed(seen, {}, true);
  ASSERT_EQ(same.at("lines").size(), 1U) << same.dump(2);
  EXPECT_EQ(same.at("differing"), 0);
  EXPECT_TRUE(same.at("lines")[0].at("would").get<std::string>().starts_with("ran: rolled_back")) << same.dump(2);
}

/// What a test's person of a team says, a minute later.
std::string said(const std::string& verb, const std::string& who) {
  return "  - { after: 1m, " + verb + ": files, by: " + who + ", groups: [] }\n";
}
std::string text_of(Json said) {
  said.update({{"since", "then"}, {"untested", Json::array()}, {"members_now", Json::object()}});
  return replay_text(said);
}

const char* const two_questions =
    "on_failure: review\nsteps: [{ exec: [/usr/bin/look] }, { approve: {} }, { exec: [/usr/bin/look, on] }]\n";

/// Of a team the last yes is two entries, and each other yes one: none is an answer to the next question.
TEST_F(Replays, AYesIsForItsOwnQuestion) {
  write("aright.yaml", "teams: { tests: { members: [user:root, user:daemon], quorum: 2 } }\n");
  write("workflows/files.yaml",
        "workflow: files\nowner: tests\nanswers: [a, b]\nmode: propose\n" + std::string(two_questions));
  const Rehearsed seen =
      rehearsed("programs: [{ starts_with: [/usr/bin/look], exit: 0 }]\nhappens:\n" + file_changed("a") +
                said("approve", "root") + said("approve", "daemon") + said("deny", "root"));
  EXPECT_TRUE(seen.mistakes.empty());
  for (const char* node : {"teams: { tests: { members: [user:root, user:daemon], quorum: 2 } }\n", "tests: off\n"}) {
    write("aright.yaml", node);
    const Json same = replayed(seen, {}, true);
    ASSERT_EQ(same.at("lines").size(), 1U) << same.dump(2);
    EXPECT_TRUE(same.at("lines")[0].at("did").get<std::string>().ends_with("; denied")) << same.dump(2);
    EXPECT_EQ(same.at("lines")[0].at("did"), same.at("lines")[0].at("would")) << node;
    EXPECT_NE(text_of(same).find("nothing would have been otherwise"), std::string::npos);
  }
}

/// A yes to what a mode asked for is none to what a step asks.
TEST_F(Replays, AStepsQuestionIsAnsweredByNothingElse) {
  write("workflows/files.yaml",
        "workflow: files\nowner: tests\nanswers: [a, b]\nmode: propose\n" + std::string(two_questions));
  const Rehearsed seen = rehearsed("programs: [{ starts_with: [/usr/bin/look], exit: 0 }]\nhappens:\n" +
                                   file_changed("a") + said("approve", "root") + said("deny", "root"));
  files("", two_questions);
  const Json said = replayed(seen);
  ASSERT_EQ(said.at("lines").size(), 1U) << said.dump(2);
  EXPECT_TRUE(said.at("lines")[0].at("would").get<std::string>().starts_with("ran, then held by approve"));
  EXPECT_TRUE(said.at("lines")[0].at("would").get<std::string>().ends_with("; denied")) << said.dump(2);
}

TEST_F(Replays, WhatActedBeforeItsQuestionRan) {
  files("", "steps: [{ ensure: desired }, { approve: {} }]\n");
  const Rehearsed seen = rehearsed("happens:\n" + file_changed("a"));
  const Json same = replayed(seen, {}, true);
  EXPECT_EQ(same.at("workflows")[0].at("did"), Json({{"ran", 1}, {"held", 0}, {"suppressed", 0}})) << same.dump(2);
  EXPECT_TRUE(same.at("lines")[0].at("did").get<std::string>().starts_with("ran, then held by approve: "));
  files("");
  EXPECT_EQ(replayed(seen).at("differing"), 1) << "that nobody is asked any more is another answer";
  files("", "steps: [{ approve: {} }, { ensure: desired }]\n");
  EXPECT_TRUE(replayed(seen).at("lines")[0].at("would").get<std::string>().starts_with("held by approve: "));
}

TEST_F(Replays, WhatIsFilledInIsPutRight) {
  for (const char* text : {"${ resource.mode }", "other ${ subject.id }"}) {
    write("controls/a.yaml",
          std::string("control: a\nwatch: { resource: file, path: /srv/a }\ndesired: { content: \"") + text +
              "\\n\" }\n");
    files("",
          "steps: [{ ensure: desired }, { ensure: { resource: file, path: /srv/c, desired: { content: \"by ${ run.id "
          "}\\n\" } } }]\n");
    const Rehearsed seen = rehearsed("happens:\n" + file_changed("a"));
    const Json said = replayed(seen);
    EXPECT_EQ(said.at("findings"), 1) << said.dump(2);
    EXPECT_EQ(said.at("lines"), Json::array()) << said.dump(2);
  }
}

/// The same answer of the guards with another end is not "nothing".
TEST_F(Replays, AnotherEndIsSaid) {
  files("", "steps: [{ ensure: desired }, { exec: [/usr/bin/look] }]\n");
  const Rehearsed seen =
      rehearsed("programs: [{ starts_with: [/usr/bin/look], exit: 7 }]\nhappens:\n" + file_changed("a"));
  files("");
  const Json said = replayed(seen);
  EXPECT_EQ(said.at("differing"), 0);
  ASSERT_EQ(said.at("lines").size(), 1U) << said.dump(2);
  EXPECT_TRUE(said.at("lines")[0].at("did").get<std::string>().starts_with("ran: rolled_back")) << said.dump(2);
  EXPECT_EQ(said.at("lines")[0].at("would"), "ran: succeeded");
  EXPECT_NE(text_of(said).find("1 answer would have ended otherwise"), std::string::npos) << text_of(said);
}

const char* const asks_first =
    "steps: [{ name: look, exec: [/usr/bin/look], output: { n: integer, at: [address] } }, { ensure: desired }]\n";

/// No failure is made up where nobody knows the answer.
TEST_F(Replays, AnAnswerThatTheLogHasNotIsAsExpected) {
  const Rehearsed seen = rehearsed("happens:\n" + file_changed("a") + file_changed("b", "20m"));
  write("aright.yaml", "destinations: [{ host: api.example.org }]\n");
  for (const char* steps :
       {"steps: [{ exec: [/usr/bin/look], expect: { exit: [3, 4], output_contains: hi } }, { ensure: desired }]\n",
        "steps: [{ call: { method: POST, url: \"https://api.example.org/\" }, expect: { status: [204] } }, { ensure: "
        "desired }]\n"}) {
    files("", steps);
    const Json said = replayed(seen, {}, true);
    ASSERT_EQ(said.at("lines").size(), 2U) << said.dump(2);
    for (const Json& line : said.at("lines")) EXPECT_EQ(line.at("would"), "ran: succeeded") << steps;
    EXPECT_EQ(said.at("cannot_be_told"), 0);
  }
}

TEST_F(Replays, AnotherProgramHasNotTheAnswerOfTheOneInItsPlace) {
  files("", "steps: [{ exec: [/usr/bin/look] }, { ensure: desired }]\n");
  const Rehearsed seen =
      rehearsed("programs: [{ starts_with: [/usr/bin/look], exit: 7 }]\nhappens:\n" + file_changed("a"));
  files("", "steps: [{ exec: [/usr/bin/other] }, { ensure: desired }]\n");
  Json said = replayed(seen);
  ASSERT_EQ(said.at("lines").size(), 1U) << said.dump(2);
  EXPECT_TRUE(said.at("lines")[0].at("would").get<std::string>().starts_with("ran: succeeded")) << said.dump(2);
  files("", "steps: [{ ensure: desired }]\n");
  said = replayed(seen);
  EXPECT_TRUE(said.at("lines")[0].at("would").get<std::string>().starts_with("ran: succeeded")) << said.dump(2);
}

TEST_F(Replays, WhatGoesOnByAnAnswerThatNobodyHasCannotBeTold) {
  const Rehearsed seen = rehearsed("happens:\n" + file_changed("a") + file_changed("b", "20m"));
  write("aright.yaml", "destinations: [{ host: api.example.org }]\n");
  const auto would = [&](const std::string& steps) {
    files("guards: { threshold: [{ runs: 2, within: 1h, per: workflow }] }\n", steps);
    const Json said = replayed(seen);
    EXPECT_EQ(said.at("cannot_be_told"), 2) << said.dump(2);
    EXPECT_EQ(said.at("differing"), 0) << said.dump(2);
    EXPECT_EQ(said.at("ending_otherwise"), 0) << said.dump(2);
    EXPECT_NE(text_of(said).find("nothing would have been otherwise; how 2 answers would have ended cannot be told"),
              std::string::npos)
        << text_of(said);
    return said.at("lines").at(1).at("would").get<std::string>();
  };
  EXPECT_EQ(would(asks_first), "ran: cannot be told: what /usr/bin/look wrote is not on record");
  EXPECT_EQ(would("steps: [{ call: { url: \"https://api.example.org/\" }, expect: { status: [204], answer: "
                  "answer.json.ok } }, { ensure: desired }]\n"),
            "ran: cannot be told: what https://api.example.org answered is not on record");
  EXPECT_EQ(would("steps: [{ name: ask, call: { url: \"https://api.example.org/\" }, output: { n: integer } }, { "
                  "ensure: desired }]\n"),
            "ran: cannot be told: what https://api.example.org answered is not on record");
}

TEST_F(Replays, AnAnswerThatIsNotKeptAnyMoreIsNoFailure) {
  files("", asks_first);
  Rehearsed seen = rehearsed(
      "programs: [{ starts_with: [/usr/bin/look], output: '{\"n\": 3, \"at\": []}' }]\nhappens:\n" + file_changed("a"));
  EXPECT_EQ(replayed(seen, {}, true).at("lines").at(0).at("would"), "ran: succeeded");
  seen.contents.clear();
  const Json said = replayed(seen);
  ASSERT_EQ(said.at("lines").size(), 1U) << said.dump(2);
  EXPECT_EQ(said.at("lines")[0].at("did"), "ran: succeeded");
  EXPECT_EQ(said.at("lines")[0].at("would"), "ran: cannot be told: what /usr/bin/look wrote is not on record");
}

TEST_F(Replays, AnAnswerThatSaidNoSaysNoAlsoWhereItIsNotKeptAnyMore) {
  write("aright.yaml", "destinations: [{ host: api.example.org }]\n");
  const std::string url = "url: \"https://api.example.org/\"";
  files("", "steps: [{ call: { method: POST, " + url + " }, expect: { answer: answer.json.ok } }]\n");
  Rehearsed seen = rehearsed("calls: [{ " + url + ", answer: { ok: false } }]\nhappens:\n" + file_changed("a"));
  seen.contents.clear();
  const Json said = replayed(seen, {}, true);
  EXPECT_TRUE(said.at("lines").at(0).at("would").get<std::string>().starts_with("ran: failed")) << said.dump(2);
}

TEST_F(Replays, ATableFitsAScreen) {
  files("guards: { threshold: [{ runs: 1, within: 10m, per: workflow }] }\n",
        "steps: [{ approve: { text: " + std::string(300, 'x') + " } }, { ensure: desired }]\n");
  const Rehearsed seen = rehearsed("happens:\n" + file_changed("a") + file_changed("b"));
  files("guards: { threshold: [{ runs: 1, within: 10m, per: workflow }] }\n",
        "steps: [{ ensure: desired }, { approve: { text: " + std::string(300, 'y') + " } }]\n");
  const Json said = replayed(seen);
  ASSERT_FALSE(said.at("lines").empty());
  EXPECT_GT(said.at("lines")[0].at("would").get<std::string>().size(), 300U) << "JSON has all of it";
  std::istringstream lines(text_of(said));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 210U) << line;
}

/// What happens in a few hours, drawn: changes, wrong and right, lines of a log, and people who answer.
std::string drawn_history(std::mt19937& chance) {
  const auto below = [&](std::uint32_t most) { return chance() % most; };
  std::string happens = "happens:\n";
  for (int i = 0; i < 14; ++i) {
    const std::string after = std::to_string(1 + below(300)) + "s";
    switch (below(7)) {
      case 0:
      case 1: happens += failed_login(below(2) == 0 ? "eve" : "bob", after); break;
      case 2: happens += file_changed("a", after, "approved"); break;
      case 3:  // where nothing waits for it, it is a mistake of the fixture, which nobody looks at here
        happens += "  - { after: " + after + (below(2) == 0 ? ", approve: " : ", deny: ") +
                   (below(3) == 0 ? "logins" : "files") + " }\n";
        break;
      default: happens += file_changed(below(2) == 0 ? "a" : "b", after, below(2) == 0 ? "broken" : "other"); break;
    }
    if (below(20) == 0) happens += "  - { after: 1s, waive: b, subject: file:/srv/b, lasts: 20m }\n";
  }
  return happens;
}

/// Drawn histories with drawn guards: the same configuration never says anything else.
TEST_F(Replays, NeverDiffersFromWhatWasWithTheSameConfiguration) {
  static const std::vector<std::string> guards{"",
                                               "guards: { threshold: [{ runs: 2, within: 10m, per: workflow }] }\n",
                                               "guards: { cool_down: { wait: 7m, per: workflow } }\n",
                                               "guards: { cool_down: { wait: 7m, per: subject } }\n",
                                               "guards: { flapping: { openings: 3, within: 1h } }\n",
                                               "guards: { breaker: { failed: 50%, runs: 2, within: 1h } }\n",
                                               "guards: { budget: { subjects: 1, within: 20m } }\n",
                                               "guards: { oscillation: { returns: 1, within: 1d } }\n",
                                               "guards: { for: 2m }\n",
                                               "when: control.name != \"b\"\n"};
  static const std::vector<std::string> steps{
      "steps: [{ ensure: desired }]\n", "steps: [{ ensure: desired }, { exec: [/usr/bin/look, x] }]\n",
      "steps: [{ approve: { text: is it quiet } }, { ensure: desired }]\n",
      "steps: [{ ensure: desired }, { approve: { expires: 4m } }]\n", "steps: [{ wait: 2m }, { ensure: desired }]\n"};
  std::set<std::string> seen_verdicts;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 chance(seed);
    const std::string& step = steps[chance() % steps.size()];  // one after the other: compilers differ in arguments
    files(guards[chance() % guards.size()], step);
    logins(guards[chance() % (guards.size() - 1)]);
    const std::string happens = drawn_history(chance);
    const std::string answers = "programs: [{ starts_with: [/usr/bin/look], exit: 1, times: 2 }]\n";
    const Json said = replayed(rehearsed(answers + happens), {}, true);
    for (const Json& line : said.at("lines")) {
      const auto did = line.at("did").get<std::string>();
      seen_verdicts.insert(did.substr(0, did.find_first_of(":;(")));
      EXPECT_FALSE(line.at("differs") || line.at("ends_otherwise")) << "seed " << seed << "\n"
                                                                    << happens << line.dump(2);
    }
  }
  for (const char* verdict : {"ran", "held by threshold", "held by flapping", "held by oscillation", "held by breaker",
                              "suppressed by cool-down", "held by budget", "suppressed by when"}) {
    EXPECT_TRUE(seen_verdicts.contains(verdict)) << verdict << " of " << Json(seen_verdicts).dump();
  }
}

}  // namespace
}  // namespace aright::cli
