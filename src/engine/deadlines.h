// When something named is due. A value: no clock, no threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"

namespace aright::engine {

/// One moment each, of which nothing is left once it is over or forgotten: there may be a million in an hour.
class Deadlines {
 public:
  /// What was said first comes first of what is due together. The texts are keys of `due_`.
  using Order = std::map<std::pair<Nanos, std::uint64_t>, const std::string*>;

  [[nodiscard]] std::size_t size() const { return due_.size(); }
  [[nodiscard]] const Order& order() const { return order_; }  ///< the first that is due comes first

  /// An earlier moment that is known already stays.
  void at_the_latest(const std::string& name, Nanos due) {
    const auto [known, fresh] = due_.try_emplace(name, due, said_);
    if (!fresh && known->second.first <= due) return;
    if (!fresh) order_.erase(known->second);
    known->second = {due, said_++};
    order_.emplace(known->second, &known->first);
  }
  void forget(const std::string& name) {
    const auto known = due_.find(name);
    if (known == due_.end()) return;
    order_.erase(known->second);
    due_.erase(known);
  }
  [[nodiscard]] std::optional<Nanos> first() const {
    return order_.empty() ? std::nullopt : std::optional(order_.begin()->first.first);
  }
  /// The first that is due by `now`; it is not known any more.
  [[nodiscard]] std::optional<std::string> take(Nanos now) {
    if (order_.empty() || order_.begin()->first.first > now) return std::nullopt;
    std::string name = *order_.begin()->second;
    forget(name);
    return name;
  }

 private:
  std::uint64_t said_{0};
  std::map<std::string, std::pair<Nanos, std::uint64_t>> due_;
  Order order_;
};

}  // namespace aright::engine
