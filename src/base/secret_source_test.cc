#include "base/secret_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace aright {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

Result<std::string> read_secret_file(const std::string& path) {
  const auto secret = read_secret({SecretSource::Kind::file, path}, 16);
  if (!secret) return std::unexpected(secret.error());
  return std::string(secret->reveal());
}

class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    std::string name = (fs::temp_directory_path() / "aright-secret-XXXXXX").string();
    dir = mkdtemp(name.data());
  }
  ~SecretFile() override { fs::remove_all(dir); }
  std::string written(const std::string& text, mode_t mode = 0600) const {
    const std::string path = (dir / "key").string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  fs::path dir;
};

TEST_F(SecretFile, GivesTheTextWithoutItsLineBreak) {
  for (const char* text : {"a key of tests 16", "a key of tests 16\n", "a key of tests 16\r\n"}) {
    EXPECT_EQ(read_secret_file(written(text)), "a key of tests 16");
  }
  EXPECT_EQ(read_secret_file(written(" two lines\nof a key \n", 0640)), " two lines\nof a key \n")
      << "all else is part of it: OpenSSH reads no key whose last line does not end";
  EXPECT_EQ(read_secret_file(written("a key of tests 16\n\n")), "a key of tests 16\n\n");
  fs::create_symlink(dir / "key", dir / "link");
  EXPECT_TRUE(read_secret_file((dir / "link").string()));
}

TEST_F(SecretFile, WhatOthersMayReadOrChangeIsRefused) {
  for (const mode_t mode : {0644U, 0604U, 0660U, 0602U, 0601U}) {
    const auto read = read_secret_file(written("s3cret", mode));
    ASSERT_FALSE(read) << mode;
    EXPECT_EQ(read.error().code, Errc::invalid);
    EXPECT_THAT(read.error().message, HasSubstr("set mode 0600"));
    EXPECT_THAT(read.error().message, Not(HasSubstr("s3cret")));
  }
  if (geteuid() == 0) {
    const std::string path = written("s3cret");
    ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
    EXPECT_THAT(read_secret_file(path).error().message, HasSubstr("belongs to user 12345"));
  }
}

TEST_F(SecretFile, WhatIsNoKeyIsRefused) {
  EXPECT_EQ(read_secret_file((dir / "none").string()).error().code, Errc::not_found);
  EXPECT_THAT(read_secret_file(dir.string()).error().message, HasSubstr("no regular file"));
  EXPECT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(read_secret_file((dir / "pipe").string()).error().message, HasSubstr("no regular file"));
  for (const char* empty : {"", "\n", "\r", "\r\n"})
    EXPECT_THAT(read_secret_file(written(empty)).error().message, HasSubstr("empty"));
  EXPECT_TRUE(read_secret_file(written(std::string(16, 'x'))));
  EXPECT_THAT(read_secret_file(written(std::string(15, 'x') + "\n")).error().message,
              HasSubstr("a key of 15 bytes can be guessed; make one of at least 16"));
  EXPECT_TRUE(read_secret_file(written(std::string(4096, 'x'))));
  EXPECT_THAT(read_secret_file(written(std::string(4097, 'x'))).error().message, HasSubstr("larger"));
}

TEST(SecretSource, TheEnvironmentAndWhatSystemdHandsOver) {
  setenv("ARIGHT_TEST_SECRET", "from the environment", 1);
  const auto variable = read_secret({SecretSource::Kind::environment, "ARIGHT_TEST_SECRET"});
  ASSERT_TRUE(variable) << variable.error().message;
  EXPECT_EQ(variable->reveal(), "from the environment");
  unsetenv("ARIGHT_TEST_SECRET");
  EXPECT_EQ(read_secret({SecretSource::Kind::environment, "ARIGHT_TEST_SECRET"}).error().message,
            "environment variable ARIGHT_TEST_SECRET: is not set");
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_THAT(read_secret({SecretSource::Kind::credential, "token"}).error().message, HasSubstr("LoadCredential="));
}

TEST_F(SecretFile, ACredentialIsAFileInTheFolderOfSystemd) {
  static_cast<void>(written("a credential\n", 0400));
  setenv("CREDENTIALS_DIRECTORY", dir.c_str(), 1);
  const auto secret = read_secret({SecretSource::Kind::credential, "key"});
  ASSERT_TRUE(secret) << secret.error().message;
  EXPECT_EQ(secret->reveal(), "a credential");
  EXPECT_EQ(read_secret({SecretSource::Kind::credential, "none"}).error().code, Errc::not_found);
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(SecretFile, OneThatCouldBeCutShortIsRefused) {
  EXPECT_THAT(read_secret({SecretSource::Kind::file, written(std::string("abc\0defghi", 10))}).error().message,
              HasSubstr("NUL"));
  EXPECT_THAT(read_secret({SecretSource::Kind::file, written("1234567")}).error().message, HasSubstr("at least 8"));
}

}  // namespace
}  // namespace aright
