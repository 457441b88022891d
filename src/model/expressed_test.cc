#include "model/expressed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/no_value.h"
#include "base/path_text.h"
#include "model/content.h"

namespace aright {
namespace {

using testing::HasSubstr;

TEST(Expressed, AContentThatIsNoTextHasNoValue) {
  for (const std::string& bytes : {std::string("name = J\xfcrgen\n"), std::string("a\0", 2), std::string("\xff")}) {
    const Json fields{{"exists", true}, {"mode", "0644"}, {"content", content_json(bytes)}};
    const auto known = expressed(fields);
    ASSERT_TRUE(is_no_value(known->at("content")));
    EXPECT_THAT(why_no_value(known->at("content")),
                HasSubstr("the content is no text (" + std::to_string(bytes.size()) + " bytes)"));
    EXPECT_EQ(known->at("mode"), "0644");
    EXPECT_EQ(known->size(), 3U);
  }
}

TEST(Expressed, EverythingElseIsAsItWasRead) {
  const Json fields{{"exists", true}, {"content", content_json("a\nb\xc3\xa4\n")}};
  EXPECT_EQ(expressed(fields).get(), &fields);
  const Json gone{{"exists", false}};
  EXPECT_EQ(expressed(gone).get(), &gone);
}

TEST(Expressed, TheIdOfAFileIsItsPath) {
  for (const std::string& path :
       std::vector<std::string>{"/F/a b", "/F/a\\b", "/F/a\\\\b", "/F/new\nline", "/F/\xe2\x80\xaex", "/F/-n"}) {
    EXPECT_EQ(expressed(ResourceId{"file", path_text(path)}), (Json{{"driver", "file"}, {"id", path}}));
  }
}

TEST(Expressed, APathThatIsNoTextHasNoValue) {
  const Json odd = expressed(ResourceId{"file", path_text("/F/\xff\xfe")});
  ASSERT_TRUE(is_no_value(odd.at("id")));
  EXPECT_EQ(why_no_value(odd.at("id")),
            "the path \"/F/\\xff\\xfe\" is not UTF-8, so no text can be that path; rename the file by hand");
  EXPECT_TRUE(is_no_value(expressed(ResourceId{"file", path_text("/" + std::string(2000, '\n'))}).at("id")));
}

TEST(Expressed, AKeyOfAnEventIsWhatWasWritten) {
  EXPECT_EQ(expressed_subject("file:/F/a\\\\b"), (Json{{"driver", "file"}, {"id", "/F/a\\b"}}));
  EXPECT_EQ(expressed_subject("file=/F/a\\\\b"), (Json{{"driver", "file"}, {"id", "/F/a\\\\b"}}));
  EXPECT_EQ(expressed_subject("address=203.0.113.7"), (Json{{"driver", "address"}, {"id", "203.0.113.7"}}));
}

}  // namespace
}  // namespace aright
