// Damage that SQLite would meet later: seen before anything is done, and named.
#include "store/look_through.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace aright::store {
namespace {

namespace fs = std::filesystem;

class LookThrough : public testing::Test {
 protected:
  LookThrough() {
    std::string name = (fs::temp_directory_path() / "aright-look-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    file_ = (dir_ / "a.db").string();
  }
  ~LookThrough() override { fs::remove_all(dir_); }

  /// Of so many KiB, with each kind of tree; their first pages by name.
  std::map<std::string, std::uint64_t> make(int kib) {
    auto database = Database::open(file_, Database::Access::read_write, 1000);
    EXPECT_TRUE(database);
    const std::string fill = fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{}) INSERT INTO t SELECT i, i, "
        "zeroblob(1000) FROM n",
        kib);
    for (const std::string& sql :
         {std::string("CREATE TABLE t(a INTEGER PRIMARY KEY, b INT, c BLOB)"),
          std::string("CREATE INDEX every ON t(b)"), std::string("CREATE INDEX some ON t(b) WHERE b > 5"),
          std::string("CREATE TABLE w(id TEXT PRIMARY KEY, n INT UNIQUE, doc TEXT) WITHOUT ROWID"), fill}) {
      EXPECT_TRUE(database->execute(sql)) << sql;
    }
    std::map<std::string, std::uint64_t> roots;
    auto names = database->prepare("SELECT name,rootpage FROM sqlite_schema WHERE rootpage>0");
    for (auto row = names->step(); row && *row; row = names->step()) roots[names->text(0)] = names->number(1);
    return roots;
  }

  Result<Done> look() const {
    auto database = Database::open(file_, Database::Access::read_write, 1000);
    if (!database) return std::unexpected(database.error());
    return look_through(*database);
  }

  Result<Done> look_with_damage(std::uint64_t page) const {
    std::ifstream in(file_, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    std::string changed = whole;
    changed[(page - 1) * 4096] = '\xff';
    std::ofstream(file_, std::ios::binary) << changed;
    auto said = look();
    std::ofstream(file_, std::ios::binary) << whole;
    return said;
  }

  fs::path dir_;
  std::string file_;
};

TEST_F(LookThrough, OfASmallOneEveryPage) {
  make(100);
  ASSERT_TRUE(look()) << look().error().message;
  const std::uint64_t pages = fs::file_size(file_) / 4096;
  for (std::uint64_t page = 2; page <= pages; ++page) {
    const auto said = look_with_damage(page);
    ASSERT_FALSE(said) << page;
    EXPECT_EQ(said.error().code, Errc::corrupt);
    EXPECT_TRUE(said.error().message.starts_with(file_ + ": ")) << said.error().message;
  }
}

TEST_F(LookThrough, OfALargeOneWhereEachTreeBegins) {
  const auto roots = make(10'000);
  ASSERT_GT(fs::file_size(file_), 8U << 20U);
  ASSERT_TRUE(look()) << look().error().message;
  ASSERT_EQ(roots.size(), 5U) << "two tables, and three trees beside them";
  for (const auto& [name, page] : roots) {
    const auto said = look_with_damage(page);
    ASSERT_FALSE(said) << name;
    EXPECT_EQ(said.error().message, fmt::format("{}: damaged: the first page of {} cannot be read", file_, name));
  }
}

}  // namespace
}  // namespace aright::store
