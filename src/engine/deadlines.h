// When something named is due. A value: no clock, no threads.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/time.h"

namespace aright::engine {

/// One moment each, of which nothing is left once it is over or forgotten: there may be a million in an hour.
class Deadlines {
 public:
  using Order = std::set<std::pair<Nanos, const std::string*>>;  ///< texts are keys of `due_`

  [[nodiscard]] std::size_t size() const { return due_.size(); }
  [[nodiscard]] const Order& order() const { return order_; }  ///< the first that is due comes first

  /// An earlier moment that is known already stays.
  void at_the_latest(const std::string& name, Nanos due) {
    const auto [known, fresh] = due_.try_emplace(name, due);
    if (!fresh && known->second <= due) return;
    if (!fresh) order_.erase({known->second, &known->first});
    known->second = due;
    order_.emplace(due, &known->first);
  }
  void forget(const std::string& name) {
    const auto known = due_.find(name);
    if (known == due_.end()) return;
    order_.erase({known->second, &known->first});
    due_.erase(known);
  }
  [[nodiscard]] std::optional<Nanos> first() const {
    return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
  }
  /// The first that is due by `now`; it is not known any more.
  [[nodiscard]] std::optional<std::string> take(Nanos now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    std::string name = *order_.begin()->second;
    forget(name);
    return name;
  }

 private:
  std::map<std::string, Nanos> due_;
  Order order_;
};

}  // namespace aright::engine
