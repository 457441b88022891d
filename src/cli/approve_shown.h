// `aright reviews approve --workflow`: all that waits for a person in one workflow, approved as it was shown.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/approval.h"
#include "cli/session.h"

namespace aright::cli {

/// One open review, with what its run would change.
struct ShownReview {
  std::uint64_t id{0};
  std::string plan_hash;
  Json run;  ///< without its entries and their proofs; null: not asked for
};

/// Names a set of reviews with their plans: hex SHA-256. Of `shown` the first `count`.
[[nodiscard]] std::string digest_of(const std::string& workflow, const std::vector<ShownReview>& shown,
                                    std::size_t count);
/// How many of `open`, oldest first, have this digest: what came later is not among them. Errc::conflict: those that
/// were shown are not all open as they were.
[[nodiscard]] Result<std::size_t> shown_before(const std::string& workflow, const std::vector<ShownReview>& open,
                                               const std::string& digest);
/// What its run would change, in one line.
[[nodiscard]] std::string change_line(const Json& run);

/// What came of approving several, one after the other.
struct ApprovedShown {
  std::uint64_t approved{0};             ///< that go on by it
  std::uint64_t more_people{0};          ///< whose quorum takes others still
  std::uint64_t stopped{0};              ///< the yes was taken, and nothing goes on by it
  std::optional<std::uint64_t> later{};  ///< that came since and stay open; none: not known
  Json answers = Json::array();          ///< of the daemon, in order
  Json refused = Json::array();          ///< {"review", "why"}
  int code{0};                           ///< the worst of those that were taken

  void add(const Approval& approval);
  void refuse(std::uint64_t review, const std::string& why);
  [[nodiscard]] std::string text() const;  ///< the last line
  [[nodiscard]] Json json(const std::string& workflow) const;
};

class ApproveShown {
 public:
  ApproveShown(const Session& session, std::string workflow) : session_(session), workflow_(std::move(workflow)) {}

  /// Exit codes. Shows the differences, and the digest that approves them.
  [[nodiscard]] int plan() const;
  /// Those that `plan` has shown under this digest, and none that has changed or come since.
  [[nodiscard]] int approve(const std::string& digest) const;
  /// Shows the differences and a line of each, and asks at the terminal; without one nothing is approved.
  [[nodiscard]] int ask() const;

 private:
  /// `others`: ids of those that no approval lets go, which are not among them.
  [[nodiscard]] Result<std::vector<ShownReview>> open(bool with_runs, std::vector<std::string>* others = nullptr) const;
  [[nodiscard]] Result<Json> shown_run(const Json& review) const;
  [[nodiscard]] int approve(const std::vector<ShownReview>& shown) const;
  [[nodiscard]] int nothing(const std::vector<std::string>& others) const;

  const Session& session_;
  std::string workflow_;
};

}  // namespace aright::cli
