#include "model/temporary_name.h"

#include <gtest/gtest.h>

#include "model/run.h"

namespace aright {
namespace {

TEST(TemporaryName, IsOurOwnOnlyAsStepsGiveIt) {
  for (const std::string& key : {step_key("", 1, 0), step_key("", 18446744073709551615U, 12) + "-undo",
                                 step_key("0a1b2c3d", 7, 1), step_key("0a1b2c3d", 7, 1) + "-undo"}) {
    EXPECT_TRUE(is_temporary_name(temporary_name(key))) << key;
  }
  for (const char* name : {".aright-", ".aright-foo", ".aright-r1", ".aright-r1-", ".aright-r-0", ".aright-r1-0x",
                           ".aright-r1-0-und", ".aright-r1-0-undo-", ".aright-0a1b2c3-r1-0", ".aright-x0a1b2c3-r1-0",
                           "aright-r1-0", ".aright-R1-0", ".aright-r1-0.txt", ".aright-r123456789012345678901-0", ""}) {
    EXPECT_FALSE(is_temporary_name(name)) << name;
  }
}

}  // namespace
}  // namespace aright
