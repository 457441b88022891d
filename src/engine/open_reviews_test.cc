#include "engine/open_reviews.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace aright::engine {
namespace {

Review review_of(std::uint64_t id, std::int64_t wall, std::int64_t boot, const std::string& boot_id,
                 std::int64_t within) {
  Review r;
  r.id = id;
  r.workflow = id % 2 == 0 ? "even" : "odd";
  r.opened = {WallTime{Nanos{wall}}, Nanos{boot}, boot_id};
  r.expires_at = WallTime{Nanos{wall + within}};
  return r;
}

RC_GTEST_PROP(OpenReviews, AreOverByTheClockThatWentFurther, ()) {
  const auto time = rc::gen::inRange<std::int64_t>(0, 1000);
  OpenReviews reviews;
  std::map<std::uint64_t, Review> plain;
  const auto count = *rc::gen::inRange<std::uint64_t>(0, 12);
  for (std::uint64_t id = 1; id <= count; ++id) {
    const Review r = review_of(id, *time, *time, *rc::gen::element<std::string>("one", "two"),
                               *rc::gen::inRange<std::int64_t>(1, 500));
    reviews.add(r);
    plain.emplace(id, r);
  }
  for (const auto& [id, r] : reviews.all()) RC_ASSERT(r.id == id);
  std::set<std::uint64_t> without_end;
  for (std::uint64_t id = 1; id <= count; ++id) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        reviews.remove(id);
        plain.erase(id);
        break;
      case 1:
        reviews.lasts(id);
        without_end.insert(id);
        break;
      default: break;
    }
  }
  const Now now{WallTime{Nanos{*rc::gen::inRange<std::int64_t>(0, 2000)}},
                Nanos{*rc::gen::inRange<std::int64_t>(0, 2000)}, *rc::gen::element<std::string>("one", "two", "three")};
  std::set<std::uint64_t> over;
  std::size_t even = 0;
  for (const auto& [id, r] : plain) {
    even += id % 2 == 0 ? 1 : 0;
    if (without_end.contains(id)) continue;
    if (elapsed_at_most(r.opened, now) >= r.expires_at - r.opened.wall) over.insert(id);
  }
  RC_ASSERT(reviews.over(now) == over);
  RC_ASSERT(reviews.of("even") == even);
  RC_ASSERT(reviews.all().size() == plain.size());
  const auto left = reviews.left(now);
  if (!over.empty()) {
    RC_ASSERT(left.has_value());
    RC_ASSERT(*left <= Nanos{0});
  }
  if (over.empty() && left) {
    Now then = now;
    then.wall += *left;
    then.boot += *left;
    RC_ASSERT(*left > Nanos{0});
    RC_ASSERT(!reviews.over(then).empty());
  }
}

}  // namespace
}  // namespace aright::engine
