// Teams: who is asked, who may answer, and who is told when nobody does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace aright {

/// One rung of an escalation ladder.
struct Rung {
  std::chrono::nanoseconds after{};  ///< since the rung before it; of the first since the review was opened
  std::vector<std::string> notify;   ///< names of notifiers
  std::string team;                  ///< whose members may decide from now on, too; empty: nobody else
  bool operator==(const Rung&) const = default;
};

/// The last rung is climbed again and again; never more often than this.
inline constexpr std::chrono::nanoseconds rung_again_min = std::chrono::minutes{5};
inline constexpr std::uint32_t quorum_max = 16;

struct Team {
  std::string name;                    ///< [a-z0-9-]{1,64}
  std::vector<std::string> users;      ///< Unix users
  std::vector<std::string> groups;     ///< Unix groups, whose processes' users are members
  std::uint32_t quorum{1};             ///< so many members have to say yes
  std::optional<bool> separate;        ///< as written, see `separates`
  std::vector<std::string> notifiers;  ///< told of every review; where there is a ladder, by its rungs
  std::vector<Rung> ladder;

  /// Who asked for a run, or changed its workflow last, is not who approves it: as written, else where there is
  /// somebody else to ask.
  [[nodiscard]] bool separates() const { return separate.value_or(!groups.empty() || users.size() > 1); }
  [[nodiscard]] bool has(const std::string& user, const std::vector<std::string>& its_groups) const;
  /// "user alice, group wheel".
  [[nodiscard]] std::string members() const;
  [[nodiscard]] Json to_json() const;
  /// Hex SHA-256 of the canonical form.
  [[nodiscard]] std::string hash() const;
};

[[nodiscard]] const Team* team_of(const std::vector<Team>& teams, const std::string& name);

}  // namespace aright
