// What a death within a commit leaves of it.
#include "sim_store.h"

#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

TEST(SimStoreTest, ADeathInACommitLeavesNothingOfItAndOneAfterItAll) {
  for (const bool after : {false, true}) {
    World world{1};
    SimReserve reserve;
    SimStore store{world, reserve};
    Batch batch;
    batch.entries.push_back({0, 0, "{}"});
    batch.leaves.push_back(audit::leaf_hash("{}"));
    batch.tree = {1, {batch.leaves.back()}};
    batch.rows.push_back({"run", "1", true, "{}"});
    batch.context = "{}";
    batch.checkpoint = Checkpoint{1, "note"};
    world.crash_at = after ? 1 : 0;
    EXPECT_THROW((void)store.commit(batch), Crash);
    const Loaded loaded = store.load().value();
    EXPECT_EQ(loaded.tree.size, after ? 1U : 0U);
    EXPECT_EQ(loaded.open_rows.size(), after ? 1U : 0U);
    EXPECT_EQ(loaded.context.empty(), !after);
    EXPECT_EQ(loaded.checkpoint.has_value(), after);
    EXPECT_EQ(store.entries.size(), after ? 1U : 0U);
  }
}

}  // namespace
}  // namespace aright::sim
