// What the undo of one run meets where newer runs of the same workflow, undone before it, changed the same.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace aright::cli {

/// Unlike a program, a server or a step that steers, which what takes one run back finds as another does.
[[nodiscard]] bool has_state(std::string_view resource);

/// Fed with runs from the newest to the oldest. One thread.
class UndoChain {
 public:
  enum class Fate : std::uint8_t {
    alone,       ///< no newer one changed what it changed
    follows,     ///< it left what a newer one found: its undo can follow that one's
    superseded,  ///< somebody changed all that it had made before a newer one, whose undo gives that back: nothing is
                 ///< left
    hindered,    ///< the same of a part of it, or a newer one cannot be undone: its undo would be refused
    unknown,     ///< the states are not kept, or not shown to everybody, and what is shown does not differ
  };
  struct Met {
    Fate fate{Fate::alone};
    std::uint64_t newer{};  ///< the run that it meets; 0: none
    std::string why;        ///< of `superseded` and `hindered`
  };

  /// `detail` gives a run with its states, as `/v1/runs/N` does.
  explicit UndoChain(std::function<Result<Json>(std::uint64_t)> detail) : detail_(std::move(detail)) {}

  [[nodiscard]] Met meet(const Json& run) const;
  /// What became of it, or would; `gone_back`: it is undone, or superseded.
  void note(const Json& run, Fate fate, bool gone_back);

 private:
  struct Last {
    std::uint64_t run{};
    bool superseded{false};
    bool gone_back{false};
  };
  [[nodiscard]] Met meet_on(const std::string& resource, std::uint64_t run, const Last& last) const;

  std::function<Result<Json>(std::uint64_t)> detail_;
  std::map<std::string, Last, std::less<>> last_;  ///< by resource: the oldest so far that changed it
};

}  // namespace aright::cli
