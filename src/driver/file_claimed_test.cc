// A removal that finds two files of somebody else at its name: both are kept, and nobody takes that for done.
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "driver/file_driver_fixture.h"

namespace {
std::function<void()> before_rename;  // what somebody else does right before our next renameat2
}  // namespace

// Stands before the C library's for everything in this program.
extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  if (const auto act = std::exchange(before_rename, nullptr)) act();
  return static_cast<int>(syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

namespace aright::driver {
namespace {

namespace fs = std::filesystem;

class FileClaimed : public FileDriverTest {
 protected:
  ~FileClaimed() override { before_rename = nullptr; }
  void replaced_by(const std::string& text) const {
    write("beside", text);
    fs::rename(path("beside"), path("f"));
  }
  /// Replaced before it is taken away, and made anew before it can be put back.
  Result<ApplyOutcome> removed_between_two() {
    write("f", "before");
    const auto p = driver_.plan(id("f"), {{{"exists", false}}, false});
    before_rename = [this] {
      replaced_by("somebody else's");
      before_rename = [this] { write("f", "newer"); };
    };
    return apply("f", *p);
  }
  std::string kept() const {
    for (const auto& entry : fs::directory_iterator(dir_)) {
      if (entry.path().filename() != "f") return entry.path().filename().string();
    }
    return {};
  }
};

TEST_F(FileClaimed, BothAreKeptAndTheNameCannotBeReadUntilTheOtherIsAway) {
  const auto said = removed_between_two();
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Errc::timeout);
  ASSERT_EQ(names(), 2U);
  EXPECT_EQ(text("f"), "newer");
  EXPECT_EQ(text(kept()), "somebody else's");
  EXPECT_NE(said.error().message.find("both were kept; look at it and at " + kept()), std::string::npos);
  for (const bool gone : {false, true}) {
    if (gone) fs::remove(path("f"));  // it reads as absent, as was wanted, and is not: the other one lies beside it
    const auto seen = driver_.read(id("f"));
    ASSERT_FALSE(seen);
    EXPECT_EQ(seen.error().code, Errc::denied);
    EXPECT_NE(seen.error().message.find("the other is " + kept() + " beside it"), std::string::npos)
        << seen.error().message;
    EXPECT_FALSE(driver_.plan(id("f"), {{{"exists", false}}, false}));
  }
  fs::remove(path(kept()));
  EXPECT_EQ(driver_.read(id("f"))->fields, Json({{"exists", false}}));
}

TEST_F(FileClaimed, OneThatWasReplacedBeforeItWasTakenAwayIsPutBack) {
  write("f", "before");
  const auto p = driver_.plan(id("f"), {{{"exists", false}}, false});
  before_rename = [this] { replaced_by("somebody else's"); };
  EXPECT_EQ(apply("f", *p).error().code, Errc::conflict);
  EXPECT_EQ(text("f"), "somebody else's");
  EXPECT_EQ(names(), 1U);
  EXPECT_TRUE(driver_.read(id("f")));
}

}  // namespace
}  // namespace aright::driver
