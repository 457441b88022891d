// A fresh folder and a driver, for the tests of this room.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <fstream>
#include <string>

#include "driver/file/file_driver.h"

namespace aright::driver {

class FileDriverTest : public testing::Test {
 protected:
  FileDriverTest() {
    std::string name = (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "aright-XXXXXX").string();
    dir_ = mkdtemp(name.data());
  }
  ~FileDriverTest() override { std::filesystem::remove_all(dir_); }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  ResourceId id(const std::string& name) const { return {"file", path(name)}; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string text(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t names() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir_), {}));
  }
  Plan plan(const std::string& name, Json desired) {
    desired.emplace("exists", true);
    auto made = driver_.plan(id(name), {std::move(desired), false});
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : Plan{};
  }
  Result<ApplyOutcome> apply(const std::string& name, const Plan& p) { return driver_.apply({id(name), p, "r1-0"}); }

  std::filesystem::path dir_;
  FileDriver driver_;
};

}  // namespace aright::driver
