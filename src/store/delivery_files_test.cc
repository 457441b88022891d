// A delivery that was acknowledged is there after any death, and is never taken twice while its id is remembered.
#include "store/delivery_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/delivery_record.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const WallTime start{1'760'000'000s};

class DeliveryFilesTest : public testing::Test {
 protected:
  DeliveryFilesTest() {
    std::string name = (fs::temp_directory_path() / "aright-deliveries-XXXXXX").string();
    dir = mkdtemp(name.data());
  }
  ~DeliveryFilesTest() override { fs::remove_all(dir); }

  void open(WallTime now = start, std::uint64_t done = 0, DeliveryLimits limits = small()) {
    deliveries.reset();
    auto opened = DeliveryFiles::open((dir / "d").string(), now, done, limits);
    ASSERT_TRUE(opened) << opened.error().message;
    deliveries = std::move(opened->deliveries);
    damaged_ids = opened->damaged_ids;
    oldest = opened->first;
    lost = opened->lost;
  }
  /// Segments of two or three deliveries.
  static DeliveryLimits small() { return {{.bytes = 100'000, .segment_bytes = 300, .record_bytes = 10'000}, 1000}; }
  bool taken(const std::string& id, WallTime at = start, const std::string& bytes = std::string(40, 'x')) {
    const auto kept = deliveries->keep({{id}, bytes, at});
    EXPECT_TRUE(kept) << kept.error().message;
    return kept && !kept->repeated;
  }
  std::vector<std::string> texts() {
    const auto read = deliveries->read(0, 1000, 1U << 20U);
    EXPECT_TRUE(read);
    std::vector<std::string> all;
    for (const SpooledDelivery& delivery : *read) all.push_back(delivery.bytes);
    return all;
  }
  fs::path ids_file() const { return dir / "d" / "ids"; }

  fs::path dir;
  std::unique_ptr<DeliveryFiles> deliveries;
  std::uint64_t damaged_ids{0};
  std::uint64_t oldest{0};
  std::string lost;
};

TEST_F(DeliveryFilesTest, KeepsWithTheTimeItCameAndTakesNoIdTwice) {
  open();
  const auto first = deliveries->keep({{"a", "b"}, "one", start + 5s});
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(deliveries->keep({{"b", "c"}, "again", start + 6s})->repeated) << "any of its ids is enough";
  EXPECT_FALSE(deliveries->keep({{"c"}, "two", start + 6s})->repeated) << "a repeated one adds none";
  EXPECT_FALSE(deliveries->keep({{}, "three", start})->repeated);
  EXPECT_FALSE(deliveries->keep({{}, "three", start})->repeated) << "without an id each is a new one";
  const auto all = deliveries->read(0, 100, 1000);
  ASSERT_EQ(all->size(), 4U);
  EXPECT_EQ(all->front().bytes, "one");
  EXPECT_EQ(all->front().at, start + 5s);
  EXPECT_EQ(all->back().number, 3U);
  EXPECT_EQ(deliveries->figures().next, 4U);
  EXPECT_EQ(deliveries->figures().ids, 3U);
}

TEST_F(DeliveryFilesTest, KnowsItsIdsAfterARestartFromTheRecordsThemselves) {
  open();
  ASSERT_TRUE(taken("a"));
  open(start + 1h);
  EXPECT_FALSE(taken("a", start + 1h));
  EXPECT_TRUE(taken("b", start + 1h));
}

TEST_F(DeliveryFilesTest, KnowsIdsWhoseRecordsAreGone) {
  open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(taken("id" + std::to_string(i)));
  ASSERT_TRUE(deliveries->release(20, start));
  EXPECT_GT(deliveries->read(0, 1, 1)->front().number, 15U);
  for (const bool restarted : {false, true}) {
    if (restarted) open(start + 1h, 20);
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(taken("id" + std::to_string(i), start + 1h)) << i;
  }
  EXPECT_EQ(damaged_ids, 0U);
}

TEST_F(DeliveryFilesTest, ADeathBetweenFilingIdsAndDeletingRecordsForgetsNothing) {
  open();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(taken("id" + std::to_string(i)));
  const fs::path saved = dir / "saved";
  fs::copy(dir / "d" / "spool", saved, fs::copy_options::recursive);
  ASSERT_TRUE(deliveries->release(12, start));
  deliveries.reset();
  fs::remove_all(dir / "d" / "spool");
  fs::rename(saved, dir / "d" / "spool");
  open(start, 12);
  EXPECT_EQ(texts().size(), 12U);
  for (int i = 0; i < 12; ++i) EXPECT_FALSE(taken("id" + std::to_string(i)));
  ASSERT_TRUE(deliveries->release(12, start));
  EXPECT_LT(texts().size(), 4U);
}

TEST_F(DeliveryFilesTest, AnIdIsForgottenAfterSevenDaysAndNotBefore) {
  open();
  ASSERT_TRUE(taken("a", start));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(taken("filler" + std::to_string(i), start));
  ASSERT_TRUE(deliveries->release(11, start));
  const WallTime last = start + delivery_ids_for - 1s;
  EXPECT_FALSE(taken("a", last));
  open(last, 11);
  EXPECT_FALSE(taken("a", last));
  EXPECT_TRUE(taken("a", start + delivery_ids_for));
  open(start + delivery_ids_for + 1h, 12);
  EXPECT_FALSE(taken("a", start + delivery_ids_for + 1h)) << "the newer one counts from its own time";
}

TEST_F(DeliveryFilesTest, TooManyIdsDropTheOldestAndAreCounted) {
  DeliveryLimits limits = small();
  limits.ids = 5;
  open(start, 0, limits);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(taken("id" + std::to_string(i), start + std::chrono::seconds(i)));
  EXPECT_FALSE(taken("id7", start + 10s));
  EXPECT_FALSE(taken("id3", start + 10s));
  EXPECT_TRUE(taken("id0", start + 10s));
  EXPECT_EQ(deliveries->figures().ids, 6U) << "the next one makes room";
  EXPECT_EQ(deliveries->figures().ids_dropped, 3U);
}

TEST_F(DeliveryFilesTest, TheIdFileIsMadeAnewWhenMostOfItIsOver) {
  DeliveryLimits limits = small();
  limits.ids = 100;
  open(start, 0, limits);
  std::uintmax_t largest = 0;
  std::uint64_t next = 0;
  for (; next < 400; ++next) {  // of four ids each
    const std::string id = std::to_string(next);
    const WallTime at = start + std::chrono::seconds(next);
    ASSERT_TRUE(deliveries->keep({{id, id + "b", id + "c", id + "d"}, "x", at}));
    if (next % 20 == 0) {
      ASSERT_TRUE(deliveries->release(next, at));
    }
    largest = std::max(largest, fs::file_size(ids_file()));
  }
  EXPECT_LT(largest, 32U * 1300U) << "of 1,600";
  open(start + 400s, next, limits);
  for (std::uint64_t known = next - 10; known < next; ++known) {
    EXPECT_FALSE(taken(std::to_string(known) + "d", start + 400s));
  }
}

TEST_F(DeliveryFilesTest, DamagedIdsCostOnlyThemselvesAndAreCounted) {
  open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(taken("id" + std::to_string(i)));
  ASSERT_TRUE(deliveries->release(20, start));
  deliveries.reset();
  const auto size = fs::file_size(ids_file());
  {
    std::fstream file(ids_file(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(32 * 3 + 7);
    file.put('!');
    file.seekp(0, std::ios::end);
    file << "torn";
  }
  open(start, 20);
  EXPECT_EQ(damaged_ids, 2U);
  int again = 0;
  for (int i = 0; i < 20; ++i) again += taken("id" + std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(again, 1);
  ASSERT_TRUE(deliveries->release(21, start));
  EXPECT_GE(fs::file_size(ids_file()), size);
  open(start, 21);
  EXPECT_EQ(damaged_ids, 2U) << "what is added behind a torn end is whole";
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(taken("id" + std::to_string(i)));
}

TEST_F(DeliveryFilesTest, SaysWhatIsGoneWhereDeliveriesWereWorkedUp) {
  open();
  EXPECT_EQ(lost, "");
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(taken(std::to_string(i)));
  deliveries.reset();
  fs::remove(ids_file());
  open(start, 8);
  EXPECT_EQ(lost, "") << "no id was filed yet: each is in its record";
  ASSERT_TRUE(deliveries->release(8, start));
  open(start, 9);
  EXPECT_EQ(lost, "");
  EXPECT_EQ(oldest, 6U);
  deliveries.reset();
  fs::remove(ids_file());
  open(start, 9);
  EXPECT_THAT(lost, HasSubstr("d/ids is gone: deliveries before number 6, sent again, are taken again"));
  EXPECT_TRUE(taken("0"));
  EXPECT_FALSE(taken("8"));
  open(start, 9);
  EXPECT_EQ(lost, "") << "once";
  deliveries.reset();
  fs::remove_all(dir / "d" / "spool");
  open(start, 10);
  EXPECT_THAT(lost, HasSubstr("d/spool is gone or empty, though 10 deliveries have been worked up"));
  EXPECT_EQ(oldest, 10U);
  deliveries.reset();
  fs::remove_all(dir / "d");
  open(start, 10);
  EXPECT_THAT(lost, HasSubstr("/d is gone or empty"));
  deliveries.reset();
  fs::remove_all(dir / "d");
  open();
  EXPECT_EQ(lost, "") << "nobody knows of any";
}

TEST_F(DeliveryFilesTest, NoneIsCalledRepeatedThatIsOnNoDiskAnyMore) {
  open();
  EXPECT_TRUE(taken("one"));
  fs::rename(dir / "d" / "spool", dir / "elsewhere");
  const auto again = deliveries->keep({{"one"}, "x", start});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::unavailable);
  EXPECT_THAT(again.error().message, HasSubstr("is gone, or was moved"));
  EXPECT_FALSE(deliveries->keep({{"two"}, "x", start}));
  fs::rename(dir / "elsewhere", dir / "d" / "spool");
  EXPECT_FALSE(taken("one")) << "it is there again";
  EXPECT_TRUE(taken("two")) << "nobody was told that it was kept";
}

TEST_F(DeliveryFilesTest, OfManyAtOnceWithOneIdOneIsKept) {
  open();
  constexpr int callers = 16;
  std::atomic<int> fresh{0};
  std::atomic<int> repeated{0};
  {
    std::vector<std::jthread> threads;
    for (int caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&] {
        for (int i = 0; i < 30; ++i) {
          const auto kept = deliveries->keep({{"id" + std::to_string(i)}, "x", start});
          ASSERT_TRUE(kept);
          ++(kept->repeated ? repeated : fresh);
        }
      });
    }
  }
  EXPECT_EQ(fresh, 30);
  EXPECT_EQ(repeated, 30 * (callers - 1));
  EXPECT_EQ(texts().size(), 30U);
}

TEST_F(DeliveryFilesTest, WhatCouldNotBeKeptMayComeAgain) {
  DeliveryLimits limits = small();
  limits.spool.bytes = 600;
  open(start, 0, limits);
  int kept = 0;
  while (deliveries->keep({{"id" + std::to_string(kept)}, std::string(100, 'x'), start})) ++kept;
  const std::string refused = "id" + std::to_string(kept);
  EXPECT_EQ(deliveries->keep({{refused}, std::string(100, 'x'), start}).error().code, Errc::no_space);
  EXPECT_TRUE(deliveries->keep({{"id0"}, "x", start})->repeated) << "a repeated one needs no room";
  ASSERT_TRUE(deliveries->release(static_cast<std::uint64_t>(kept), start));
  EXPECT_TRUE(taken(refused, start, "now there is room"));
  EXPECT_EQ(deliveries->keep({{"big"}, std::string(10'001, 'x'), start}).error().code, Errc::invalid);
}

TEST_F(DeliveryFilesTest, AFullDiskKeepsTheRecordsUntilTheirIdsAreFiled) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // the limit holds for the whole process
    std::signal(SIGXFSZ, SIG_IGN);
    open();
    bool good = true;
    for (int i = 0; i < 12; ++i) good = good && taken("id" + std::to_string(i));
    rlimit limit{32, RLIM_INFINITY};
    good = good && setrlimit(RLIMIT_FSIZE, &limit) == 0;
    const auto refused = deliveries->release(12, start);
    good = good && !refused && refused.error().code == Errc::no_space && texts().size() == 12;
    limit.rlim_cur = RLIM_INFINITY;
    good = good && setrlimit(RLIMIT_FSIZE, &limit) == 0;
    good = good && deliveries->release(12, start) && texts().size() < 5;
    open(start, 12);
    for (int i = 0; i < 12; ++i) good = good && !taken("id" + std::to_string(i));
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(DeliveryFilesTest, NumbersGoOnWhenTheFolderWasMovedAwayAndAnOldCopyIsRefused) {
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(taken("id" + std::to_string(i)));
  deliveries.reset();
  const auto old_copy = DeliveryFiles::open((dir / "d").string(), start, 10, small());
  ASSERT_FALSE(old_copy);
  EXPECT_EQ(old_copy.error().code, Errc::corrupt);
  EXPECT_THAT(old_copy.error().message, HasSubstr("up to 3, but 10"));
  fs::remove_all(dir / "d");
  open(start, 10);
  EXPECT_EQ(deliveries->keep({{"new"}, "x", start})->number, 10U);
}

TEST(DeliveryRecord, IsReadAsItWasWrittenAndNothingElseIs) {
  const DeliveryRecord record{{id_key("a"), id_key("b")}, start + 7ns, std::string("body \0 end", 10), Mode::propose};
  const std::string bytes = encode_delivery(record);
  const auto read = decode_delivery(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ids, record.ids);
  EXPECT_EQ(read->at, record.at);
  EXPECT_EQ(read->bytes, record.bytes);
  EXPECT_EQ(read->mode_max, Mode::propose);
  for (std::size_t end = 0; end < bytes.size() - record.bytes.size(); ++end) {
    EXPECT_FALSE(decode_delivery(bytes.substr(0, end))) << end;
  }
  EXPECT_FALSE(decode_delivery("\x03" + bytes.substr(1))) << "another version";
  for (const char mode : {'\0', '\5', '\xff'}) {
    std::string bad = bytes;
    bad[10] = mode;
    EXPECT_FALSE(decode_delivery(bad)) << "no mode of a source";
  }
}

TEST(DeliveryRecord, OnesWithoutAModeAreStillRead) {
  const DeliveryRecord record{{id_key("a")}, start, "body", {}};
  const std::string bytes = encode_delivery(record);
  EXPECT_EQ(bytes.front(), '\x01');
  const auto read = decode_delivery(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ids, record.ids);
  EXPECT_EQ(read->bytes, "body");
  EXPECT_FALSE(read->mode_max);
}

}  // namespace
}  // namespace aright::store
