// The shell's gate between two commits: what somebody has asked for meanwhile works before it is on record.
#include <gtest/gtest.h>

#include "core_rig_test.h"
#include "engine/shell.h"

namespace aright::engine::test {
namespace {

/// Takes everything; others act while it does.
class BusyStore final : public Store {
 public:
  std::function<void()> meanwhile;
  Result<Loaded> load() override { return Loaded{}; }
  Result<Done> commit(const Batch& batch) override {
    (void)batch;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    return Done{};
  }
  Result<std::optional<Blob>> blob(const std::string& commitment_id) override {
    (void)commitment_id;
    return std::optional<Blob>();
  }
  Result<std::optional<Definition>> definition(const std::string& hash) override {
    (void)hash;
    return std::optional<Definition>();
  }
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override {
    (void)table;
    (void)id;
    return std::optional<Row>();
  }
};

class RoomEnough final : public Reserve {
 public:
  void release() override {}
  Result<Done> restore() override { return Done{}; }
};

class ShellGate : public testing::Test {
 protected:
  ShellGate() { EXPECT_TRUE(shell.start(one_file())); }
  void works() {
    while (shell.step(now).value_or(false)) {
    }
  }
  [[nodiscard]] bool lets() const { return gate.lets("fix", "file"); }

  const Identity somebody{1000, "ann", {}};
  const PauseScope fix = PauseScope::workflow("fix");
  Now now{WallTime{std::chrono::hours{500'000}}, std::chrono::hours{1}, "boot"};
  BusyStore store;
  RoomEnough reserve;
  Gate gate;
  Shell shell{ShellParts{store, reserve, gate, [this] { return now; }, [](const Work&) {}, [] {}, [] {},
                         [](std::uint64_t, const Digest&) { return Result<std::string>("note"); },
                         [](const std::string&) {}, [](const std::vector<Notice>&) {}}};
};

TEST_F(ShellGate, ClosesBeforeAPauseIsOnRecordAndOpensWhenItsEndIs) {
  (void)shell.submit(Pause{"look", fix}, somebody);
  EXPECT_FALSE(lets()) << "at once";
  works();
  EXPECT_FALSE(lets());
  (void)shell.submit(Resume{"looked"}, somebody);
  EXPECT_FALSE(lets()) << "its end is not on record yet";
  works();
  EXPECT_TRUE(lets());
}

TEST_F(ShellGate, StaysClosedForAPauseThatWasAskedForWhileTheEndOfAnotherWasStored) {
  (void)shell.submit(Pause{"look", fix}, somebody);
  works();
  (void)shell.submit(Resume{"looked"}, somebody);
  store.meanwhile = [&] { (void)shell.submit(Pause{"look again", fix}, somebody); };
  ASSERT_TRUE(shell.step(now).value_or(false));  // one round: the end of the first
  EXPECT_FALSE(lets());
  works();
  EXPECT_FALSE(lets());
}

}  // namespace
}  // namespace aright::engine::test
