// What a budget has let go, kept in such a way that a question costs what has changed since the one before.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "guard/ordered.h"

namespace aright::guard {

/// One admission that was counted.
struct Spent {
  std::string subject;
  Moment at;
  std::uint64_t run{0};
  enum class End : std::uint8_t { open, verified, other } end{End::open};
};

/// Subjects are ordered as they were first admitted within the time, and each is as it was admitted last. Not
/// thread-safe, questions neither: each moves the window.
class Spendings {
 public:
  /// `entry`: numbers them in the order in which they were recorded.
  void add(std::uint64_t entry, Spent one);
  void end(std::uint64_t entry, Spent::End how);
  void remove(std::uint64_t entry);

  /// Different ones within (now − within, now].
  [[nodiscard]] std::size_t subjects(Nanos within, const Now& now) const;
  /// Whether it is one of them, as of the last question.
  [[nodiscard]] bool counts(std::string_view subject) const;
  /// The first of the first `subjects` whose last admission has ended so, as of the last question. nullptr: none has.
  [[nodiscard]] const Spent* first(Spent::End how, std::size_t subjects) const;

 private:
  struct Item {
    Spent spent;
    std::uint8_t clocks{0};  ///< by how many it is within the time
  };
  using At = std::pair<Nanos, std::uint64_t>;
  struct Subject {
    Ordered<std::uint64_t> live;  ///< its entries within the time
  };
  void enter(std::uint64_t entry) const;
  void leave(std::uint64_t entry) const;
  void move(const Ordered<At>& list, Nanos& from, Nanos to) const;
  void move_boot(const Now& now, Nanos to) const;
  void begin(Nanos within, const Now& now) const;
  void change_live(std::uint64_t entry, bool enters) const;
  [[nodiscard]] bool in_boot(const Spent& spent) const;

  mutable std::map<std::uint64_t, Item> items_;
  Ordered<At> by_wall_;
  std::map<std::string, Ordered<At>> by_boot_;  ///< those of each boot
  // As of the last question.
  mutable std::optional<Nanos> within_;
  mutable Nanos wall_from_{};  ///< what is later is within
  mutable std::string boot_id_;
  mutable Nanos boot_from_{};
  mutable std::map<std::string, Subject, std::less<>> subjects_;
  mutable Ordered<std::uint64_t> firsts_;  ///< the first entry within the time of each subject
  mutable std::set<std::uint64_t> open_;   ///< of those: whose last admission has not ended
  mutable std::set<std::uint64_t> other_;  ///< … has ended, not verified
};

}  // namespace aright::guard
