#include "cli/replay/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/digest.h"
#include "cli/replay/by_the_log.h"
#include "cli/replay/replay_world.h"
#include "cli/replay/told_inputs.h"
#include "cli/replay/told_made.h"
#include "engine/core.h"
#include "engine/perform.h"

namespace aright::cli {

namespace {

constexpr std::size_t rounds_a_step = 100'000;  ///< of the core, between two entries
const std::string replay_key = "replay";

std::string key_of(const std::string& control, const std::string& subject) { return control + " " + subject; }

struct Cover {
  WallTime until{};
  std::string file;
  std::string control;
};

class Replayer {
 public:
  Replayer(const ToldLog& log, const LoadedConfig& loaded, const std::vector<std::string>& members)
      : log_(log),
        told_made_(told_made(log)),
        world_(loaded.config, members),
        core_(by_the_log(loaded.config, log.before.ages()), log.before, loaded.rules) {
    hands_.drivers = {{"file", &world_}};
    hands_.gate = &gate_;
    hands_.salt = [this] { return sha256({replay_key, fmt::to_string(++salts_)}); };
    hands_.plan_key = replay_key;
    hands_.programs = &world_;
    hands_.calls = &world_;
    for (const auto& [id, run] : log.runs) told_runs_[{run.finding, run.workflow}].push_back(id);
  }

  Replayed play() {
    if (log_.entries.empty()) return std::move(result_);
    now_ = {at_of(log_.entries.front()), std::chrono::hours{1}, "replay"};
    begin();
    for (const Json& entry : log_.entries) {
      if (at_of(entry) != now_.wall) hear();
      pass_until(at_of(entry));
      result_.did.take(entry);
      happened(entry);
    }
    hear();
    pass_until(now_.wall + std::chrono::seconds{1});
    return std::move(result_);
  }

 private:
  static WallTime at_of(const Json& entry) {
    const auto at = parse_rfc3339(entry.value("at", ""));
    return at ? *at : WallTime{};
  }

  void begin() {
    engine::Remembered remembered;
    remembered.key = replay_key;
    remembered.workflows = log_.workflows;
    remembered.controls = log_.controls;
    for (const auto& [id, finding] : log_.before.findings()) {
      const std::string key = key_of(finding.control, finding.subject);
      keys_[id] = key;
      replayed_[key] = current_[key] = id;
      const auto event = log_.events.find(id);
      if (finding.evidence && event != log_.events.end()) remembered.evidence[finding.evidence->id] = event->second;
      if (const auto file = resource_of(finding.subject); file && !finding.evidence) {
        wrong(*file, finding.control, finding.about);
      }
    }
    take(core_.start(now_, std::move(remembered)));
    settle();
  }

  void happened(const Json& entry) {
    const std::string kind = entry.value("kind", "");
    if (kind.starts_with("finding.")) return finding(kind.substr(std::string_view("finding.").size()), entry);
    if (kind.starts_with("run.")) return run(kind.substr(std::string_view("run.").size()), entry);
    if (kind == "step.intended") {
      hear();
      return made(entry);
    }
    if (kind == "waiver.granted") covered(entry);
    if (kind == "waiver.ended") uncovered(entry.value("waiver", std::uint64_t{0}));
    if (auto command = told_command(entry, core_, log_, answered_)) feed(std::move(*command));
  }

  void announce(const Json& entry) {
    const std::string id = entry.value("finding", "");
    const std::string control = entry.value("control", "");
    const std::string subject = entry.value("subject", "");
    const std::string key = key_of(control, subject);
    keys_[id] = key;
    current_[key] = id;
    if (const auto known = replayed_.find(key); known != replayed_.end()) {
      const auto before = alias_.find(known->second);
      if (core_.projection().findings().contains(known->second)) {
        result_.still[id] = before == alias_.end() ? known->second : before->second;
      }
      alias_[known->second] = id;
    }
    result_.findings.push_back({id, control, subject, entry.value("at", "")});
  }

  void finding(const std::string& what, const Json& entry) {
    const std::string id = entry.value("finding", "");
    if (what == "opened") announce(entry);
    const auto key = keys_.find(id);
    if (key == keys_.end()) return;
    const std::size_t space = key->second.find(' ');
    const std::string control = key->second.substr(0, space);
    const std::string subject = key->second.substr(space + 1);
    const bool over = what == "resolved" || what == "dismissed";
    if (!over && what != "opened" && what != "occurred") return;
    const auto known = std::ranges::find(core_.config().controls, control, &Control::name);
    if (known == core_.config().controls.end()) return;
    if (known->on_events()) return on_events(entry, control, subject, over);
    const auto file = resource_of(subject);
    if (file) on_resource(entry, *file, control, over);
  }

  /// When the waiver is over, the log says whether it is found again.
  void covered(const Json& entry) {
    const auto until = parse_rfc3339(entry.value("expires_at", ""));
    const auto file = resource_of(entry.value("subject", ""));
    if (until && file) {
      covers_[entry.value("waiver", std::uint64_t{0})] = {*until, file->id, entry.value("control", "")};
    }
  }
  void uncovered(std::uint64_t waiver) {
    const auto cover = covers_.find(waiver);
    if (cover == covers_.end()) return;
    world_.unknown(cover->second.file, cover->second.control);
    covers_.erase(cover);
  }
  void uncover_until(WallTime wall) {
    for (;;) {
      const auto next = std::ranges::min_element(covers_, {}, [](const auto& one) { return one.second.until; });
      if (next == covers_.end() || next->second.until > wall) return;
      pass_to(next->second.until - std::chrono::milliseconds{1});
      uncovered(next->first);
    }
  }

  /// Occurrences are told in steps that grow: that it reads otherwise may be told by the run alone that answers it.
  void answered(const Json& entry) {
    const std::string about = entry.value("about", "");
    const auto file = resource_of(entry.value("subject", ""));
    const std::string name = entry.value("control", "");
    const auto control = std::ranges::find(core_.config().controls, name, &Control::name);
    if (about.empty() || !file || control == core_.config().controls.end() || control->on_events()) return;
    if (world_.about(file->id) == about) return;
    see(*file, name, about);
    look(*file);
  }

  void on_events(const Json& entry, const std::string& control, const std::string& subject, bool over) {
    // What ends by time ends by time here as well.
    if (over && entry.value("by", "").starts_with("nothing came for")) return;
    found_.push_back(told_sighting(entry, control, subject, over, log_));
  }

  void on_resource(const Json& entry, const ResourceId& file, const std::string& control, bool over) {
    if (over) hear();
    // What a run put right is right here when a run has done so here.
    if (over && !at_boundary(entry) && entry.value("by", "").starts_with("run ")) return;
    if (over && made_.contains(file.text()) && !at_boundary(entry)) return look(file);
    if (!over && at_work_.contains(entry.value("finding", "")) && !is_news(file, entry)) return;
    if (over) {
      world_.right(file.id, control);
    } else {
      if (entry.value("kind", "") == "finding.occurred" && !entry.contains("about")) return;
      see(file, control, entry.value("about", ""));
    }
    look(file);
  }

  /// What is seen of a resource while a run is at work on it is what that does, but for a state that it does not make.
  [[nodiscard]] bool is_news(const ResourceId& file, const Json& entry) const {
    const std::string about = entry.value("about", "");
    const auto made = made_.find(file.text());
    return !about.empty() && (made == made_.end() || made->second != about);
  }

  void look(const ResourceId& file) {
    engine::Hint changed;
    changed.source = "watch";
    changed.offset = ++hints_;
    changed.path = file.id;
    changed.driver = file.driver;
    found_.emplace_back(std::move(changed));
  }

  /// What a run has made of it is made here by a run, or is not.
  void see(const ResourceId& file, const std::string& control, const std::string& about) {
    const auto made = made_.find(file.text());
    if (made != made_.end() && made->second == about) return world_.found(file.id, control);
    if (made != made_.end()) made_.erase(made);
    wrong(file, control, about);
  }

  void wrong(const ResourceId& resource, const std::string& control, const std::string& about) {
    const auto state = log_.states.find(resource.text() + " " + about);
    world_.wrong(resource.id, control, state == log_.states.end() ? Json() : state->second, about);
  }

  /// It ended by the end of a run that was open when the replay began.
  [[nodiscard]] bool at_boundary(const Json& entry) const {
    const auto by = entry.value("by", "");
    return std::ranges::any_of(log_.before.runs(),
                               [&](const auto& run) { return by == fmt::format("run {}", run.first); });
  }

  /// From its intention on the state that a run makes of a resource is not seen as news.
  void made(const Json& entry) {
    const auto run = log_.runs.find(entry.value("run", std::uint64_t{0}));
    if (run == log_.runs.end()) return;
    const auto made = run->second.made.find(entry.value("resource", ""));
    if (made != run->second.made.end()) made_[made->first] = made->second;
  }

  void run(const std::string& state, const Json& entry) {
    if (state == "created") return answered(entry);
    const std::uint64_t run = entry.value("run", std::uint64_t{0});
    const auto known = parse_run_state(state);
    if (!known) return;
    if (const auto told = log_.runs.find(run); told != log_.runs.end()) {
      const bool works =
          !is_final(*known) && *known != RunState::pending && *known != RunState::planning && *known != RunState::held;
      works ? static_cast<void>(at_work_.insert(told->second.finding))
            : static_cast<void>(at_work_.erase(told->second.finding));
    }
    // One that was open when the replay began ends when the log says so.
    if (!is_final(*known) || run >= log_.before.next_run()) return;
    const auto& open = core_.projection().runs();
    const auto person = may_all(told_person(entry));
    if (const auto at = open.find(run); at != open.end() && at->second.state == RunState::unknown) {
      const bool done = *known == RunState::succeeded;
      feed(engine::Asked{1, engine::ResolveRun{run, done, "what came of it is in the log"}, person});
    }
    if (open.contains(run)) feed(engine::Asked{1, engine::CancelRun{run, "it was over then"}, person});
  }

  /// What people do: after all that was found before it.
  void feed(engine::Input input) {
    hear();
    found_.push_back(std::move(input));
    hear();
  }
  void hear() {
    if (found_.empty()) return;
    take(core_.handle(std::exchange(found_, {}), now_));
    settle();
  }

  void take(engine::Output out) {
    for (const Entry& bytes : out.entries) {
      const Json entry = Json::parse(bytes.bytes, nullptr, false);
      const std::string kind = entry.value("kind", "");
      if (kind == "finding.opened") opened(entry);
      result_.would.take(entry, alias_);
      if (kind == "run.created") begun(entry);
    }
    for (engine::Work& work : out.work) work_.push_back(std::move(work));
    wake_ = out.wake;
  }

  void opened(const Json& entry) {
    const std::string id = entry.value("finding", "");
    const std::string key = key_of(entry.value("control", ""), entry.value("subject", ""));
    replayed_[key] = id;
    if (const auto now = current_.find(key); now != current_.end()) alias_[id] = now->second;
  }

  /// The first run of a workflow on a finding does what the first one did, and so on.
  void begun(const Json& entry) {
    const std::uint64_t run = entry.at("run").get<std::uint64_t>();
    const auto* key = result_.would.of_run(run);
    const auto told = key == nullptr ? told_runs_.end() : told_runs_.find(*key);
    if (told == told_runs_.end()) return;
    std::size_t& used = used_[*key];
    if (used >= told->second.size()) return;
    as_[run] = told->second[used++];
    world_.as(run, log_.runs.at(as_[run]));
  }

  void settle() {
    for (std::size_t rounds = 0; !work_.empty() && rounds < rounds_a_step; ++rounds) {
      const engine::Work work = std::move(work_.front());
      work_.pop_front();
      std::vector<engine::Input> inputs;
      inputs.push_back(carry_out(work));
      take(core_.handle(std::move(inputs), now_));
    }
  }

  engine::Input carry_out(const engine::Work& work) {
    if (const auto* aside = std::get_if<engine::DoSnapshot>(&work)) {
      return engine::SnapshotDone{aside->snapshot->number, Done{}};
    }
    if (const auto* notify = std::get_if<engine::DoNotify>(&work)) {
      return engine::Notified{notify->notification->id, "nobody is told"};
    }
    if (const auto* plan = std::get_if<engine::DoPlan>(&work)) {
      engine::DoPlan as_is = *plan;  // what `${ … }` comes to depends on what nobody has kept
      as_is.desired.fields = unfilled(std::move(as_is.desired.fields));
      world_.makes(made_of(plan->run, plan->resource.text()));
      return engine::perform(hands_, as_is);
    }
    if (const auto* errand = std::get_if<engine::DoErrand>(&work)) {
      const KnownErrand known = world_.known(*errand, declared_output(core_, *errand));
      if (!known.untold.empty()) result_.would.cannot_tell(errand->run, known.untold);
      return engine::perform(hands_, known.work);
    }
    return engine::perform(hands_, work);
  }

  ToldMade made_of(std::uint64_t run, const std::string& resource) const {
    const auto as = as_.find(run);
    const auto made = as == as_.end() ? told_made_.end() : told_made_.find(as->second);
    if (made == told_made_.end() || !made->second.contains(resource)) return {};
    return made->second.at(resource);
  }

  void pass_until(WallTime wall) {
    uncover_until(wall);
    pass_to(wall);
  }
  void pass_to(WallTime wall) {
    const Nanos end = now_.boot + std::max(Nanos{}, wall - now_.wall);
    for (std::size_t rounds = 0; wake_ && *wake_ <= end && rounds < rounds_a_step; ++rounds) {
      advance(std::max(*wake_, now_.boot + std::chrono::milliseconds{1}));
      take(core_.handle({}, now_));
      settle();
    }
    if (end > now_.boot) advance(end);
  }
  void advance(Nanos boot) {
    now_.wall += boot - now_.boot;
    now_.boot = boot;
  }

  const ToldLog& log_;
  ToldMadeBy told_made_;
  ReplayWorld world_;
  engine::Core core_;
  engine::Gate gate_;
  engine::Hands hands_;
  Now now_;
  std::deque<engine::Work> work_;
  std::optional<Nanos> wake_;
  std::uint64_t salts_{0};
  std::uint64_t hints_{0};
  std::vector<engine::Input> found_{};           ///< in this moment; before anybody acts on it all of it is known
  std::set<std::string> at_work_;                ///< findings of the log that a run is at work on
  std::map<std::string, std::string> keys_;      ///< finding of the log → "CONTROL SUBJECT"
  std::map<std::string, std::string> current_;   ///< "CONTROL SUBJECT" → its newest finding of the log
  std::map<std::string, std::string> replayed_;  ///< "CONTROL SUBJECT" → its newest finding of the replay
  std::map<std::string, std::string> alias_;     ///< finding of the replay → of the log
  std::map<FoundAnswers::Key, std::vector<std::uint64_t>> told_runs_;  ///< of the log, in order
  std::map<std::uint64_t, std::uint64_t> as_;                          ///< run of the replay → of the log
  std::map<FoundAnswers::Key, std::size_t> used_;                      ///< how many of those
  AnsweredReviews answered_;
  std::map<std::uint64_t, Cover> covers_;  ///< by waiver of the log, those of files
  std::map<std::string, std::string>
      made_;  ///< resource → its state, where a run made it and nothing else was seen since
  Replayed result_;
};

}  // namespace

Replayed replay(const ToldLog& log, const LoadedConfig& loaded, const std::vector<std::string>& members) {
  return Replayer(log, loaded, members).play();
}

}  // namespace aright::cli
