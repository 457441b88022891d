// Findings about what the answering workflows say; with an end between every two inputs.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

constexpr const char* peer = "address=${ event.peer }";

class Subjects : public Events {
 protected:
  Subjects() {
    Config config = configuration(Mode::auto_, "${ finding.subject.id }");
    by_peer(config, "react", peer);
    rig.configure(std::move(config));
  }
  static Workflow& by_peer(Config& config, const std::string& name, const std::string& text) {
    Workflow& w = *std::ranges::find(config.workflows, name, &Workflow::name);
    w.answers[0].subject = AnswerSubject{text, FieldType::address};
    return w;
  }
  /// Beside the one that asks for the peer.
  static Config and_another(const std::optional<AnswerSubject>& subject) {
    Config config = configuration(Mode::auto_, "${ finding.subject.id }");
    by_peer(config, "react", peer);
    Workflow other = config.workflows[0];
    other.name = "other";
    other.answers[0].subject = subject;
    config.workflows.push_back(std::move(other));
    return config;
  }
  EventsRead from(const std::vector<std::string>& peers) {
    EventsRead read = batch(peers);
    for (Event& event : read.events) {
      event.data["peer"] = event.data.at("address");
      event.data["host"] = "web1";
      event.outsider = {{"peer", FieldType::text}, {"address", FieldType::text}};
    }
    return read;
  }
  std::vector<std::string> subjects() {
    std::vector<std::string> all;
    for (const auto& [id, finding] : rig.core->projection().findings()) all.push_back(finding.subject);
    std::ranges::sort(all);
    return all;
  }
  std::vector<std::string> arguments() {
    std::vector<std::string> all;
    for (const auto& request : programs.requests) all.push_back(request.arguments.at(1));
    std::ranges::sort(all);
    return all;
  }
  std::string explained(const std::string& subject) { return rig.ask(Explain{subject}).value_or(Json()).dump(); }
};

TEST_F(Subjects, TheFindingIsAboutWhatTheWorkflowSays) {
  rig.start();
  rig.feed(from({"192.0.2.1", "192.0.2.2", "192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(subjects(), (std::vector<std::string>{"address=192.0.2.1", "address=192.0.2.2"}));
  EXPECT_EQ(arguments(), (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}))
      << "an address may be one, whoever wrote it";
  EXPECT_FALSE(rig.last("finding.opened").contains("subject_typed"));
  EXPECT_EQ(rig.last("finding.opened").at("subject_by").size(), 1U);
}

TEST_F(Subjects, AnAnswerWithoutOneHasTheControlsBesideIt) {
  rig.configure(and_another(std::nullopt));
  rig.start();
  rig.feed(from({"192.0.2.1", "192.0.2.2"}));
  rig.settle();
  EXPECT_EQ(subjects(), (std::vector<std::string>{"address=192.0.2.1", "address=192.0.2.2", "host=web1"}));
  EXPECT_EQ(arguments(), (std::vector<std::string>{"192.0.2.1", "192.0.2.2", "web1"}));
}

TEST_F(Subjects, TwoWaysToTheSameSubjectAreOneFindingForBoth) {
  rig.configure(and_another(AnswerSubject{"address=${ event.address }", FieldType::address}));
  rig.start();
  rig.feed(from({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(subjects(), (std::vector<std::string>{"address=192.0.2.1"}));
  EXPECT_EQ(arguments(), (std::vector<std::string>{"192.0.2.1", "192.0.2.1"}));
  EXPECT_EQ(rig.core->projection().findings().begin()->second.occurrences, 1U);
}

TEST_F(Subjects, WhatHasNoneIsToldAndAnsweredByNobodyWhoNeedsIt) {
  rig.start();
  rig.feed(from({"web1; reboot"}));
  rig.settle();
  EXPECT_EQ(subjects(), (std::vector<std::string>{"host=web1", "source=auth:/log"}));
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.count("run.created"), 0U);
  for (const auto& [id, finding] : rig.core->projection().findings()) {
    if (finding.control != malformed_control) continue;
    EXPECT_THAT(finding.differs, testing::ElementsAre("control failed-login: workflow react: `subject`: "
                                                      "\"web1; reboo…"));
  }
  EXPECT_THAT(explained("host=web1"), HasSubstr("react: it answers findings about `address=${ event.peer }`, and this "
                                                "one is about what the control says"));
}

TEST_F(Subjects, AWorkflowThatIsChangedDoesNotAnswerWhatItsOldSubjectMade) {
  Config observing = configuration(Mode::observe, "${ finding.subject.id }");
  by_peer(observing, "react", peer);
  rig.configure(observing);
  rig.start();
  rig.feed(from({"192.0.2.1"}));
  rig.settle();
  ASSERT_EQ(rig.count("run.created"), 0U);
  Config changed = configuration(Mode::auto_, "${ finding.subject.id }");
  by_peer(changed, "react", "address=${ event.address }");
  ASSERT_TRUE(rig.ask(Reload{changed, rig.rules}));
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.created"), 0U) << "it was made by another expression";
  EXPECT_THAT(explained("address=192.0.2.1"), HasSubstr("this one is about what another answer says"));
  rig.feed(from({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(arguments(), (std::vector<std::string>{"192.0.2.1"})) << "now this one has made it too";
  EXPECT_EQ(rig.count("finding.opened"), 1U);
}

}  // namespace
}  // namespace aright::engine::test
