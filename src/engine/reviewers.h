// Who may decide a review. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/operators.h"
#include "model/review.h"
#include "model/team.h"

namespace aright::engine {

/// Who changed a definition last.
struct Edit {
  std::string user;
  std::string kind;  ///< "workflow", "control" or "team"
  std::string name;  ///< of the definition
};

/// What a person's answer is about.
struct Question {
  std::string team;                 ///< empty: nobody is named
  std::vector<std::string> also{};  ///< teams that may answer, too
  std::string requester{};          ///< who asked for the run; empty: nobody did
  std::vector<Edit> edits{};        ///< of its workflow, its control and those teams, as far as that is known
  bool apart{false};                ///< one of the teams kept editors apart before they changed it

  [[nodiscard]] std::vector<std::string> editors() const;  ///< each once
};

/// `teams`: those of the configuration in force; without any, whoever may use the socket decides.
class Reviewers {
 public:
  explicit Reviewers(const std::vector<Team>& teams) : teams_(teams) {}

  [[nodiscard]] bool is_member(const Question& question, const std::string& user,
                               const std::vector<std::string>& groups) const;
  /// Errc::denied says who may. Root may as break-glass, where it is asked for as such.
  [[nodiscard]] Result<Done> may_decide(const Question& question, const Identity& who) const;
  /// The same, of a yes: nor may who asked for it or changed last what decides it, where the team keeps that apart.
  [[nodiscard]] Result<Done> may_approve(const Question& question, const Identity& who) const;
  /// By break-glass, which is on record and told: as one who is no member.
  [[nodiscard]] bool decides_alone(const Question& question, const Identity& who) const;
  /// The same, of a yes: also where it takes others than him, or still more people than him after those who `said` it.
  [[nodiscard]] bool approves_alone(const Question& question, std::uint32_t needed, const std::vector<Yes>& said,
                                    const Identity& who) const;
  /// How many of `said` still count: of members as they are now.
  [[nodiscard]] std::uint32_t count(const Question& question, const std::vector<Yes>& said) const;
  /// 1 where nobody is named.
  [[nodiscard]] std::uint32_t quorum(const Question& question) const;

 private:
  [[nodiscard]] std::string who_may(const Question& question) const;
  const std::vector<Team>& teams_;
};

}  // namespace aright::engine
