// What was admitted, or has ended: counted within any window and by any of its keys at the cost of a search, however
// much there is.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "guard/ordered.h"

namespace aright::guard {

/// One earlier admission of the workflow in question.
struct Admission {
  std::string subject;
  Moment at;
  std::vector<std::string> keys{};  ///< what else it is counted by, as `resource_key` and `expression_key` make them
  bool again{false};                ///< what a run of the workflow had put right before came back
  std::uint64_t run{0};             ///< where it matters how it ends: the run
  std::string end{};                ///< how that ended; empty: not yet
};

class Tally {
 public:
  struct Seen {
    std::uint64_t all{0};
    std::uint64_t marked{0};
    std::optional<Nanos> oldest;  ///< the age of the oldest of them
  };
  /// By which they are counted.
  enum class By : std::uint8_t { all, subject, key };

  /// `entry`: numbers them in the order in which they were recorded. `keyed`: by subject and keys too.
  void add(std::uint64_t entry, const Admission& one, bool marked, bool keyed = true);
  /// The very same.
  void remove(std::uint64_t entry, const Admission& one);
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  /// Those within (now − window, now].
  [[nodiscard]] Seen within(By by, std::string_view value, Nanos window, const Now& now) const;
  /// How long the last of them has been waited for, by the clock that shows most and at least since the boot; without
  /// the newest `own` of `subject`. nullopt: there is none.
  [[nodiscard]] std::optional<Nanos> waited(By by, std::string_view subject, std::uint32_t own, const Now& now) const;
  /// nullopt: there is none.
  [[nodiscard]] std::optional<std::uint64_t> newest_of(std::string_view subject) const;

 private:
  struct Item {
    std::uint64_t entry{0};
    WallTime wall{};
    Nanos boot{};
    std::uint32_t stretch{0};
    std::uint32_t marked{0};  ///< up to this one
    bool is_marked{false};
    bool operator<(const Item& other) const { return entry < other.entry; }
  };
  using Items = Ordered<Item>;
  using Index = std::map<std::string, Items, std::less<>>;
  /// Both clocks go forward in it. One that is set back, or another boot, begins the next.
  struct Stretch {
    std::string boot_id;
    WallTime wall{};
    Nanos boot{};
  };

  [[nodiscard]] Moment moment(const Item& item) const;
  [[nodiscard]] const Items* items(By by, std::string_view value) const;
  static void put(Items& items, Item item);
  static void take(Items& items, std::uint64_t entry);
  static void take(Index& index, const std::string& value, std::uint64_t entry);
  /// Calls `each` with the first and behind the last of each stretch.
  template <class Each>
  void stretches_of(const Items& items, Each each) const;

  Items all_;
  Index subjects_;
  Index keys_;
  std::deque<Stretch> stretches_;
  std::uint32_t first_stretch_{0};
};

}  // namespace aright::guard
