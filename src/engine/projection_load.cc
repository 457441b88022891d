// The projection as loaded from its rows.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <tuple>

#include "base/canonical.h"
#include "engine/projection.h"

namespace aright::engine {

namespace {

/// As rows have it: names of guards with commas between them.
std::set<std::string> guards_from(std::string_view text) {
  std::set<std::string> guards;
  for (const auto one : std::views::split(text, ',')) {
    if (!one.empty()) guards.emplace(std::string_view(one));
  }
  return guards;
}

Result<LastAnswer> answer_from(const Json& doc) {
  DocReader in(doc, "answer");
  LastAnswer answer{in.text("state"),
                    {in.time("ended"), in.micros("up"), in.text("boot_id")},
                    in.number("runs"),
                    in.number("noted"),
                    in.has("about") ? in.text("about") : std::string()};
  if (in.has("run")) {
    answer.run = in.number("run");
    answer.under = in.text("under");
    if (in.has("order")) answer.order = in.number("order");
  }
  if (in.has("refused")) {
    answer.refused = in.number("refused");
    answer.refused_under = in.text("refused_under");
  }
  if (in.has("kept_by")) answer.kept_by = guards_from(in.text("kept_by"));
  if (in.has("would_wait")) answer.would_wait = in.boolean("would_wait");
  if (in.has("made")) answer.made = in.text_map("made");
  if (in.has("causes")) {
    auto causes = causes_from_json(in.array("causes"));
    if (!causes) return std::unexpected(causes.error());
    answer.causes = std::move(*causes);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return answer;
}

/// As `CanonicalReader`: false where it is too much for it.
bool read_moment(CanonicalReader& in, Moment& moment, std::string_view at) {
  std::uint64_t up = 0;
  const auto wall = parse_rfc3339(at);
  if (!wall || !in.number(up)) return false;
  moment.wall = *wall;
  moment.boot = std::chrono::microseconds{up};
  return true;
}

Result<Done> read_moments(const Json& list, std::vector<Moment>& into) {
  for (const Json& item : list) {
    DocReader at(item, "moment");
    into.push_back({at.time("at"), at.micros("up"), at.text("boot_id")});
    if (auto ok = at.finish(); !ok) return ok;
  }
  return Done{};
}

bool read_admission(std::string_view doc, std::string& key, guard::Admission& admission) {
  CanonicalReader in(doc);
  std::string_view at;
  return in.open() && in.name("at") && in.text(at) && in.name("boot_id") && in.text(admission.at.boot_id) &&
         in.name("key") && in.text(key) && in.name("subject") && in.text(admission.subject) && in.name("up") &&
         read_moment(in, admission.at, at) && in.close() && in.at_end();
}

bool read_subject(std::string_view doc, SubjectState& s) {
  CanonicalReader in(doc);
  bool good = in.open() && in.name("answers") && in.open();
  while (good && in.more()) {
    std::string_view at;
    std::string_view kept_by;
    std::string workflow;
    LastAnswer answer;
    good = in.any_name(workflow) && in.open() &&
           (!in.begins_with("about") || (in.name("about") && in.text(answer.about))) && in.name("boot_id") &&
           in.text(answer.ended.boot_id) && in.name("ended") && in.text(at) &&
           (!in.begins_with("kept_by") || (in.name("kept_by") && in.text(kept_by))) && in.name("noted") &&
           in.number(answer.noted) && (!in.begins_with("order") || (in.name("order") && in.number(answer.order))) &&
           (!in.begins_with("run") || (in.name("run") && in.number(answer.run))) && in.name("runs") &&
           in.number(answer.runs) && in.name("state") && in.text(answer.state) &&
           (answer.run == 0 || (in.name("under") && in.text(answer.under))) && in.name("up") &&
           read_moment(in, answer.ended, at) && in.close();
    answer.kept_by = guards_from(kept_by);
    good = good && s.answers.emplace(std::move(workflow), std::move(answer)).second;
  }
  return good && in.close() && in.name("control") && in.text(s.control) && in.name("episode") && in.number(s.episode) &&
         in.name("finding") && in.text(s.finding) && in.name("open") && in.boolean(s.open) && in.name("subject") &&
         in.text(s.subject) && in.close() && in.at_end();
}

}  // namespace

std::string Projection::context() const {
  Json modes = Json::object();
  for (const auto& [workflow, set] : modes_) modes[workflow] = name(set.mode);
  Json windows = Json::object();
  for (const auto& [workflow, window] : windows_) windows[workflow] = window / std::chrono::milliseconds{1};
  Json all{{"boot_id", boot_id_},         {"next_run", next_run_},           {"next_review", next_review_},
           {"next_waiver", next_waiver_}, {"pauses", pauses_json()},         {"modes", modes},
           {"windows", windows},          {"admissions", admissions_kept()}, {"definitions", definitions_}};
  if (next_pause_ != 1) all["next_pause"] = next_pause_;
  if (Json book = notifications_.context(); !book.is_null()) all["notifications"] = std::move(book);
  if (Json by = modes_by_json(modes_); !by.is_null()) all["modes_by"] = std::move(by);
  if (started_) all["started"] = true;
  if (!epochs_.empty()) all["epochs"] = epochs_.to_json();
  if (!breakers_.empty()) all["breakers"] = breakers_json();
  if (Json versions = versions_.to_json(); !versions.empty()) all["versions"] = std::move(versions);
  if (!ages_.empty()) all["ages"] = ages_.to_json();
  if (!forgotten_.empty()) all["forgotten"] = forgotten_;
  if (!openings_kept_.empty()) all["openings_kept"] = openings_kept_;
  if (!returns_kept_.empty()) all["returns_kept"] = returns_kept_;
  return canonical_json(all).value_or(std::string());
}

Result<Done> Projection::load_context(const std::string& context) {
  auto doc = parse_own_json(context);
  if (!doc) return fail(Errc::corrupt, "context: " + doc.error().message);
  DocReader in(*doc, "context");
  boot_id_ = in.text("boot_id");
  next_run_ = in.number("next_run");
  next_review_ = in.number("next_review");
  if (in.has("next_waiver")) next_waiver_ = in.number("next_waiver");  // not in one from before there were waivers
  if (auto ok = load_pauses(in); !ok) return ok;
  for (const auto& [workflow, word] : in.object("modes").items()) {
    const auto mode = word.is_string() ? parse_mode(word.get<std::string>()) : std::nullopt;
    if (!mode) return fail(Errc::corrupt, "context: mode of " + workflow);
    modes_[workflow].mode = *mode;
  }
  if (in.has("modes_by")) {
    if (auto ok = load_modes_by(in.object("modes_by"), modes_); !ok) return ok;
  }
  DocReader windows(in.object("windows"), "context window");
  for (const auto& [workflow, window] : in.object("windows").items()) windows_[workflow] = windows.millis(workflow);
  if (auto ok = windows.finish(); !ok) return ok;
  for (auto [key, into] : {std::pair("openings_kept", &openings_kept_), std::pair("returns_kept", &returns_kept_),
                           std::pair("forgotten", &forgotten_)}) {
    if (!in.has(key)) continue;
    for (const auto& [workflow, kept] : in.object(key).items()) {
      if (!kept.is_number_unsigned()) return fail(Errc::corrupt, fmt::format("context: {} of {}", key, workflow));
      (*into)[workflow] = kept.get<std::uint64_t>();
    }
  }
  if (in.has("started")) started_ = in.boolean("started");
  if (in.has("epochs")) {
    auto epochs = Epochs::from_json(in.array("epochs"));
    if (!epochs) return std::unexpected(epochs.error());
    epochs_ = std::move(*epochs);
  }
  if (in.has("notifications")) {
    if (auto ok = notifications_.load_context(in.object("notifications")); !ok) return ok;
  }
  if (in.has("breakers")) {
    if (auto ok = load_breakers(in.array("breakers")); !ok) return ok;
  }
  if (in.has("versions")) {
    auto versions = TestedVersions::from_json(in.object("versions"));
    if (!versions) return std::unexpected(versions.error());
    versions_ = std::move(*versions);
  }
  if (in.has("ages")) {
    if (auto ok = ages_.load(in.object("ages")); !ok) return ok;
  }
  for (const auto& [key, hash] : in.object("definitions").items()) {
    if (!hash.is_string()) return fail(Errc::corrupt, "context: definition " + key);
    definitions_[key] = hash.get<std::string>();
  }
  return in.finish();
}

/// Of tables that may have many rows. False: read it as any other.
bool Projection::load_row_quickly(const Row& row) {
  if (row.table == "admission") {
    std::string key;
    guard::Admission admission;
    const auto entry = entry_of(row);
    if (!entry || !read_admission(row.doc, key, admission)) return false;
    take_counted(key, *entry, std::move(admission));
    return true;
  }
  SubjectState s;
  if (row.table != "subject" || !read_subject(row.doc, s)) return false;
  std::string id = s.id();
  subjects_.insert_or_assign(std::move(id), std::move(s));
  return true;
}

Result<Done> Projection::load_row(const Row& row) {
  if (load_row_quickly(row)) return Done{};
  auto doc = parse_own_json(row.doc);
  if (!doc) return std::unexpected(doc.error());
  DocReader in(*doc, row.table);
  if (row.table == "finding") {
    auto f = Finding::from_json(*doc);
    if (!f) return std::unexpected(f.error());
    open_subjects_.emplace(f->subject, f->id);
    findings_[f->id] = std::move(*f);
  } else if (row.table == "run") {
    auto r = Run::from_json(*doc);
    if (!r) return std::unexpected(r.error());
    take_run(std::move(*r));
  } else if (row.table == "review") {
    auto r = Review::from_json(*doc);
    if (!r) return std::unexpected(r.error());
    reviews_.add(std::move(*r));
  } else if (row.table == "mark") {
    return Done{};  // an entry alone says all of it
  } else if (row.table == "waiver") {
    auto w = Waiver::from_json(*doc);
    if (!w) return std::unexpected(w.error());
    take_waiver(std::move(*w));
  } else if (row.table == "notification") {
    if (auto ok = notifications_.load(*doc); !ok) return ok;
  } else if (row.table == "subject") {
    SubjectState s{in.text("control"), in.text("subject"), in.number("episode"),
                   in.text("finding"), in.boolean("open"), {}};
    if (in.has("fixed")) s.fixed = in.texts("fixed");
    if (in.has("openings")) {
      if (auto ok = read_moments(in.array("openings"), s.openings); !ok) return ok;
    }
    if (in.has("returns")) {
      for (const auto& [workflow, list] : in.object("returns").items()) {
        if (auto ok = read_moments(list, s.returns[workflow]); !ok) return ok;
      }
    }
    for (const auto& [workflow, item] : in.object("answers").items()) {
      auto answer = answer_from(item);
      if (!answer) return std::unexpected(answer.error());
      s.answers[workflow] = std::move(*answer);
    }
    subjects_[s.id()] = s;
  } else {
    return load_admission(row, *doc);
  }
  return in.finish();
}

/// Without those that are gone the next ones would be counted from nothing.
Result<Done> Projection::check_admissions(const std::string& context) const {
  if (context.empty()) return Done{};
  const auto doc = parse_own_json(context);
  if (!doc) return std::unexpected(doc.error());
  DocReader in(*doc, "context");
  const std::uint64_t stored = in.number("admissions");
  if (auto ok = in.finish(); !ok) return ok;
  if (stored == admissions_kept()) return Done{};
  return fail(Errc::corrupt,
              fmt::format("table admission: has {} rows, but {} were stored", admissions_kept(), stored));
}

Result<Projection> Projection::load(std::uint64_t entries, const std::string& context,
                                    const std::vector<Row>& open_rows) {
  Projection p;
  p.entries_ = entries;
  if (!context.empty()) {
    if (auto ok = p.load_context(context); !ok) return std::unexpected(ok.error());
  } else if (entries > 0) {
    return fail(Errc::corrupt, "context: missing although the log has entries");
  }
  std::vector<const Row*> sorted;
  sorted.reserve(open_rows.size());
  for (const Row& row : open_rows) sorted.push_back(&row);
  std::ranges::sort(sorted, {}, [](const Row* row) { return std::tie(row->table, row->id); });
  for (const Row* row : sorted) {
    if (auto ok = p.load_row(*row); !ok) {
      return fail(Errc::corrupt, fmt::format("table {}, row {}: {}", row->table, row->id, ok.error().message));
    }
  }
  if (auto ok = p.check_admissions(context); !ok) return std::unexpected(ok.error());
  for (const auto& [id, s] : p.subjects_) {
    if (!s.open || p.findings_.contains(s.finding)) continue;
    return fail(Errc::corrupt,
                fmt::format("table subject, row {}: its finding {} is not among the open ones", id, s.finding));
  }
  return p;
}

}  // namespace aright::engine
