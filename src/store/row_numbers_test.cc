// A row has the same number whatever has gone before.
#include "store/row_numbers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "store/sqlite_history.h"
#include "store/sqlite_store.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;
using Numbers = std::map<std::string, std::uint64_t>;

class RowNumbersTest : public testing::Test {
 protected:
  RowNumbersTest() {
    std::string name = (fs::temp_directory_path() / "aright-numbers-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    file_ = (dir_ / "aright.db").string();
    open();
  }
  ~RowNumbersTest() override {
    store_.reset();
    fs::remove_all(dir_);
  }
  void open() {
    store_ = std::move(*SqliteStore::open(file_));
    ASSERT_TRUE(store_->load());
  }
  /// One entry after the others, with the rows that come of it.
  void commit(const std::string& bytes, std::vector<Row> rows) {
    Batch b;
    b.entries.push_back({next_, 0, bytes});
    b.leaves.push_back(Digest{1});
    b.tree = {++next_, {Digest{1}}};
    b.rows = std::move(rows);
    const auto ok = store_->commit(b);
    ASSERT_TRUE(ok) << ok.error().message;
  }
  void opened(const std::string& id) {
    commit(fmt::format(R"({{"finding":"{}","kind":"finding.opened"}})", id), {{"finding", id, true, "{}"}});
  }
  void take_away(const std::string& table, const std::string& id) {
    Batch b;
    b.gone.rows = {{table, id}};
    ASSERT_TRUE(store_->commit(b));
  }
  Numbers numbers(const std::string& table) const {
    Numbers all;
    const auto history = SqliteHistory::open(file_);
    EXPECT_TRUE(history);
    EXPECT_TRUE((*history)->each_number(table, [&](const std::string& id, std::uint64_t number) { all[id] = number; }));
    return all;
  }
  void execute(const std::string& sql) const {
    auto database = Database::open(file_, Database::Access::read_write);
    const auto ok = database->execute(sql);
    ASSERT_TRUE(ok) << ok.error().message;
  }

  fs::path dir_;
  std::string file_;
  std::unique_ptr<SqliteStore> store_;
  std::uint64_t next_{0};
};

TEST_F(RowNumbersTest, RunsAndNotificationsHaveThatOfTheirIds) {
  for (const char* table : {"run", "notification"}) {
    commit("{}", {{table, "000000000001", true, "{}"}, {table, "000000000002", true, "{}"}});
    commit("{}", {{table, "000000000001", false, "{}"}, {table, "000000000002", false, "{}"}});
    EXPECT_EQ(numbers(table), (Numbers{{"000000000001", 1}, {"000000000002", 2}}));
    take_away(table, "000000000001");
    take_away(table, "000000000002");
    commit("{}", {{table, "000000000003", true, "{}"}});
    EXPECT_EQ(numbers(table), (Numbers{{"000000000003", 3}})) << "it does not begin anew";
  }
}

TEST_F(RowNumbersTest, FindingsHaveThatOfTheEntryThatOpenedThem) {
  commit("{}", {});
  opened("ff");
  commit(R"({"finding":"ff","kind":"finding.occurred"})", {{"finding", "ff", true, "{}"}});
  opened("aa");
  EXPECT_EQ(numbers("finding"), (Numbers{{"ff", 1}, {"aa", 3}}));
  commit("{}", {{"finding", "aa", false, "{}"}});
  take_away("finding", "aa");
  opened("bb");
  EXPECT_EQ(numbers("finding"), (Numbers{{"ff", 1}, {"bb", 5}})) << "what is gone leaves its place";
}

TEST_F(RowNumbersTest, OthersHaveNone) {
  const auto history = SqliteHistory::open(file_);
  EXPECT_FALSE((*history)->each_number("review", [](const std::string&, std::uint64_t) {}));
}

/// As they were given before: from the highest that was kept on.
TEST_F(RowNumbersTest, ThoseOfAnOlderVersionAreGivenAnew) {
  commit("{}", {});
  opened("ff");
  opened("aa");
  commit("half a \"kind\":\"finding.opened\"", {});
  commit("{}", {{"run", "000000000007", false, "{}"},
                {"run", "000000000008", true, "{}"},
                {"notification", "000000000005", true, "{}"}});
  store_.reset();
  execute(
      "UPDATE finding SET number=9 WHERE id='ff'; UPDATE finding SET number=1 WHERE id='aa';"
      "UPDATE run SET number=number+100; UPDATE run SET number=8 WHERE id='000000000007';"
      "UPDATE notification SET number=1; PRAGMA user_version=7");
  open();
  EXPECT_EQ(numbers("finding"), (Numbers{{"ff", 1}, {"aa", 2}}));
  EXPECT_EQ(numbers("run"), (Numbers{{"000000000007", 7}, {"000000000008", 8}}));
  EXPECT_EQ(numbers("notification"), (Numbers{{"000000000005", 5}}));
}

}  // namespace
}  // namespace aright::store
