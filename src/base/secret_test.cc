#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <type_traits>

namespace aright {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a) { a == a; };

static_assert(!Printable<Secret>);
static_assert(!Comparable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_constructible_v<nlohmann::json, Secret>);

TEST(Secret, TakesTheBytesAndWipesWhereTheyCameFrom) {
  for (const std::string value : {"short", "one that is longer than what a string holds in itself"}) {
    std::string from = value;
    const char* place = from.data();
    Secret secret(std::move(from));
    EXPECT_EQ(secret.reveal(), value);
    if (value.size() < 16) {  // a longer one's memory is given back
      EXPECT_EQ(std::string(place, value.size()), std::string(value.size(), '\0'));
    }
    Secret other = std::move(secret);
    EXPECT_EQ(other.reveal(), value);
    EXPECT_EQ(secret.size(), 0U);  // NOLINT(bugprone-use-after-move): that it is empty is the promise
  }
}

TEST(Secret, WipingTakesTheSpareRoomToo) {
  std::string text = "0123456789";
  text.reserve(14);
  text.resize(3);
  const char* place = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(place, 10), std::string(10, '\0'));
}

}  // namespace
}  // namespace aright
