// What is kept long enough is found once, and is gone when it is taken away.
#include "store/outdated_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "model/resource.h"
#include "store/sqlite_history.h"
#include "store/sqlite_store.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const WallTime today = *parse_rfc3339("2026-11-20T12:00:00Z");
constexpr std::chrono::hours day{24};

Blob content_of(int days_ago, std::string bytes, bool sensitive) {
  const Digest salt = salt_at(today - days_ago * day, random_digest());
  Blob blob;
  blob.salt = std::string(salt.begin(), salt.end());
  blob.commitment = {commitment_id(blob.salt, bytes), bytes.size()};
  blob.bytes = std::move(bytes);
  blob.sensitive = sensitive;
  return blob;
}

Row run_row(int number, int began, int ended) {
  const std::string end = ended < 0 ? "null" : '"' + rfc3339(today - ended * day) + '"';
  return {"run", fmt::format("{:012}", number), ended < 0,
          fmt::format(R"({{"created_at":"{}","finished_at":{}}})", rfc3339(today - began * day), end)};
}

class Retained : public testing::Test {
 protected:
  Retained() {
    std::string name = (fs::temp_directory_path() / "aright-kept-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    store_ = std::move(*SqliteStore::open((dir_ / "aright.db").string()));
    (void)store_->load();
  }
  ~Retained() override {
    store_.reset();
    fs::remove_all(dir_);
  }
  void commit(const Batch& batch) { ASSERT_TRUE(store_->commit(batch)); }
  /// All that one look finds, taken away as it goes.
  Outdated look(const Retention& retention, std::size_t most = 2) {
    Outdated all;
    auto rows = OutdatedRows::open((dir_ / "aright.db").string());
    EXPECT_TRUE(rows) << rows.error().message;
    while (rows) {
      auto part = rows->next(retention, today, most);
      EXPECT_TRUE(part) << part.error().message;
      if (!part || part->empty()) break;
      EXPECT_LE(part->contents.size(), most);
      all.contents.insert(all.contents.end(), part->contents.begin(), part->contents.end());
      all.rows.insert(all.rows.end(), part->rows.begin(), part->rows.end());
      if (!part->rows.empty()) all.rows_before = std::max(all.rows_before, part->rows_before);
    }
    return all;
  }
  static Batch batch_of_nothing() {
    Batch batch;
    batch.context = "{}";
    return batch;
  }
  bool holds(const std::string& words) const {
    for (const auto& file : fs::directory_iterator(dir_)) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      if (bytes.find(words) != std::string::npos) return true;
    }
    return false;
  }
  fs::path dir_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(Retained, ContentsGoByTheirTimeSensitiveOnesSooner) {
  Batch batch;
  batch.blobs = {content_of(40, "old", false), content_of(20, "younger", false), content_of(8, "secret", true),
                 content_of(3, "fresh secret", true)};
  commit(batch);
  const Outdated found = look({});
  EXPECT_EQ(found.contents, (std::vector{batch.blobs[0].commitment.id, batch.blobs[2].commitment.id}));
  EXPECT_TRUE(found.rows.empty());
}

TEST_F(Retained, RowsThatAreOverGoByTheirEnd) {
  Batch batch;
  batch.rows = {run_row(1, 500, 450), run_row(2, 499, -1), run_row(3, 498, 10), run_row(4, 450, 440), run_row(5, 1, 1)};
  commit(batch);
  const Outdated found = look({}, 1);
  EXPECT_EQ(found.rows, (std::vector<RowName>{{"run", "000000000001"}, {"run", "000000000004"}}))
      << "2 is open, 3 ended not long ago";
  EXPECT_EQ(found.rows_before, today - 400 * day);
}

TEST_F(Retained, NotificationsThatWereTakenGoAndThoseThatAreDeadStay) {
  const auto told = [](int number, bool open) {
    const std::string then = rfc3339(today - 450 * day);
    return Row{"notification", fmt::format("{:012}", number), open,
               fmt::format(R"({{"made_at":"{}","ended_at":"{}"}})", then, then)};
  };
  Batch batch;
  batch.rows = {told(1, false), told(2, true)};
  commit(batch);
  EXPECT_EQ(look({}).rows, (std::vector<RowName>{{"notification", "000000000001"}}));
}

TEST_F(Retained, TooManyBytesTakeTheOldestContentsThenTheOldestRows) {
  Batch batch;
  const auto noise = [] {
    std::string text;
    for (int i = 0; i < 200; ++i) text += hex(random_digest());
    return text;
  };
  for (int i = 9; i > 0; --i) batch.blobs.push_back(content_of(i, noise(), false));
  batch.rows = {run_row(1, 9, 8), run_row(2, 8, 7), run_row(3, 7, -1)};
  commit(batch);
  Retention retention;
  retention.bytes = 30'000;
  const Outdated some = look(retention);
  ASSERT_FALSE(some.contents.empty());
  EXPECT_LT(some.contents.size(), 9U) << "only as many as are too many";
  EXPECT_EQ(some.contents.front(), batch.blobs.front().commitment.id);
  EXPECT_TRUE(some.rows.empty());
  retention.bytes = 1;
  const Outdated all = look(retention);
  EXPECT_EQ(all.contents.size(), 9U);
  EXPECT_EQ(all.rows, (std::vector<RowName>{{"run", "000000000001"}, {"run", "000000000002"}}));
  EXPECT_GT(all.rows_before, today - 7 * day);
}

TEST_F(Retained, WhatIsGoneIsGoneFromThePages) {
  Batch batch;
  batch.blobs = {content_of(40, "a word nobody else says: rhubarb", false),
                 content_of(1, "a word that stays: plum", false)};
  batch.rows = {run_row(1, 500, 450)};
  commit(batch);
  ASSERT_TRUE(holds("rhubarb"));
  Batch gone;
  gone.gone = look({});
  ASSERT_EQ(gone.gone.contents.size(), 1U);
  EXPECT_FALSE(gone.empty());
  commit(gone);
  store_.reset();  // the pages of the write-ahead log go with the last who has it open
  EXPECT_FALSE(holds("rhubarb"));
  EXPECT_TRUE(holds("plum"));
  auto history = SqliteHistory::open((dir_ / "aright.db").string());
  ASSERT_TRUE(history);
  EXPECT_FALSE((*(*history)->blob(batch.blobs[0].commitment.id)).has_value());
  EXPECT_TRUE((*(*history)->blob(batch.blobs[1].commitment.id)).has_value());
  EXPECT_FALSE((*(*history)->row("run", "000000000001")).has_value());
  EXPECT_EQ(*(*history)->check_contents(), 1U);
}

TEST_F(Retained, ARowThatIsOpenStaysWhateverIsAsked) {
  Batch batch;
  batch.rows = {run_row(1, 500, -1)};
  commit(batch);
  Batch gone;
  gone.gone.rows = {{"run", "000000000001"}};
  commit(gone);
  gone.gone.rows = {{"entry", "1"}};
  EXPECT_FALSE(store_->commit(gone)) << "the log is no row that may go";
  auto history = SqliteHistory::open((dir_ / "aright.db").string());
  EXPECT_TRUE((*(*history)->row("run", "000000000001")).has_value());
}

/// While the database is open, and whoever reads fails nobody.
TEST_F(Retained, WhatAPersonErasesGoesFromTheWriteAheadLogAtOnce) {
  Batch batch;
  batch.blobs = {content_of(1, "a word nobody else says: rhubarb", false)};
  commit(batch);
  Batch gone;
  gone.gone.contents = {batch.blobs[0].commitment.id};
  gone.gone.erased = true;
  auto reader = Database::open((dir_ / "aright.db").string(), Database::Access::read_only, 0);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->execute("BEGIN"));
  ASSERT_TRUE(reader->execute("SELECT count(*) FROM blob"));
  commit(gone);
  EXPECT_TRUE(holds("rhubarb")) << "it reads the pages as they were";
  commit(batch_of_nothing());
  EXPECT_TRUE(holds("rhubarb"));
  ASSERT_TRUE(reader->execute("COMMIT"));
  commit(batch_of_nothing());
  EXPECT_FALSE(holds("rhubarb"));
  EXPECT_EQ(fs::file_size(dir_ / "aright.db-wal"), 0U);
  commit(batch);
  commit(gone);
  EXPECT_FALSE(holds("rhubarb")) << "nobody reads";
}

TEST_F(Retained, WhatWasSaidOfAFindingGoesWithIt) {
  Batch batch;
  batch.rows = {{"finding", "motd#1", false, "{}"},
                {"mark", "motd#1", true, R"({"as":"true"})"},
                {"finding", "motd#2", true, "{}"},
                {"mark", "motd#2", true, R"({"as":"true"})"}};
  commit(batch);
  Batch gone;
  gone.gone.rows = {{"finding", "motd#1"}, {"finding", "motd#2"}};
  commit(gone);
  auto history = SqliteHistory::open((dir_ / "aright.db").string());
  EXPECT_FALSE((*(*history)->row("mark", "motd#1")).has_value());
  EXPECT_TRUE((*(*history)->row("mark", "motd#2")).has_value()) << "its finding is open and stays";
}

}  // namespace
}  // namespace aright::store
