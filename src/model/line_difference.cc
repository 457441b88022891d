#include "model/line_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace aright {

namespace {

constexpr std::size_t lines_max = 512;  ///< compared each with each: half a megabyte of lengths, a millisecond

/// Lines [begin, end) of both lists that are neither the same head nor the same tail.
struct Middle {
  std::size_t begin{0};
  std::size_t before_end{0};
  std::size_t after_end{0};
};

Middle middle_of(const Json& before, const Json& after) {
  Middle m{0, before.size(), after.size()};
  const std::size_t shorter = std::min(before.size(), after.size());
  while (m.begin < shorter && before[m.begin] == after[m.begin]) ++m.begin;
  while (m.before_end > m.begin && m.after_end > m.begin && before[m.before_end - 1] == after[m.after_end - 1]) {
    --m.before_end;
    --m.after_end;
  }
  return m;
}

/// Lengths of the longest common subsequence of what follows line i of one and line k of the other.
class Common {
 public:
  Common(const Json& before, const Json& after, const Middle& m)
      : width_(m.after_end - m.begin + 1), lengths_((m.before_end - m.begin + 1) * width_) {
    for (std::size_t i = m.before_end - m.begin; i-- > 0;) {
      for (std::size_t k = width_ - 1; k-- > 0;) {
        const bool same = before[m.begin + i] == after[m.begin + k];
        lengths_[i * width_ + k] =
            same ? static_cast<std::uint16_t>(at(i + 1, k + 1) + 1) : std::max(at(i + 1, k), at(i, k + 1));
      }
    }
  }
  [[nodiscard]] std::uint16_t at(std::size_t i, std::size_t k) const { return lengths_[i * width_ + k]; }

 private:
  std::size_t width_;
  std::vector<std::uint16_t> lengths_;
};

/// Writes operations; lines are numbered as the ones before have left them.
class Writer {
 public:
  Writer(std::string_view path, const Json& after, std::size_t at) : path_(path), after_(after), at_(at) {}

  void taken_out() { ++taken_out_; }
  void put_in() { ++put_in_; }
  /// A line that is the same in both: what came before it is written.
  void same() {
    flush();
    ++at_;
  }
  Json end() {
    flush();
    return std::move(patch_);
  }

 private:
  void flush() {
    for (; put_in_ > 0; --put_in_, ++at_) {
      write(taken_out_ > 0 ? "replace" : "add");
      patch_.back()["value"] = after_[at_];
      taken_out_ -= std::min<std::size_t>(taken_out_, 1);
    }
    for (; taken_out_ > 0; --taken_out_) write("remove");
  }
  void write(const char* op) { patch_.push_back({{"op", op}, {"path", fmt::format("{}/{}", path_, at_)}}); }

  std::string_view path_;
  const Json& after_;
  std::size_t at_;  ///< the next line of what is made; as long as lines are written in order, also of `after`
  std::size_t taken_out_{0};
  std::size_t put_in_{0};
  Json patch_ = Json::array();
};

}  // namespace

Json line_difference(std::string_view path, const Json& before, const Json& after) {
  const Middle m = middle_of(before, after);
  std::size_t i = 0;
  std::size_t k = 0;
  const std::size_t before_lines = m.before_end - m.begin;
  const std::size_t after_lines = m.after_end - m.begin;
  Writer out(path, after, m.begin);
  if (before_lines <= lines_max && after_lines <= lines_max) {
    const Common common(before, after, m);
    while (i < before_lines && k < after_lines) {
      if (before[m.begin + i] == after[m.begin + k]) {
        out.same();
        ++i, ++k;
      } else if (common.at(i + 1, k) >= common.at(i, k + 1)) {
        out.taken_out();
        ++i;
      } else {
        out.put_in();
        ++k;
      }
    }
  }
  for (; i < before_lines && k < after_lines; ++i, ++k) {
    if (before[m.begin + i] == after[m.begin + k]) {
      out.same();
    } else {
      out.taken_out();
      out.put_in();
    }
  }
  for (; i < before_lines; ++i) out.taken_out();
  for (; k < after_lines; ++k) out.put_in();
  return out.end();
}

}  // namespace aright
