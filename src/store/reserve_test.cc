// What is set aside for a full disk, on file systems that are small.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "store/state_folder.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;

class ReserveOnDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "aright-reserve-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override {
    umount2(dir_.c_str(), MNT_DETACH);  // where a test mounted and failed
    fs::remove_all(dir_);
  }
  /// False: nobody may mount here. Fails where that must not be.
  [[nodiscard]] bool mounted(const char* options) const {
    if (mount("none", dir_.c_str(), "tmpfs", 0, options) == 0) return true;
    EXPECT_EQ(std::getenv("ARIGHT_MUST_MOUNT"), nullptr) << "may not mount";
    return false;
  }

  fs::path dir_;
};

TEST_F(ReserveOnDisk, IsAllocatedAndTakenBackOnlyWithRoomToSpare) {
  if (!mounted("size=60m")) GTEST_SKIP() << "skipped: may not mount";
  {
    auto folder = StateFolder::open((dir_ / "state").string());
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->restore());
    struct stat info{};
    ASSERT_EQ(stat(folder->file("reserve").c_str(), &info), 0);
    EXPECT_GE(info.st_blocks * 512, 16 << 20);
    EXPECT_TRUE(folder->restore());  // again: nothing to do
    folder->release();
    {
      std::ofstream filler(dir_ / "filler");
      for (int i = 0; i < 41 * 256; ++i) filler.write(std::string(4096, 'x').data(), 4096);
    }
    EXPECT_FALSE(folder->restore());  // 19 MiB are free: it would fit, but leave less than a sixteenth of the disk
    fs::resize_file(dir_ / "filler", 39 << 20);  // 21 MiB are free
    EXPECT_TRUE(folder->restore());
    fs::remove(dir_ / "filler");
    EXPECT_TRUE(folder->restore());
  }
  EXPECT_EQ(umount(dir_.c_str()), 0);
}

/// On a disk that is hardly larger than the reserve, what our own files have grown by is nobody's to make room for.
TEST_F(ReserveOnDisk, OfASmallDiskAsksForHalfOfWhatLayBesideIt) {
  if (!mounted("size=17m")) GTEST_SKIP() << "skipped: may not mount";
  {
    auto folder = StateFolder::open((dir_ / "state").string());
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->restore());
    for (int cycle = 0; cycle < 3; ++cycle) {
      folder->release();
      std::ofstream(dir_ / "state" / "log") << std::string(400'000, 'x');
      EXPECT_TRUE(folder->restore());
      folder->release();
      std::ofstream(dir_ / "state" / "log") << std::string(700'000, 'x');
      EXPECT_FALSE(folder->restore()) << "however often it was set aside";
      fs::remove(dir_ / "state" / "log");
      EXPECT_TRUE(folder->restore());
    }
  }
  EXPECT_EQ(umount(dir_.c_str()), 0);
}

}  // namespace
}  // namespace aright::store
