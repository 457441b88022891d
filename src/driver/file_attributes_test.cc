// What a file carries beside content: kept by a change and its undo, compared, or refused by name.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <tuple>

#include "driver/file/names.h"
#include "driver/file_driver_fixture.h"

namespace aright::driver {
namespace {

constexpr const char* acl_name = "system.posix_acl_access";
constexpr unsigned some_uid = 12345;

class FileAttributes : public FileDriverTest {
 protected:
  /// In the kernel's form: owner rw, user `some_uid` with `perms`, group r, mask, other r.
  static std::string acl(unsigned char perms, unsigned char mask) {
    const auto entry = [](unsigned char tag, unsigned char p, std::uint32_t id) {
      std::string e{static_cast<char>(tag), 0, static_cast<char>(p), 0};
      for (unsigned shift = 0; shift < 32; shift += 8) e += static_cast<char>((id >> shift) & 255U);
      return e;
    };
    const std::uint32_t none = 0xFFFFFFFFU;
    return std::string{2, 0, 0, 0} + entry(1, 6, none) + entry(2, perms, some_uid) + entry(4, 4, none) +
           entry(16, mask, none) + entry(32, 4, none);
  }
  bool set(const std::string& name, const char* attribute, const std::string& value) const {
    return setxattr(path(name).c_str(), attribute, value.data(), value.size(), 0) == 0;
  }
  std::string get(const std::string& name, const char* attribute) const {
    std::string value(1024, '\0');
    const ssize_t size = getxattr(path(name).c_str(), attribute, value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return value;
  }
  bool set_flags(const std::string& name, int flags) const {
    const UniqueFd fd{open(path(name).c_str(), O_RDONLY | O_CLOEXEC)};
    return ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) == 0;
  }
  static Plan reversed(Plan p) {
    std::swap(p.before, p.after);
    return p;
  }
};

TEST_F(FileAttributes, AnAclIsKeptWithTheModeSetRightAndComesBackWithIt) {
  write("f", "x");
  if (!set("f", acl_name, acl(6, 6))) GTEST_SKIP() << "skipped: no ACLs here";
  const Plan p = plan("f", {{"content", content_json("y")}, {"mode", "0640"}});
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
  const std::string now = get("f", acl_name);
  ASSERT_EQ(now.size(), acl(6, 6).size());
  EXPECT_EQ(now[4 + 8 + 2], 6);      // what the named user may
  EXPECT_EQ(now[4 + 3 * 8 + 2], 4);  // the mask is the mode's group
  EXPECT_EQ(now[4 + 4 * 8 + 2], 0);  // others
  EXPECT_EQ(*driver_.apply({id("f"), reversed(p), "r1-0-undo"}), ApplyOutcome::applied);
  EXPECT_EQ(get("f", acl_name), acl(6, 6));
}

TEST_F(FileAttributes, AnAttributeSetAfterThePlanIsAConflict) {
  write("f", "x");
  const Plan p = plan("f", {{"content", content_json("y")}});
  if (!set("f", "user.note", "new")) GTEST_SKIP() << "skipped: no user attributes here";
  EXPECT_EQ(apply("f", p).error().code, Errc::conflict);
  EXPECT_EQ(text("f"), "x");
  EXPECT_EQ(get("f", "user.note"), "new");
  EXPECT_EQ(names(), 1U);
}

TEST_F(FileAttributes, UndoOfARemovalBringsAttributesBack) {
  write("f", "x");
  if (!set("f", "user.note", "kept")) GTEST_SKIP() << "skipped: no user attributes here";
  const auto p = driver_.plan(id("f"), {{{"exists", false}}, false});
  EXPECT_EQ(*apply("f", *p), ApplyOutcome::applied);
  EXPECT_EQ(*driver_.apply({id("f"), reversed(*p), "r1-0-undo"}), ApplyOutcome::applied);
  EXPECT_EQ(get("f", "user.note"), "kept");
}

TEST_F(FileAttributes, TheFoldersDefaultAclDoesNotOpenAnApprovedFile) {
  if (setxattr(dir_.c_str(), "system.posix_acl_default", acl(6, 6).data(), acl(6, 6).size(), 0) != 0) {
    GTEST_SKIP() << "skipped: no ACLs here";
  }
  const Plan p = plan("f", {{"content", content_json("y")}, {"mode", "0600"}});
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(get("f", acl_name), "");
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
}

TEST_F(FileAttributes, FlagsAreKept) {
  write("f", "x");
  if (!set_flags("f", FS_NODUMP_FL | FS_NOATIME_FL)) GTEST_SKIP() << "skipped: no file flags here";
  const Plan p = plan("f", {{"content", content_json("y")}});
  EXPECT_EQ(p.before.fields.at("flags"), "Ad");
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
}

TEST_F(FileAttributes, TheFlagOfDirectAccessIsKeptAndComesBack) {
  write("f", "x");
  if (!set_flags("f", FS_DAX_FL)) GTEST_SKIP() << "skipped: no such flag here";
  const Plan p = plan("f", {{"mode", "0600"}});
  EXPECT_EQ(p.before.fields.at("flags"), "x");
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
  EXPECT_EQ(*driver_.apply({id("f"), reversed(p), "r1-0-undo"}), ApplyOutcome::applied);
  EXPECT_EQ(driver_.read(id("f"))->fields, p.before.fields);
}

TEST_F(FileAttributes, AFolderThatLetsNothingBeReplacedIsRefusedByNameAndNothingIsLeftInIt) {
  write("f", "x");
  const Plan planned = plan("f", {{"content", content_json("y")}});
  for (const auto& [flag, word, advice] : {std::tuple{FS_IMMUTABLE_FL, "immutable", "chattr -i "},
                                           std::tuple{FS_APPEND_FL, "append-only", "chattr -a "}}) {
    if (!set_flags(".", flag)) GTEST_SKIP() << "skipped: only root may set flags, where there are any";
    const auto refused = driver_.plan(id("f"), {{{"exists", true}, {"content", content_json("y")}}, false});
    const auto absent = driver_.plan(id("f"), {{{"exists", false}}, false});
    const auto created = driver_.plan(id("g"), {{{"exists", true}, {"content", content_json("y")}}, false});
    const auto late = apply("f", planned);  // the flag was set after the plan
    const auto clean = driver_.plan(id("f"), {{{"exists", true}, {"content", content_json("x")}}, false});
    set_flags(".", 0);
    for (const Error& error : {refused.error(), absent.error(), created.error(), late.error()}) {
      EXPECT_EQ(error.code, Errc::denied);
      EXPECT_NE(error.message.find(std::string("its folder is ") + word), std::string::npos) << error.message;
      EXPECT_NE(error.message.find(advice + dir_.string()), std::string::npos) << error.message;
    }
    EXPECT_TRUE(clean && clean->empty());
    EXPECT_EQ(text("f"), "x");
    EXPECT_EQ(names(), 1U);
  }
}

TEST_F(FileAttributes, ImmutableAndAppendOnlyAreRefusedByName) {
  write("f", "x");
  for (const auto& [flag, word] : {std::pair{FS_IMMUTABLE_FL, "immutable"}, std::pair{FS_APPEND_FL, "append-only"}}) {
    if (!set_flags("f", flag)) GTEST_SKIP() << "skipped: only root may set flags, where there are any";
    const auto refused = driver_.plan(id("f"), {{{"exists", true}, {"content", content_json("y")}}, false});
    const auto clean = driver_.plan(id("f"), {{{"exists", true}, {"content", content_json("x")}}, false});
    set_flags("f", 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::denied);
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << refused.error().message;
    EXPECT_TRUE(clean && clean->empty());
  }
}

TEST_F(FileAttributes, ANewOwnerDoesNotInheritSetuidOrCapabilities) {
  if (geteuid() != 0) GTEST_SKIP() << "skipped: only root may give files away";
  write("f", "x");
  ASSERT_EQ(chown(path("f").c_str(), some_uid, some_uid), 0);
  ASSERT_EQ(chmod(path("f").c_str(), 06755), 0);
  const std::string capability{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  ASSERT_TRUE(set("f", "security.capability", capability));
  const Plan kept = plan("f", {{"content", content_json("y")}});
  EXPECT_EQ(kept.after.fields.at("mode"), "6755");
  const Plan p = plan("f", {{"owner", "root"}});
  EXPECT_EQ(p.after.fields.at("mode"), "0755");
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(get("f", "security.capability"), "");
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
  EXPECT_EQ(*driver_.apply({id("f"), reversed(p), "r1-0-undo"}), ApplyOutcome::applied);
  EXPECT_EQ(get("f", "security.capability"), capability);
  EXPECT_EQ(driver_.read(id("f"))->fields, p.before.fields);
}

TEST(Names, OnlyWhoIsNotRootIsToldToRunAsRoot) {
  EXPECT_EQ(or_be_root().find("run as root") == std::string_view::npos, geteuid() == 0);
}

TEST(Names, NumbersStandForThemselvesButNotForNobody) {
  EXPECT_EQ(*user_id("0"), 0U);
  EXPECT_EQ(*user_name(4'000'000'000U), "4000000000");
  EXPECT_EQ(user_id("4294967295").error().code, Errc::invalid);
  EXPECT_EQ(group_id("no-such-group-x").error().code, Errc::invalid);
}

}  // namespace
}  // namespace aright::driver
