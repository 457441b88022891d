// What the entries so far imply: findings, runs, reviews, admissions, pauses, modes. The live engine, recovery and
// `audit verify` share this one reading of the log. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ages.h"
#include "engine/mode_set.h"
#include "engine/notification_book.h"
#include "engine/open_reviews.h"
#include "engine/pause.h"
#include "engine/version_tests.h"
#include "guard/breaker.h"
#include "guard/spendings.h"
#include "guard/tally.h"
#include "model/doc.h"
#include "model/entry.h"
#include "model/finding.h"
#include "model/mark.h"
#include "model/run.h"
#include "model/waiver.h"
#include "workflow/run_table.h"

namespace aright::engine {

/// How an answer ended whose run a person cancelled.
inline constexpr std::string_view called_off = "called_off";
/// How one ended that a person has undone since.
inline constexpr std::string_view taken_back = "taken_back";
/// Ended well, and has told, asked or waited, nothing else: done again for the same it would only say the same.
inline constexpr std::string_view only_steered = "steered";
/// Its conditions left all of it out: they hold or not for what has been seen, until more comes.
inline constexpr std::string_view left_out = "left_out";

/// `LastAnswer::about` of what holds for that much of an episode, and not for a state.
[[nodiscard]] inline std::string about_occurrence(std::uint64_t number) {
  return "occurrence " + std::to_string(number);
}

/// What one workflow has answered so far to one episode.
struct LastAnswer {
  std::string state;       ///< final state of its last ended run, or one of the words above; empty: none ended yet
  Moment ended;            ///< when that run ended
  std::uint64_t runs{0};   ///< ended runs; all of them left the finding open
  std::uint64_t noted{0};  ///< the occurrence up to which a suppression or an observation is recorded
  std::string about;       ///< as `Run::about`; empty: not known
  std::uint64_t run{0};    ///< the last one, where something may come of it that is looked at; 0: nothing may
  std::string under{};     ///< of that run, as `Cause::under`
  std::uint64_t order{0};  ///< number of the entry in which that run ended; 0: from before there was one
  std::map<std::string, std::string> made{};  ///< resource, as `changed_text` → keyed hash of the state that run made
  std::vector<Cause> causes{};                ///< what had led to its finding
  std::set<std::string> kept_by{};            ///< guards whose first decision not to answer is an entry
  /// The run whose step `approve` got no yes, where its change was taken back: what it reads as since is what a person,
  /// or the lack of one, decided about. Outlives that run's finding, which its change had ended. 0: none.
  std::uint64_t refused{0};
  std::string refused_under{};  ///< of that run, as `Cause::under`
  bool would_wait{false};       ///< in mode observe: what is noted is that, and it counts later
  /// What a person, or the lack of one, decided for the state it was about.
  [[nodiscard]] bool is_no() const {
    return state == "denied" || state == "expired" || state == "rollback_failed" || state == called_off ||
           state == taken_back;
  }
  /// It holds for the state it was about.
  [[nodiscard]] bool is_bound() const { return is_no() || state == only_steered; }
  [[nodiscard]] bool lacks_state() const { return is_no() && about.empty(); }
};

/// Of a run that has ended: what may come of it.
struct Ended {
  std::string workflow;
  std::string subject;
  LastAnswer answer;
};

/// The last episode of one control on one subject.
struct SubjectState {
  std::string control;
  std::string subject;
  std::uint64_t episode{0};
  std::string finding;                        ///< id of the last episode
  bool open{false};                           ///< whether that episode is open
  std::map<std::string, LastAnswer> answers;  ///< within that episode, by workflow
  std::vector<std::string> fixed{};           ///< workflows that had put the episode before it right
  /// By workflow that had put the episodes before it right: when the very same state came back since, each time anew.
  std::map<std::string, std::vector<Moment>> returns{};
  std::vector<Moment> openings{};  ///< of this and the last episodes, as many as a guard of any workflow asks about
  /// This is not so any more: what `workflow` had put right came back, and its first answer to that is still to come.
  [[nodiscard]] bool came_back(const std::string& workflow) const;
  [[nodiscard]] std::string id() const { return control + " " + subject; }
};

class Projection {
 public:
  /// Takes up rows and context as loaded. Errc::corrupt names table and row.
  static Result<Projection> load(std::uint64_t entries, const std::string& context, const std::vector<Row>& open_rows);

  /// Applies the next entry. Errc::corrupt when it does not follow from what came before ("entry 12: …").
  Result<Done> apply(const Fields& entry);
  Result<Done> apply(const Json& entry);

  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] const Ended& ended() const { return ended_; }  ///< the run that ended last, of those applied here
  [[nodiscard]] const std::map<std::string, Finding>& findings() const { return findings_; }       ///< open, by id
  [[nodiscard]] const std::map<std::uint64_t, Run>& runs() const { return runs_; }                 ///< not final, by id
  [[nodiscard]] const std::map<std::uint64_t, Review>& reviews() const { return reviews_.all(); }  ///< open, by id
  [[nodiscard]] OpenReviews& open_reviews() { return reviews_; }  ///< only when they are over is not of the entries
  [[nodiscard]] std::size_t reviews_of(const std::string& workflow) const { return reviews_.of(workflow); }
  [[nodiscard]] const SubjectState* subject(const std::string& control, const std::string& subject) const;
  [[nodiscard]] const std::map<std::string, SubjectState>& subjects() const { return subjects_; }
  /// What a finding that opens now has: no other ever had the id, whether or not the subject is still known.
  struct NextEpisode {
    std::uint64_t number{1};
    std::string id;
  };
  [[nodiscard]] NextEpisode next_episode(const std::string& control, const std::string& subject) const;
  [[nodiscard]] const guard::Tally& admissions(const std::string& workflow, bool shadow) const;
  [[nodiscard]] const guard::Tally& endings(const std::string& workflow) const;  ///< marked: bad ones
  /// `key`: as `budget_key`, `own_budget_key` and, for shadow counts, `shadow_key` make it.
  [[nodiscard]] const guard::Spendings& spendings(const std::string& key) const;
  /// All under one key, by the entry that counts it.
  [[nodiscard]] const std::map<std::uint64_t, guard::Admission>& counted_under(const std::string& key) const {
    return counted(key).list;
  }
  [[nodiscard]] const guard::BreakerOpen* breaker(const std::string& workflow) const;  ///< nullptr: it is closed
  [[nodiscard]] const std::vector<Paused>& pauses() const { return pauses_; }          ///< in force, oldest first
  [[nodiscard]] bool all_paused() const;
  [[nodiscard]] const ModesSet& modes() const { return modes_; }
  [[nodiscard]] const TestedVersions& versions() const { return versions_; }
  [[nodiscard]] std::uint64_t next_run() const { return next_run_; }
  [[nodiscard]] const Epochs& epochs() const { return epochs_; }
  [[nodiscard]] std::uint64_t next_review() const { return next_review_; }
  [[nodiscard]] std::uint64_t next_waiver() const { return next_waiver_; }
  [[nodiscard]] std::uint64_t next_pause() const { return next_pause_; }
  [[nodiscard]] const std::map<std::uint64_t, Waiver>& waivers() const { return waivers_; }  ///< in force, by id
  [[nodiscard]] const NotificationBook& notifications() const { return notifications_; }
  [[nodiscard]] bool is_started() const { return started_; }  ///< the last start has no stop behind it
  /// The one in force for this control on this subject, or nullptr. While there is one no finding of them opens.
  [[nodiscard]] const Waiver* waiver(const std::string& control, const std::string& subject) const;
  [[nodiscard]] const std::map<std::string, std::string>& definitions() const { return definitions_; }
  [[nodiscard]] bool has_open_run(const std::string& workflow, const std::string& subject) const {
    return open_keys_.contains(workflow + " " + subject);
  }
  [[nodiscard]] bool has_open_finding(const std::string& subject) const { return open_subjects_.contains(subject); }
  /// Of all controls, the most severe first, else by id.
  [[nodiscard]] std::vector<const Finding*> open_findings(const std::string& subject) const;
  [[nodiscard]] const Ages& ages() const { return ages_; }
  /// The step `approve` of a run that waits for people, or has their yes and is planned anew for it.
  [[nodiscard]] static std::optional<std::size_t> asked_step(const Run& run);
  [[nodiscard]] static bool asks_for_step(const Run& run);
  [[nodiscard]] std::vector<const Run*> runs_of(const std::string& finding) const;

  /// Rows changed since the last call, in table order, and the small state if it changed (else empty).
  std::vector<Row> take_rows();
  std::string take_context();
  [[nodiscard]] std::string context() const;

 private:
  Result<Done> apply(DocReader in);
  void on_node(const std::string& kind, DocReader& in);
  void forget_bound_to(const std::string& definition, const std::string& name, bool keeps_told);
  void open_finding(DocReader& in);
  void forget_subjects(DocReader& in);
  void on_finding(const std::string& kind, DocReader& in);
  void on_run(const std::string& kind, DocReader& in);
  void finish_undo(Run& run);
  static void take_undo(Run& run, DocReader& in);
  void on_waiting(Run& run, workflow::RunInput input, DocReader& in) const;
  void on_wish(const std::string& kind, DocReader& in);
  void on_step(const std::string& kind, DocReader& in);
  void on_review(const std::string& kind, DocReader& in);
  void decide_review(Review& review, DocReader& in);
  static void pass_asked_step(Run& run);
  static void take_approval(Run& run, DocReader& in);
  void settle_answer(Run& run);
  void on_mark(DocReader& in);
  void on_operator(const std::string& kind, DocReader& in);
  void on_waiver(const std::string& kind, DocReader& in);
  void on_quieted(const std::string& kind, DocReader& in);
  void on_pause(const std::string& kind, DocReader& in);
  void on_notification(const std::string& kind, DocReader& in);
  [[nodiscard]] Json pauses_json() const;
  Result<Done> load_pauses(DocReader& in);
  void take_waiver(Waiver waiver);
  void find_again(Finding& finding, DocReader& in);
  void leave_behind(const Finding& finding, bool whole);
  void close_subject(const Finding& finding);
  void take_severity(Finding& finding, Level severity);
  void take_state(Finding& finding, std::string about);
  void open_review(Run& run, DocReader& in);
  void on_answer(const std::string& kind, DocReader& in);
  void admit(const std::string& workflow, const std::string& control, const std::string& subject, std::uint64_t run,
             bool shadow, DocReader& in);
  void withdraw(Run& run);
  struct Counted {
    std::map<std::uint64_t, guard::Admission> list;  ///< by the entry that counts it
    guard::Tally tally;                              ///< of the same; of budgets `spent`
    guard::Spendings spent;
  };
  void uncount(const std::string& key, Counted& counted, std::uint64_t entry);
  void count(const std::string& key, guard::Admission admission);
  void touch_counted(const std::string& key, std::uint64_t entry);
  void take_counted(const std::string& key, std::uint64_t entry, guard::Admission admission);
  [[nodiscard]] const Counted& counted(const std::string& key) const;
  void forget_counted(const std::string& key);
  void take_windows(DocReader& in);
  [[nodiscard]] std::vector<Moment> openings_with(const SubjectState& before) const;
  [[nodiscard]] std::map<std::string, std::vector<Moment>> returns_with(const SubjectState& before,
                                                                        const std::string& about) const;
  void note_changes(const Run& run, LastAnswer& answer) const;
  void count_ending(const Run& run, RunState from);
  void note_end(const Run& run);
  void tries_no_more(const Run& run);
  void on_breaker(const std::string& kind, DocReader& in);
  Result<Done> load_breakers(const Json& list);
  [[nodiscard]] Json breakers_json() const;
  [[nodiscard]] std::uint64_t admissions_kept() const;
  void take_run(Run run);
  void finish_run(Run& run, DocReader& in);
  void take_refusal(const Run& run, LastAnswer& answer, DocReader& in);
  [[nodiscard]] static std::map<std::string, LastAnswer> refusals_of(const SubjectState& before,
                                                                     const std::string& about);
  void forget_refusals(const std::string& control, const std::string& subject);
  /// `doc` empty: as it is when the rows are taken.
  void touch(std::string table, std::string id, bool open, Result<std::string> doc = std::string());
  [[nodiscard]] static Result<std::string> admission_text(const std::string& key, const guard::Admission& admission);
  [[nodiscard]] Result<std::string> row_text(const std::string& table, const std::string& id) const;
  [[nodiscard]] static std::optional<std::uint64_t> entry_of(const Row& row);  ///< of an admission
  Result<Done> load_admission(const Row& row, const Json& doc);
  bool load_row_quickly(const Row& row);
  Result<Done> load_row(const Row& row);
  Result<Done> load_context(const std::string& context);
  [[nodiscard]] Result<Done> check_admissions(const std::string& context) const;

  std::uint64_t entries_{0};
  Ended ended_;
  Moment at_{};  ///< of the entry being applied
  std::map<std::string, Finding> findings_;
  std::multimap<std::string, std::string> open_subjects_;  ///< of open findings, whose ids
  std::map<std::string, SubjectState> subjects_;
  std::map<std::string, std::uint64_t> forgotten_;  ///< by control: how often some of its subjects have been
  std::map<std::uint64_t, Run> runs_;
  OpenReviews reviews_;
  std::set<std::string> open_keys_;                       ///< "WORKFLOW SUBJECT" of open runs
  std::multimap<std::string, std::uint64_t> by_finding_;  ///< open runs
  std::map<std::string, Counted> counted_;                ///< by workflow, "~" before it for shadow counts
  /// Open run → what it has spent: key and entry. Of no shadow counts.
  std::map<std::uint64_t, std::vector<std::pair<std::string, std::uint64_t>>> spent_by_;
  std::map<std::uint64_t, Waiver> waivers_;      ///< in force
  std::map<std::string, std::uint64_t> waived_;  ///< "CONTROL SUBJECT" → its waiver in force
  std::vector<Paused> pauses_;
  ModesSet modes_;
  TestedVersions versions_;
  std::map<std::string, Nanos> windows_;                ///< for how long what is counted counts, by key
  std::map<std::string, std::uint64_t> openings_kept_;  ///< workflow → how many openings its guard asks about
  std::map<std::string, std::uint64_t> returns_kept_;   ///< workflow → how many returns its guard asks about
  std::map<std::string, guard::BreakerOpen> breakers_;  ///< those that are open, by workflow
  std::map<std::string, std::string> definitions_;      ///< "control NAME" → hash in force
  Ages ages_;
  std::string boot_id_;
  NotificationBook notifications_;
  bool started_{false};
  Epochs epochs_;
  std::uint64_t next_run_{1};
  std::uint64_t next_review_{1};
  std::uint64_t next_waiver_{1};
  std::uint64_t next_pause_{1};
  std::map<std::pair<std::string, std::string>, Row> touched_;
  bool context_touched_{false};
};

/// Keys of what is counted beside admissions, which stand under the name of their workflow.
[[nodiscard]] std::string endings_key(const std::string& workflow);
[[nodiscard]] std::string budget_key(const std::string& shared);        ///< of one that several share
[[nodiscard]] std::string own_budget_key(const std::string& workflow);  ///< of a workflow's own
[[nodiscard]] std::string shadow_key(const std::string& key);
/// Of one key: beyond, the oldest are forgotten before their window is over, and what it "would" says of more
/// admissions than that is too mild.
inline constexpr std::size_t shadow_admissions_max = 100'000;

}  // namespace aright::engine
