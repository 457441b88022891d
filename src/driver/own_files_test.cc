// What of a text leads to what is Aright's own, however it is spelt. Bind mounts: tests/e2e/own_places_test.py.
#include "driver/own/own_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/path_text.h"
#include "base/unique_fd.h"
#include "driver/own/real_path.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using Given = OwnPlaces::Given;

class OwnFilesTest : public testing::Test {
 protected:
  OwnFilesTest() {
    std::string name = (fs::temp_directory_path() / "aright-own-XXXXXX").string();
    top_ = fs::canonical(mkdtemp(name.data())).string();
    for (const char* folder : {"/state/windows", "/config/controls", "/play/deep", "/a b,c"}) {
      fs::create_directories(top_ + folder);
    }
    write("/state/aright.db");
    write("/config/controls/a.yaml");
    write("/play/file");
    own_.change({top_ + "/state", top_ + "/config", top_ + "/later/state", path_text(top_ + "/a b,c")});
  }
  ~OwnFilesTest() override { fs::remove_all(top_); }

  void write(const std::string& path) const { std::ofstream(top_ + path) << "x"; }
  void link(const std::string& path, const std::string& to) const { fs::create_symlink(to, top_ + path); }
  std::string written(const std::string& text) const { return own_.named_in(text, Given::written); }
  std::string filled(const std::string& text) const { return own_.named_in(text, Given::filled); }

  std::string top_;
  OwnFiles own_{{}};
};

TEST_F(OwnFilesTest, WhatLiesInItAndWhatIsNotThereYet) {
  for (const char* below :
       {"/state", "/state/", "/state/aright.db", "/state/pause", "/state/windows/1/2", "//state//pause",
        "/play/../state/pause", "/play/./deep/../../state", "/config/workflows/evil.yaml", "/later/state/pause",
        "/none/../state/pause", "/later/state", "/a b,c/x"}) {
    EXPECT_THAT(written(top_ + below), HasSubstr("Aright's own")) << below;
    EXPECT_THAT(filled(top_ + below), HasSubstr("Aright's own")) << below;
    EXPECT_THAT(own_.why_kept(top_ + below), HasSubstr("Aright's own")) << below;
  }
  for (const char* other : {"/play/file", "/play/none", "/statement", "/state2/pause", "/configs", "/later/states"}) {
    EXPECT_THAT(filled(top_ + other), IsEmpty()) << other;
    EXPECT_THAT(own_.why_kept(top_ + other), IsEmpty()) << other;
  }
}

TEST_F(OwnFilesTest, ThroughLinksAlsoThoseWithNothingAtTheirEnd) {
  link("/play/to-state", top_ + "/state");
  link("/play/to-part", "../state/windows");
  link("/play/to-pause", top_ + "/state/pause");
  link("/play/to-link", "to-pause");
  link("/play/round", "round");
  link("/play/elsewhere", top_ + "/play/none");
  for (const char* below : {"/play/to-state", "/play/to-state/pause", "/play/to-part/x", "/play/to-pause",
                            "/play/to-link", "/play/to-part/../aright.db", "/play/none/../to-state/x"}) {
    EXPECT_THAT(written(top_ + below), HasSubstr("Aright's own")) << below;
  }
  EXPECT_THAT(written(top_ + "/play/round"), IsEmpty());
  EXPECT_THAT(written(top_ + "/play/elsewhere"), IsEmpty());
  EXPECT_EQ(real_path(top_ + "/play/to-link"), top_ + "/state/pause");
}

TEST_F(OwnFilesTest, UnderTheNamesThatProcHasForIt) {
  const std::string process = std::to_string(getpid());
  for (const std::string& root : {std::string("/proc/self/root"), "/proc/" + process + "/root",
                                  std::string("/proc/self/cwd"), std::string("/proc/thread-self/cwd")}) {
    EXPECT_THAT(written(root + top_ + "/state/pause"), HasSubstr("Aright's own")) << root;
  }
  const UniqueFd folder{open((top_ + "/state").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  ASSERT_TRUE(folder.valid());
  const std::string fd = std::to_string(folder.get());
  EXPECT_THAT(written("/proc/" + process + "/fd/" + fd + "/pause"), HasSubstr("Aright's own"));
}

TEST_F(OwnFilesTest, HardLinks) {
  fs::create_hard_link(top_ + "/state/aright.db", top_ + "/play/db");
  fs::create_hard_link(top_ + "/play/file", top_ + "/play/other");
  EXPECT_THAT(written(top_ + "/play/db"), HasSubstr("Aright's own"));
  EXPECT_THAT(written(top_ + "/play/other"), IsEmpty());
  // The running program, wherever a file system lets it have another name.
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  const std::string beside = self + "-another-name";
  fs::create_hard_link(self, beside);
  EXPECT_EQ(own_.named_in(beside, Given::program), "is Aright's own program");
  EXPECT_THAT(written(beside), HasSubstr("Aright's own"));
  fs::remove(beside);
  EXPECT_EQ(own_.named_in(self, Given::program), "is Aright's own program");
  EXPECT_THAT(own_.named_in("/bin/true", Given::program), IsEmpty());
}

TEST_F(OwnFilesTest, AmongOtherThings) {
  const std::string pause = top_ + "/state/pause";
  for (const std::string& text :
       {"--file=" + pause, "of=" + pause, "-C" + top_ + "/state", "-rf" + pause, "/tmp:" + pause, pause + ":/tmp",
        "/a,/b," + pause + ",/c", "file://" + pause, "@" + pause, "rm -f " + pause, "\"" + pause + "\"", "a=b=" + pause,
        "root@host:" + pause, "look at " + top_ + "/a b,c/x", "--at=" + top_ + "/a b,c/x", pause.substr(1),
        "--file=" + pause.substr(1), ".." + pause, "x\n" + pause}) {
    EXPECT_THAT(written(text), HasSubstr("Aright's own")) << text;
  }
  for (const std::string& text :
       {std::string("GET / HTTP/1.1"), std::string("10/8"), std::string("root"), std::string("etc"), "/backup" + pause,
        "see " + top_ + "/play for more", std::string("2001:db8::1/64"), std::string("a=b"), std::string("--"),
        std::string("="), std::string("http://shop.example/x"), std::string("/ is full")}) {
    EXPECT_THAT(filled(text), IsEmpty()) << text;
  }
}

TEST_F(OwnFilesTest, AnEventNamesNoFolderAboveIt) {
  link("/play/to-top", top_);
  for (const std::string& above : {top_, top_ + "/later", std::string("/"), std::string("/./"), std::string(".."),
                                   "--root=" + top_, top_ + "/play/to-top", "/tmp:" + top_}) {
    EXPECT_THAT(filled(above), HasSubstr("is a folder above ")) << above;
    EXPECT_THAT(written(above), IsEmpty()) << above << ": its author may want to count what is in it";
  }
  EXPECT_THAT(own_.why_kept(top_), HasSubstr("above"));
}

TEST_F(OwnFilesTest, TheStateOfAnotherDaemon) {
  write("/play/deep/signing.key");
  write("/play/deep/aright.db");
  EXPECT_THAT(written(top_ + "/play/deep/x"), HasSubstr("the state folder of a daemon"));
}

TEST_F(OwnFilesTest, WhatIsTooMuchToLookAtIsNotPassed) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "/tmp ";
  EXPECT_THAT(filled(text), HasSubstr("too many"));
  EXPECT_THAT(filled(std::string(100'000, 'x') + " word word"), IsEmpty());
}

TEST_F(OwnFilesTest, AnotherListCountsAtOnce) {
  own_.change({top_ + "/play"});
  EXPECT_THAT(written(top_ + "/play/file"), HasSubstr("Aright's own"));
  EXPECT_THAT(written(top_ + "/config/x"), IsEmpty());
}

}  // namespace
}  // namespace aright::driver
