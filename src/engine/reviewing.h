// The part of the core that deals with people's answers: reviews, their ladders, marks, and the age of definitions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core_parts.h"
#include "engine/people_commands.h"
#include "engine/permits.h"
#include "engine/reviewers.h"
#include "model/fields.h"
#include "model/run.h"
#include "model/workflow.h"
#include "workflow/run_table.h"

namespace aright::engine {

class Core;
struct Age;
struct Aging;

/// What root has decided alone, by break-glass, and whose it was.
struct Alone {
  std::string what;  ///< "approves review 7 (restore on file:/etc/motd)"
  std::string reason;
  std::vector<std::string> teams{};  ///< passed over
  std::uint64_t run{0};              ///< 0: it is about none
  std::uint64_t review{0};           ///< likewise
};

struct KeptBack {
  std::string why;     ///< "run 4 was begun in mode plan and stays there"
  std::string advice;  ///< "deny it, or …"
};

/// How a team decides, as text; who is told beside its members is no matter of that.
[[nodiscard]] std::string deciders(const Team* team);

/// Made for one call.
class Reviewing {
 public:
  explicit Reviewing(Core& core) : core_(core) {}

  /// A yes: answered at once, or when what it was said to has been compared with what is.
  void ask(std::uint64_t token, const Approve& command, const Identity& who);
  Result<Json> carry_out(const Deny& command, const Identity& who);
  Result<Json> carry_out(const Acknowledge& command, const Identity& who);
  Result<Json> carry_out(const MarkFinding& command, const Identity& who);
  Result<Json> carry_out(const Reviewed& command, const Identity& who);

  /// Whether `who` may decide what is asked about this run.
  [[nodiscard]] Result<Permit> may_decide(const Run& run, const Identity& who) const;
  /// Whether `who` may let a workflow act without being asked: a yes to whatever it will do.
  [[nodiscard]] Result<Permit> may_let_act(const Workflow& workflow, const Identity& who) const;
  /// What the entry that asks people about a run says of them.
  void name_people(const Run& run, Fields& fields) const;
  /// What it says of the rungs that were climbed for the question before, where this is that one asked anew.
  void keep_rungs(const Run& run, Fields& fields);
  /// Open reviews of a workflow that only its mode has asked for.
  [[nodiscard]] std::size_t asked_by_mode(const std::string& workflow) const;
  /// That they wait, for whoever has just let it act; empty: there are none.
  [[nodiscard]] std::string still_asked(const std::string& workflow) const;
  /// How far each workflow goes.
  [[nodiscard]] std::map<std::string, Mode> modes() const;
  /// Of those that went not as far as auto `before` and do now; told to the log, too.
  [[nodiscard]] std::vector<std::string> still_asked_since(const std::map<std::string, Mode>& before) const;
  void ask_for_step(const Run& run);
  [[nodiscard]] std::optional<std::size_t> asks_next(const Run& run) const;
  /// `as_approved`: a yes before, to whatever it was, has let go on what is planned now.
  void hold_for_step(const Run& run, std::size_t step, bool as_approved = true);
  void opened(std::uint64_t review);  ///< its ladder begins
  void watch_all();                   ///< after a start, a reload, a step of a clock
  void climb();                       ///< rungs that are due
  void expire();
  /// How the question of its step `approve` ended that was answered by no yes: denied, or expired.
  [[nodiscard]] static RunState refused_as(const Run& run) {
    return run.refused == unanswered ? RunState::expired : RunState::denied;
  }
  /// The finding that the end of a run also answers, where it was a no: the one that has been opened on its subject
  /// since the run's own was over. What a person says is about what he sees. Empty: there is none.
  [[nodiscard]] std::string answers_too(const Run& run, RunState ended) const;
  void take_back();  ///< what a refused run has made, as soon as its resources are free
  void recover(const Run& run);
  // core_doubt.cc
  /// `done`: the effect happened; of one that was being taken back: it is undone. `waives`: a waiver comes with it.
  Json resolve_doubt(const Run& run, bool done, const std::string& reason, const Identity& who, bool waives = false);
  /// Steps of `finally` of which nobody knows whether they have done their work.
  [[nodiscard]] std::vector<std::size_t> ends_in_doubt(const Run& run) const;
  // core_compare.cc
  /// All that a held run would do has been planned for those who said yes.
  void compared(std::uint64_t run);
  /// Something else became of the run: those who wait for an answer get one.
  void drop_yeses(std::uint64_t run);
  /// Why people are asked about a plan that is another than the one before.
  [[nodiscard]] static std::string other_than(const Run& run);
  // core_lapse.cc
  /// After a start and a reload: what was asked under other definitions, or of other people, is asked anew or not at
  /// all.
  void lapse_outdated();
  /// Runs that a yes has let go and that have not begun: where that was said under other definitions or by others than
  /// decide now, they end. At a start before any of them is taken up.
  void lapse_approved();
  /// Of one, before anything of it is done: what was under way at a reload may not have begun after all. True: it
  /// ended.
  bool lapses(const Run& run);
  /// Of what has been opened in this round; a run may have been planned while its definition changed.
  void lapse_opened();
  /// What a yes to a run that has made something goes on with, where its definition has changed; may be empty.
  [[nodiscard]] std::string old_rest(const Run& run) const;
  // core_ages.cc
  /// Of those that have been read: dates that are not known yet, and those whose grace is over.
  void date_definitions();
  void age_definitions();
  [[nodiscard]] Fields dated(const std::string& key, const Origin& origin, const Identity* editor) const;
  [[nodiscard]] Fields dated(const Team& team, const Identity* editor) const;

  // core_alone.cc
  /// The log, those who were passed over, and whoever hears of everything.
  void tell_alone(const Alone& decided, const std::string& by);
  /// What he may ask because he does so alone; `run`: that it has begun.
  void tell_alone(const Command& asked, const Identity& who, std::uint64_t run = 0);
  [[nodiscard]] Alone about(const Review& review, std::string_view does, const std::string& reason) const;

  /// Of a run that is held, by its entry: its team tells people, so that nobody else is.
  [[nodiscard]] bool is_told_by_ladder(const Fields& held) const;

  /// What is said of its review when somebody asks why nothing happens; `until`: " until TIME", or nothing.
  [[nodiscard]] static std::string told(const Core& core, const Run& run, const std::string& until);
  /// What lets a held run go no further than `mode`, in which a yes counts for nothing, where that is not its
  /// workflow's mode.
  [[nodiscard]] static std::optional<KeptBack> kept_back(const Core& core, const Run& run, Mode mode);

 private:
  static constexpr const char* unanswered = "nobody answered in time, which denies";
  Json resolve_undo(const Run& run, bool done, const std::string& reason, const Identity& who);
  Json resolve_end(const Run& run, bool done, const std::string& reason, const Identity& who);
  [[nodiscard]] std::string_view end_as_the_others(const Run& run, const std::string& found);
  /// `yes`: what was in doubt has happened.
  void close_doubt(const Run& run, workflow::RunInput found, bool yes, const std::string& said,
                   const std::string& reason, const Identity& who);
  [[nodiscard]] std::string after_not_done(const Run& run, bool waives) const;
  [[nodiscard]] Question question_of(const Run* run, const Review* review) const;
  void add_edits(Question& question, const std::string& kind, const std::string& name) const;
  [[nodiscard]] std::uint32_t quorum_of(const Review& review, const Question& question) const;
  [[nodiscard]] Result<Done> may_go_on(const Run& run) const;
  [[nodiscard]] Question asked_now(const Run& run, const Step::Approve* step) const;
  [[nodiscard]] const Step::Approve* approve_of(const Run& run, std::optional<std::size_t> step) const;
  [[nodiscard]] std::string team_among(const std::vector<std::string>& names) const;
  [[nodiscard]] std::string under(const Run& run, const std::string& team) const;
  [[nodiscard]] std::string definition_changed(const Run& run) const;
  [[nodiscard]] std::string lapsed(const Run& run) const;
  /// What a yes to it is said under.
  [[nodiscard]] static RunApproval approval_of(const Review& review);
  [[nodiscard]] std::string changed_since(const RunApproval& asked, const Run& run) const;
  [[nodiscard]] std::string changed_since(const Review& review, const Run& run) const {
    return changed_since(approval_of(review), run);
  }
  [[nodiscard]] bool has_begun(const Run& run) const;
  void lapse_review(std::uint64_t review);
  std::unexpected<Error> lapse(const Review& review, const Run& run, const std::string& why);
  void ask_again(const Review& review, const Run& run, const std::string& why);
  /// `compared`: what it was said to has just been planned once more, and is the same.
  Result<Json> carry_out(const Approve& command, const Identity& who, bool compared = false);
  Result<Json> said_yes(const Review& review, const Run& run, const Question& question, const Approve& command,
                        const Identity& who, bool compared);
  [[nodiscard]] bool is_compared(const Approve& command, const Identity& who) const;
  [[nodiscard]] std::string untold(const Run& run) const;
  [[nodiscard]] std::vector<CoreParts::AskedYes> take_yeses(std::uint64_t run);
  std::unexpected<Error> ask_about_what_is(const Review& review, const Run& run);
  void approve(std::uint64_t review, const Approve& command, const Identity& who, Fields more);
  [[nodiscard]] Json with_waiver(Json answer, const Waive& waive, std::uint64_t denied, const Identity& who);
  void refuse(const Review& review, const Run& run, workflow::RunInput input, const std::string& decision,
              const std::string& why, const Identity* who, const std::string& reason);
  [[nodiscard]] bool takes_back(const Review& review, const Run& run) const;
  [[nodiscard]] std::vector<std::string> asked_so_far(const Review& review) const;
  void tell_expired(const Review& review, const Run& run);
  [[nodiscard]] std::optional<Nanos> rung_left(const Review& review) const;
  [[nodiscard]] std::vector<Rung> ladder_of(const Review& review) const;
  void watch(const Review& review);
  void watch_again(std::uint64_t review);
  void tell_rung(const Review& review, const Rung& rung);
  /// Its question is about to be asked anew of the same run.
  void remember_rungs(const Review& review);
  [[nodiscard]] std::optional<Review> asked_before(const Run& run, const Fields& fields);
  void tell_asked_anew(const Review& review);
  [[nodiscard]] std::vector<std::string> told_by(const Rung& rung) const;
  void mark(const MarkFinding& command, const Identity& who);
  void grows_old(const Aging& one, const Age& age, bool falls);
  [[nodiscard]] std::vector<std::string> heard_by(const std::string& team) const;

  Core& core_;
};

}  // namespace aright::engine
