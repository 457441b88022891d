// The gate, and pauses as the log has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/gate.h"
#include "engine/projection.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(PauseEntries, OneOfBeforePausesHadNumbersEndsByItsOrigin) {
  Projection old;
  const Json head{{"v", 1}, {"at", rfc3339(WallTime{1h})}, {"up", 1}};
  const auto apply = [&](Json entry) {
    entry.update(head);
    entry["seq"] = old.entries();
    return old.apply(entry).has_value();
  };
  ASSERT_TRUE(apply({{"kind", "node.started"}, {"boot_id", "b"}}));
  ASSERT_TRUE(apply({{"kind", "pause.set"}, {"origin", "operator"}, {"reason", "r"}, {"by", "alice"}}));
  ASSERT_TRUE(apply({{"kind", "pause.set"}, {"origin", "operator"}, {"reason", "s"}, {"by", "bob"}}));
  EXPECT_EQ(old.context().find("next_pause"), std::string::npos) << "as that version stored it";
  EXPECT_TRUE(old.all_paused());
  const auto loaded = Projection::load(old.entries(), old.context(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->context(), old.context());
  ASSERT_TRUE(apply({{"kind", "pause.cleared"}, {"origin", "operator"}}));
  EXPECT_FALSE(old.all_paused());
}

TEST(PauseEntries, TheLogRefusesWhatDoesNotFollow) {
  const Json head{{"v", 1}, {"at", rfc3339(WallTime{1h})}, {"up", 1}, {"seq", 0}, {"kind", "pause.set"}};
  const auto follows = [&](Json entry) {
    entry.update(head);
    return Projection().apply(entry).has_value();
  };
  const Json good{{"pause", 1}, {"origin", "operator"}, {"reason", "r"}, {"by", "alice"}, {"workflow", "w"}};
  EXPECT_TRUE(follows(good));
  Json both = good;
  both["driver"] = "file";
  EXPECT_FALSE(follows(both));
  Json skipped = good;
  skipped["pause"] = 2;
  EXPECT_FALSE(follows(skipped));
}

TEST(Gate, ClosesForWhatItIsClosedForAndOpensForWhatRemains) {
  Gate gate;
  EXPECT_TRUE(gate.lets("w", "file"));
  gate.close(PauseScope::workflow("w"));
  gate.close(PauseScope::driver("exec"));
  EXPECT_TRUE(gate.is_open());
  EXPECT_FALSE(gate.lets("w", "file"));
  EXPECT_FALSE(gate.lets("v", "exec"));
  EXPECT_TRUE(gate.lets("v", "file"));
  EXPECT_THAT(gate.closed(), ElementsAre(PauseScope::workflow("w"), PauseScope::driver("exec")));
  gate.close(PauseScope::everything());
  EXPECT_FALSE(gate.lets("v", "file"));
  gate.close(Gate::file);
  gate.close_only({PauseScope::driver("exec")});
  EXPECT_FALSE(gate.lets("v", "file")) << "the file still closes it";
  gate.open(Gate::file);
  EXPECT_TRUE(gate.lets("w", "file"));
  EXPECT_FALSE(gate.lets("w", "exec"));
  gate.close_only({});
  EXPECT_TRUE(gate.lets("w", "exec"));
  EXPECT_TRUE(gate.closed().empty());
}

}  // namespace
}  // namespace aright::engine
