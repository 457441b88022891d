// A sorted list to which most is added at its end, and of which most goes at its front: both cost next to nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace aright::guard {

template <class T>
class Ordered {
 public:
  using const_iterator = typename std::vector<T>::const_iterator;

  void insert(T one) {
    if (items_.size() == front_ || items_.back() < one) return items_.push_back(std::move(one));
    items_.insert(std::upper_bound(begin(), end(), one), std::move(one));
  }
  /// Those that are neither before nor behind `one`.
  void erase(const T& one) {
    const auto [first, last] = std::equal_range(begin(), end(), one);
    if (first != begin() || first == last) {
      items_.erase(first, last);
      return;
    }
    front_ += static_cast<std::size_t>(last - first);
    if (front_ < gap_max && front_ != items_.size()) return;
    if (2 * front_ < items_.size()) return;
    items_.erase(items_.begin(), begin());
    front_ = 0;
  }
  [[nodiscard]] const_iterator begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(front_); }
  [[nodiscard]] const_iterator end() const { return items_.end(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - front_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return items_[front_ + index]; }
  [[nodiscard]] const T& back() const { return items_.back(); }
  /// For what is no part of their order.
  [[nodiscard]] T& at(std::size_t index) { return items_[front_ + index]; }

 private:
  static constexpr std::size_t gap_max = 32;
  std::vector<T> items_;
  std::size_t front_{0};  ///< so many are gone
};

}  // namespace aright::guard
