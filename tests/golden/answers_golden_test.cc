// Configuration + events → findings, and what becomes of each. A case is a text file; a new one needs no compiling:
//   === controls/…, === sources/…, === workflows/…    a configuration with one source that follows a log
//   === files        what is there before the start, a line each: PATH CONTENT
//   === events       what happens, a line each: a line of that log; `file PATH CONTENT` (somebody writes it, and the
//                    watch tells); `pass 5m`; `approve`, `deny` (the oldest review); `pause`, `resume`; `restart`;
//                    `waive CONTROL SUBJECT` (for a day)
//   === answers      what the audit log says of findings and runs after each line that leads to something, exactly
// Programs end with exit code 0; a file's state is what was written last.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/config_folder.h"
#include "engine/core_events_rig_test.h"
#include "golden_case.h"
#include "model/content.h"
#include "source/tail/decode.h"

namespace aright::golden {
namespace {

using engine::test::Rig;

/// The configured world of a case, and what its audit log says.
class World {
 public:
  explicit World(const cli::LoadedConfig& loaded) : rig_(loaded.config) {
    rig_.rules = loaded.rules;
    rig_.programs = &programs_;
    rig_.driver.states.clear();
    if (loaded.tails.empty()) return;
    source_ = loaded.tails.front().name;
    decoder_ = source::make_decoder(loaded.tails.front().format, Nanos{0}).value();
  }
  void start(const std::string& files) {
    std::istringstream lines(files);
    for (std::string path, content; lines >> path >> content;) write(path, content);
    rig_.start();
  }
  void happens(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string first;
    words >> verb >> first;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (line.starts_with("{")) return logged(line);
    if (verb == "file") {
      write(first, rest);
      return rig_.hint(first);
    }
    if (verb == "pass") return rig_.pass(parse_duration(first).value());
    if (verb == "restart") return rig_.restart();
    ask(verb, first, rest);
  }
  /// Since it was last asked.
  std::string told() {
    rig_.settle();
    std::string text;
    for (; told_ < rig_.entries.size(); ++told_) text += told_of(rig_.entries[told_]);
    return text;
  }

 private:
  void write(const std::string& path, const std::string& content) {
    rig_.driver.states[path] = {{"exists", true}, {"content", content_json(content)}, {"mode", "0644"}};
  }
  void logged(const std::string& line) {
    EventsRead read;
    read.source = source_;
    read.arrival = rig_.now.wall;
    const std::string part = source_ + ":/log";
    auto decoded = decoder_->decode(line, rig_.now.wall);
    ASSERT_TRUE(decoded && *decoded) << line;
    read.events.push_back(source::event_of(std::move(**decoded), part, next_, rig_.now.wall));
    next_ += line.size() + 1;
    read.lanes = {{part, 0, next_, {{"byte", next_}}, 0, {{"byte", 0}}}};
    rig_.feed(std::move(read));
  }
  void ask(const std::string& verb, const std::string& first, const std::string& rest) {
    using namespace engine;
    std::optional<Command> command;
    if (verb == "approve") command = Approve{rig_.review(), "as it should be"};
    if (verb == "deny") command = Deny{rig_.review(), "leave it"};
    if (verb == "pause") command = Pause{"maintenance"};
    if (verb == "resume") command = Resume{"done"};
    if (verb == "waive") command = Waive{first, rest, "for a day", "tests", std::chrono::hours{24}};
    ASSERT_TRUE(command) << "no such line: " << verb;
    const auto answer = rig_.ask(*std::move(command));
    EXPECT_TRUE(answer) << verb << ": " << (answer ? "" : answer.error().message);
  }
  /// "  KIND WORKFLOW NUMBER CONTROL SUBJECT: REASON", as far as the entry has it; empty: it is not told.
  std::string told_of(const Json& entry) {
    const auto kind = entry.at("kind").get<std::string>();
    const std::string finding = entry.value("finding", "");
    const auto run = entry.value("run", std::uint64_t{0});
    if (kind == "finding.opened") {
      subjects_[finding] = entry.at("control").get<std::string>() + " " + entry.at("subject").get<std::string>();
    }
    if (kind == "run.created") workflows_[run] = entry.at("workflow").get<std::string>();
    const bool between = kind == "run.created" || kind == "run.planning" || kind == "run.running" ||
                         kind == "run.verifying" || kind == "finding.occurred";
    const bool told = kind.starts_with("run.") || kind.starts_with("finding.") || kind.starts_with("verdict.");
    if (!told || between) return {};
    std::string text = "  " + kind;
    if (entry.contains("workflow")) text += " " + entry.at("workflow").get<std::string>();
    if (run != 0) text += fmt::format(" {} {}", workflows_.at(run), run);
    if (const auto subject = subjects_.find(finding); subject != subjects_.end()) text += " " + subject->second;
    if (entry.contains("reason")) text += ": " + entry.at("reason").get<std::string>();
    return text + "\n";
  }

  engine::test::CountingPrograms programs_;
  Rig rig_;
  std::string source_;
  std::unique_ptr<source::LineDecoder> decoder_;
  std::uint64_t next_{0};
  std::size_t told_{0};
  std::map<std::uint64_t, std::string> workflows_;  ///< by run
  std::map<std::string, std::string> subjects_;     ///< control and subject by finding
};

class AnswersGolden : public testing::TestWithParam<std::string> {};

TEST_P(AnswersGolden, SaysExactly) {
  const Parts parts = read_case(std::filesystem::path(GOLDEN_FOLDER) / "answers" / GetParam());
  const auto folder = make_folder(parts);
  const auto loaded = cli::load_config_folder(folder.string(), {"", {"/var/lib/aright"}});
  std::filesystem::remove_all(folder);
  for (const Diagnostic& d : loaded.diagnostics) EXPECT_NE(d.severity, Severity::error) << render(d);
  World world(loaded);
  world.start(part(parts, "files"));
  EXPECT_EQ(world.told(), "");
  std::string said;
  std::istringstream lines(part(parts, "events"));
  for (std::string line; std::getline(lines, line);) {
    world.happens(line);
    const std::string told = world.told();
    if (!told.empty()) said += line + "\n" + told;
  }
  EXPECT_EQ(said, part(parts, "answers"));
}

INSTANTIATE_TEST_SUITE_P(Cases, AnswersGolden, testing::ValuesIn(cases("answers")),
                         [](const auto& file) { return test_name(file.param); });

}  // namespace
}  // namespace aright::golden
