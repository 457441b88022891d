// What only would have been done is counted, and not without end.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/projection.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;

class ShadowAdmissions : public testing::Test {
 protected:
  void record(const std::string& kind, Json fields) {
    fields.update({{"v", 1},
                   {"seq", all.entries()},
                   {"at", rfc3339(now.wall)},
                   {"up", now.boot / 1us},
                   {"boot_id", now.boot_id},
                   {"kind", kind}});
    if (const auto ok = all.apply(fields); !ok) throw std::runtime_error(ok.error().message);
  }
  static std::string subject(std::uint64_t n) { return "address=" + std::to_string(n); }
  static std::string id_of(std::uint64_t n) { return Finding::make_id("c", subject(n), 1); }
  void open(std::uint64_t n) {
    record("finding.opened", {{"finding", id_of(n)},
                              {"control", "c"},
                              {"control_hash", "h"},
                              {"subject", subject(n)},
                              {"severity", "medium"},
                              {"episode", 1},
                              {"recurrence_of", ""},
                              {"differs", {"s"}},
                              {"source", "log"},
                              {"offset", n}});
  }
  void observe(std::uint64_t n) {
    record("run.observed", {{"finding", id_of(n)}, {"workflow", "w"}, {"reason", "would run"}});
  }
  [[nodiscard]] std::size_t counted() const { return all.admissions("w", true).size(); }
  Projection all;
  Now now{WallTime{1000h}, 1h, "boot"};
};

TEST_F(ShadowAdmissions, OfAFloodTheOldestAreForgotten) {
  record("node.started", {{"boot_id", now.boot_id}, {"version", "1"}});
  open(1);
  open(2);
  observe(1);
  for (std::size_t i = 1; i < shadow_admissions_max; ++i) observe(2);
  const auto of_first = [&] {
    return all.admissions("w", true).within(guard::Tally::By::subject, "address=1", 10min, now).all;
  };
  EXPECT_EQ(counted(), shadow_admissions_max);
  EXPECT_EQ(of_first(), 1U);
  (void)all.take_rows();
  observe(2);
  EXPECT_EQ(counted(), shadow_admissions_max);
  EXPECT_EQ(of_first(), 0U);
  std::size_t gone = 0;
  for (const Row& row : all.take_rows()) gone += row.table == "admission" && !row.open ? 1U : 0U;
  EXPECT_EQ(gone, 1U) << "its row goes with it";
}

}  // namespace
}  // namespace aright::engine
