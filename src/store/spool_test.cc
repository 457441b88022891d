// The spool: what was acknowledged is there after any death, and nothing else is.
#include "store/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/ubsan_fixture.h"
#include "store/file_check.h"
#include "store/spool_frame.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string name = (fs::temp_directory_path() / "aright-spool-XXXXXX").string();
    dir = mkdtemp(name.data());
  }
  ~SpoolTest() override { fs::remove_all(dir); }

  std::unique_ptr<Spool> open(SpoolLimits limits = {}) const {
    auto spool = Spool::open((dir / "s").string(), limits);
    EXPECT_TRUE(spool) << spool.error().message;
    return spool ? std::move(*spool) : nullptr;
  }
  static std::vector<std::string> texts(Spool& spool, std::uint64_t from = 0) {
    auto read = spool.read(from, 10'000, std::size_t{100} << 20U);
    EXPECT_TRUE(read) << read.error().message;
    std::vector<std::string> all;
    for (SpoolRecord& r : *read) {
      EXPECT_EQ(r.number, from + all.size());
      all.push_back(std::move(r.bytes));
    }
    return all;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(dir / "s")) all.push_back(entry.path());
    std::ranges::sort(all);
    return all;
  }
  static std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  fs::path dir;
};

TEST_F(SpoolTest, KeepsRecordsInOrderAcrossOpenings) {
  const std::string odd("nul \0 and \xFF", 12);
  {
    const auto spool = open();
    EXPECT_EQ(spool->append("one"), 0U);
    EXPECT_EQ(spool->append(odd), 1U);
    EXPECT_EQ(spool->append(""), 2U);
    EXPECT_THAT(texts(*spool), ElementsAre("one", odd, ""));
  }
  const auto spool = open();
  EXPECT_EQ(spool->append("four"), 3U);
  EXPECT_THAT(texts(*spool, 1), ElementsAre(odd, "", "four"));
  EXPECT_THAT(texts(*spool, 3), ElementsAre("four"));
  EXPECT_THAT(texts(*spool, 4), IsEmpty());
  EXPECT_THAT(texts(*spool), ElementsAre("one", odd, "", "four")) << "back again";
}

TEST_F(SpoolTest, ReadsInPiecesAndAlwaysAtLeastOne) {
  const auto spool = open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(spool->append(std::string(10, 'x')));
  EXPECT_EQ(spool->read(0, 2, 1000)->size(), 2U);
  EXPECT_EQ(spool->read(2, 10, 25)->size(), 2U);
  EXPECT_EQ(spool->read(4, 10, 1)->size(), 1U);
}

TEST_F(SpoolTest, SegmentsThatAreDoneAreDeletedAndNumbersGoOn) {
  const SpoolLimits small{.bytes = 100'000, .segment_bytes = 200, .record_bytes = 1000};
  auto spool = open(small);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(spool->append(std::to_string(100 + i)), static_cast<std::uint64_t>(i));
  const std::size_t before = files().size();
  ASSERT_GT(before, 3U);
  ASSERT_TRUE(spool->release(9));
  EXPECT_LT(files().size(), before);
  EXPECT_LE(spool->figures().first, 9U) << "a segment with a record that is needed stays";
  ASSERT_TRUE(spool->release(20));
  EXPECT_EQ(files().size(), 1U);
  spool.reset();
  spool = open(small);
  EXPECT_EQ(spool->append("more"), 20U);
  EXPECT_EQ(spool->read(0, 100, 100)->back().bytes, "more");
  EXPECT_EQ(spool->read(0, 100, 100)->front().number, spool->figures().first);
}

TEST_F(SpoolTest, BeyondItsLimitNothingIsTakenUntilSomethingIsDone) {
  const auto spool = open({.bytes = 1000, .segment_bytes = 300, .record_bytes = 500});
  EXPECT_EQ(spool->append(std::string(501, 'x')).error().code, Errc::invalid);
  std::uint64_t taken = 0;
  while (spool->append(std::string(50, 'x'))) ++taken;
  const auto refused = spool->append(std::string(50, 'x'));
  EXPECT_EQ(refused.error().code, Errc::no_space);
  EXPECT_EQ(refused.error().retry, Retry::yes);
  EXPECT_THAT(refused.error().message, HasSubstr("the limit is 1000"));
  EXPECT_EQ(texts(*spool).size(), taken);
  ASSERT_TRUE(spool->release(taken));
  EXPECT_EQ(spool->append("goes on"), taken);
}

TEST_F(SpoolTest, ManyCallersShareSyncsAndEachGetsItsOwnNumber) {
  const auto spool = open({.bytes = 10'000'000, .segment_bytes = 5000, .record_bytes = 500});
  constexpr int callers = 16;
  constexpr int each = 50;
  std::mutex mutex;
  std::map<std::uint64_t, std::string> told;
  {
    std::vector<std::jthread> threads;
    threads.reserve(callers);
    for (int caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&, caller] {
        for (int i = 0; i < each; ++i) {
          const std::string text = std::to_string(caller) + "/" + std::to_string(i);
          const auto number = spool->append(text);
          ASSERT_TRUE(number);
          const std::scoped_lock lock(mutex);
          EXPECT_TRUE(told.emplace(*number, text).second);
        }
      });
    }
  }
  const auto all = texts(*spool);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(callers * each));
  for (const auto& [number, text] : told) EXPECT_EQ(all[number], text);
  EXPECT_LE(spool->figures().syncs, all.size());
}

/// A death while the last write was under way: the file ends anywhere in it.
TEST_F(SpoolTest, ATornEndIsCutAtEveryByteAndNothingBeforeItIsLost) {
  {
    const auto spool = open();
    ASSERT_TRUE(spool->append("first"));
    ASSERT_TRUE(spool->append("second record"));
  }
  const fs::path file = files().front();
  const std::string whole = slurp(file);
  const std::size_t kept = segment_head_bytes + frame_head_bytes + 5;
  for (std::size_t end = kept; end < whole.size(); ++end) {
    for (const char filler : {'\0', '\xA5'}) {  // cut off, or of full length with the rest not written
      write(file, whole.substr(0, end));
      if (filler != '\0' && end > kept) write(file, whole.substr(0, end) + std::string(whole.size() - end, filler));
      const auto spool = open();
      ASSERT_TRUE(spool);
      ASSERT_THAT(texts(*spool), ElementsAre("first")) << end;
      ASSERT_EQ(spool->append("again"), 1U);
      ASSERT_THAT(texts(*spool), ElementsAre("first", "again"));
    }
  }
}

TEST_F(SpoolTest, DamageOfWhatWasDurableIsRefusedByNameAtEveryByte) {
  {
    const auto spool = open();
    ASSERT_TRUE(spool->append("first"));
    ASSERT_TRUE(spool->append("second"));
    ASSERT_TRUE(spool->append("third"));
  }
  const fs::path file = files().front();
  const std::string whole = slurp(file);
  const std::size_t third = whole.size() - frame_head_bytes - 5;
  for (std::size_t at = 0; at < third; ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    write(file, bad);
    const auto spool = Spool::open((dir / "s").string());
    ASSERT_FALSE(spool) << at;
    EXPECT_EQ(spool.error().code, Errc::corrupt);
    EXPECT_THAT(spool.error().message, HasSubstr(file.string()));
    EXPECT_EQ(slurp(file), bad) << "nothing is changed";
  }
}

TEST_F(SpoolTest, AMissingSegmentIsRefused) {
  {
    const auto spool = open({.bytes = 100'000, .segment_bytes = 100, .record_bytes = 100});
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(spool->append(std::string(60, 'x')));
  }
  ASSERT_GT(files().size(), 3U);
  fs::remove(files()[1]);
  const std::string folder = (dir / "s").string();
  const auto spool = Spool::open(folder);
  ASSERT_FALSE(spool);
  EXPECT_EQ(spool.error().code, Errc::corrupt);
  EXPECT_THAT(spool.error().message, HasSubstr("or move " + folder + " away: what was acknowledged there"));
  EXPECT_EQ(advised(spool.error()).message, spool.error().message) << "that is not about the state folder";
}

TEST_F(SpoolTest, ASenderCannotWriteWhatLooksLikeAFrame) {
  std::string frame;
  append_frame(frame, std::string(8, '\0'), {1, 10'000'000, "mine"});
  {
    const auto spool = open();
    ASSERT_TRUE(spool->append("good"));
    ASSERT_TRUE(spool->append(frame + frame));
  }
  const fs::path file = files().front();
  const std::string whole = slurp(file);
  write(file, whole.substr(0, whole.size() - 1));
  const auto spool = open();
  EXPECT_THAT(texts(*spool), ElementsAre("good")) << "a torn end, whatever stands in it";
}

TEST_F(SpoolTest, AFullDiskRefusesAndGoesOnByItself) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // the limit holds for the whole process
    std::signal(SIGXFSZ, SIG_IGN);
    auto spool = Spool::open((dir / "s").string());
    bool good = spool && (*spool)->append("before");
    rlimit limit{300, RLIM_INFINITY};
    good = good && setrlimit(RLIMIT_FSIZE, &limit) == 0;
    const auto refused = (*spool)->append(std::string(1000, 'x'));
    good = good && !refused && refused.error().code == Errc::no_space;
    good = good && (*spool)->append("small").value_or(9) == 1;
    limit.rlim_cur = RLIM_INFINITY;
    good = good && setrlimit(RLIMIT_FSIZE, &limit) == 0;
    good = good && (*spool)->append(std::string(1000, 'y')).value_or(9) == 2;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(texts(*open()), ElementsAre("before", "small", std::string(1000, 'y')));
}

/// EMFILE at a roll-over: no record was written, so it is no reason to stop for good.
TEST_F(SpoolTest, ASegmentThatCannotBeBegunIsTriedAgainAndSaysWhy) {
  if (under_ubsan) GTEST_SKIP() << "skipped: UBSan's check of object types needs a descriptor of its own";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // the limit holds for the whole process
    auto spool = Spool::open((dir / "s").string(), {.bytes = 10'000, .segment_bytes = 100, .record_bytes = 500});
    bool good = spool && (*spool)->append(std::string(100, 'x'));
    rlimit before{};
    good = good && getrlimit(RLIMIT_NOFILE, &before) == 0;
    const rlimit none{3, before.rlim_max};
    good = good && setrlimit(RLIMIT_NOFILE, &none) == 0;
    for (int i = 0; i < 2; ++i) {
      const auto refused = (*spool)->append("refused");
      good = good && !refused && refused.error().code == Errc::unavailable && refused.error().retry == Retry::yes;
      good = good && refused.error().message.contains("00000000000000000001.seg.new: too many open files");
      good = good && refused.error().message.contains("tries again");
    }
    good = good && setrlimit(RLIMIT_NOFILE, &before) == 0;
    good = good && (*spool)->append("taken").value_or(9) == 1;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(texts(*open()), ElementsAre(std::string(100, 'x'), "taken"));
}

TEST_F(SpoolTest, NothingIsTakenWhileASegmentHasLostItsName) {
  const auto spool = open({.bytes = 10'000, .segment_bytes = 100, .record_bytes = 500});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(spool->append(std::string(100, 'x')));
  const auto refused = [&](const std::string& why) {
    const auto gone = spool->append("nowhere");
    ASSERT_FALSE(gone) << why;
    EXPECT_EQ(gone.error().code, Errc::unavailable);
    EXPECT_THAT(gone.error().message, HasSubstr(why));
    EXPECT_FALSE(spool->in_place());
  };
  for (const fs::path& file : files()) {
    fs::rename(file, dir / "aside");
    refused(file.string() + ": is gone, or was moved; put it back, or stop");
    const auto read = spool->read(0, 10, 10'000);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("put it back"));
    fs::copy_file(dir / "aside", file);
    refused(file.string() + ": another file has this name now; start again");
    fs::rename(dir / "aside", file);
    ASSERT_TRUE(spool->in_place());
  }
  fs::rename(dir / "s", dir / "elsewhere");
  refused("is gone, or was moved; put it back, or stop");
  fs::rename(dir / "elsewhere", dir / "s");
  EXPECT_EQ(spool->append("goes on"), 3U);
  EXPECT_EQ(texts(*open()).size(), 4U) << "nothing of what was refused";
}

TEST_F(SpoolTest, WhatLiesThereIsToldWithoutOpeningIt) {
  EXPECT_EQ(Spool::look((dir / "s").string()).error().code, Errc::not_found);
  {
    const auto spool = open({.bytes = 10'000, .segment_bytes = 100, .record_bytes = 500});
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(spool->append(std::string(60, 'x')));
    ASSERT_TRUE(spool->release(2));
  }
  write(files().back(), slurp(files().back()) + "torn");
  const auto found = Spool::look((dir / "s").string());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->first, 2U);
  EXPECT_EQ(found->next, 5U);
  EXPECT_GT(found->bytes, 180U);
  EXPECT_TRUE(slurp(files().back()).ends_with("torn")) << "nothing is changed";
  write(files().back(), "damaged");
  EXPECT_EQ(Spool::look((dir / "s").string()).error().code, Errc::corrupt);
}

RC_GTEST_PROP(SpoolProperty, AnyEndOfTheFileKeepsWhatALaterWriteSaysWasDurable, ()) {
  const auto salt = std::string(8, 's');
  const auto batches = *rc::gen::container<std::vector<std::vector<std::string>>>(
      rc::gen::container<std::vector<std::string>>(rc::gen::arbitrary<std::string>()));
  std::string bytes = encode_segment_head({7, salt});
  std::uint64_t number = 7;
  std::vector<std::pair<std::size_t, std::uint64_t>> durable{{bytes.size(), number}};
  for (const auto& batch : batches) {
    const std::size_t synced = bytes.size();
    for (const std::string& record : batch) append_frame(bytes, salt, {number++, synced, record});
    durable.emplace_back(bytes.size(), number);
  }
  const Scan all = scan_segment(bytes, salt, 7);
  RC_ASSERT(all.good == bytes.size());
  RC_ASSERT(all.next == number);
  RC_ASSERT(!all.damaged);
  const auto [last_synced, last_number] = durable.size() > 1 ? durable[durable.size() - 2] : durable.front();
  // The last batch was never acknowledged: whatever became of its bytes is a torn end.
  std::string torn = bytes;
  if (torn.size() > last_synced) {
    const auto at = *rc::gen::inRange<std::size_t>(last_synced, torn.size());
    torn[at] = static_cast<char>(torn[at] ^ *rc::gen::inRange(1, 256));
    const Scan scan = scan_segment(torn, salt, 7);
    RC_ASSERT(!scan.damaged);
    RC_ASSERT(scan.good >= last_synced);
    RC_ASSERT(scan.next >= last_number);
  }
}

}  // namespace
}  // namespace aright::store
