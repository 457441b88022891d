// The one spelling of typed texts.
#include "model/field_text.h"

#include <gtest/gtest.h>

namespace aright {
namespace {

TEST(FieldText, AddressesHaveOneForm) {
  EXPECT_EQ(plain_address("2001:DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(plain_address("::ffff:192.0.2.1"), "192.0.2.1");
  for (const std::string_view text : {"", "1.2.3", "01.2.3.4", "1.2.3.4 ", "1.2.3.4/0", "fe80::1%eth0", "x"}) {
    EXPECT_FALSE(plain_address(text)) << text;
  }
  EXPECT_FALSE(plain_address(std::string_view("1.2.3.4\0x", 9)));
}

TEST(FieldText, IntegersAndTexts) {
  EXPECT_EQ(plain_form(FieldType::integer, "007"), "7");
  EXPECT_EQ(plain_form(FieldType::integer, "-5"), "-5");
  for (const std::string_view text : {"", "1.5", "+1", "1 ", "x", "9223372036854775808"}) {
    EXPECT_FALSE(plain_form(FieldType::integer, text)) << text;
  }
  EXPECT_EQ(plain_form(FieldType::text, "$(x)"), "$(x)");
  EXPECT_EQ(plain_form(FieldType::address, "::1"), "::1");
  EXPECT_FALSE(plain_form(FieldType::address, "web1"));
}

}  // namespace
}  // namespace aright
