#include "daemon/reloader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/fixture/version_results.h"
#include "cli/known_ages.h"
#include "cli/reload.h"
#include "cli/sshd_elsewhere.h"
#include "daemon/process.h"
#include "driver/file/file_driver.h"

namespace aright::daemon {

namespace {

constexpr auto recorded_within = std::chrono::seconds{10};
constexpr std::size_t shown_max = 200;

Json with_diagnostics(Json answer, const Diagnostics& diagnostics) {
  answer["diagnostics"] = cli::as_json(diagnostics, shown_max);
  answer["more"] = diagnostics.size() - std::min(diagnostics.size(), shown_max);
  return answer;
}

std::string place(const Position& at) {
  return at.line == 0 ? at.file : fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

/// "source shop changed", "source forge removed"
template <class Definition>
void compare(const char* kind, const std::vector<Definition>& before, const std::vector<Definition>& now,
             std::vector<std::string>& into) {
  for (const Definition& one : now) {
    const auto known = std::ranges::find(before, one.name, &Definition::name);
    if (known != before.end() && *known == one) continue;
    into.push_back(fmt::format("{} {} {}", kind, one.name, known == before.end() ? "added" : "changed"));
  }
  for (const Definition& one : before) {
    const bool gone = std::ranges::find(now, one.name, &Definition::name) == now.end();
    if (gone) into.push_back(fmt::format("{} {} removed", kind, one.name));
  }
}

/// How it is reached and how it is treated stand in one place of aright.yaml.
struct WholeNotifier {
  std::string name;
  NotifierDefinition how;
  std::optional<NotifierRule> rule;
  bool operator==(const WholeNotifier&) const = default;
};

std::vector<WholeNotifier> whole_notifiers(const InUse& used) {
  std::vector<WholeNotifier> all;
  for (const NotifierDefinition& one : used.notifiers) {
    const NotifierRule* rule = used.notify.find(one.name);
    all.push_back({one.name, one, rule == nullptr ? std::nullopt : std::optional(*rule)});
  }
  return all;
}

}  // namespace

void InUse::take(const cli::LoadedConfig& loaded) {
  tails = loaded.tails;
  webhooks = loaded.webhooks;
  notifiers = loaded.notifiers;
  notify = loaded.config.notify;
}

InUse in_use(const std::string& listen, const cli::LoadedConfig& loaded) {
  InUse used{.listen = listen, .socket_group = loaded.socket_group};
  used.take(loaded);
  return used;
}

/// Of what the engine does not hold, or has no entry of its own for.
std::vector<std::string> Reloader::changed_to(const InUse& next) const {
  std::vector<std::string> changed;
  compare("source", in_use_.tails, next.tails, changed);
  compare("source", in_use_.webhooks, next.webhooks, changed);
  compare("notifier", whole_notifiers(in_use_), whole_notifiers(next), changed);
  const auto& before = in_use_.notify.defaults;
  const auto& now = next.notify.defaults;
  if (before != now) {
    changed.emplace_back(before.empty() ? "notify default added"
                         : now.empty()  ? "notify default removed"
                                        : "notify default changed");
  }
  return changed;
}

/// Says what a reload does not change.
void Reloader::note_kept(cli::LoadedConfig& loaded) const {
  const auto note = [&](std::string what, const char* hint) {
    loaded.diagnostics.push_back({Severity::warning, {"aright.yaml", 0, 0}, std::move(what), hint});
  };
  if (!loaded.listen.empty() && loaded.listen != in_use_.listen) {
    note(fmt::format("`listen` is {}, but the daemon serves at {}", loaded.listen,
                     in_use_.listen.empty() ? "no address" : in_use_.listen),
         "an address is taken at the start: restart the daemon, or leave it as it is");
  }
  if (loaded.socket_group != in_use_.socket_group) {
    const auto named = [](const std::string& group) { return group.empty() ? "nobody else" : "group " + group; };
    note(fmt::format("`socket` is for {}, but the daemon's is for {}", named(loaded.socket_group),
                     named(in_use_.socket_group)),
         "that is settled at the start: restart the daemon, or leave it as it is");
  }
}

Result<Json> Reloader::reload(const engine::Identity& who) {
  const std::scoped_lock lock(one_at_a_time_);
  cli::ConfigOptions options = options_;
  options.looked_at = [this] { return cli::looked_at_of(engine_.definitions()); };
  cli::LoadedConfig loaded = cli::load_config_folder(folder_, options);
  if (has_errors(loaded.diagnostics)) {
    return refuse("the configuration folder has mistakes", std::move(loaded.diagnostics), who);
  }
  note_kept(loaded);
  driver::FileDriver files;
  cli::warn_of_included(files, loaded.config, loaded.diagnostics);
  auto armed = sources_.arm(loaded);
  if (!armed) {
    loaded.diagnostics.push_back({Severity::error, {folder_, 0, 0}, armed.error().message, {}});
    return refuse("what it names cannot be watched", std::move(loaded.diagnostics), who);
  }
  engine::VersionTests tests = cli::play_tests(folder_, loaded);
  std::vector<std::string> own = loaded.config.protected_paths;
  InUse next = in_use_;
  next.take(loaded);
  // A run of the new configuration may begin, and people be told, before the answer is here.
  Errands::Places places{std::move(loaded.destinations), std::move(loaded.secrets), std::move(loaded.notifiers)};
  errands_.expect(places);
  auto answer =
      take({std::move(loaded.config), std::move(loaded.rules), std::move(tests), loaded.origin, changed_to(next)}, who);
  const bool taken = answer || answer.error().code == Errc::timeout;
  if (taken) {
    sources_.take(std::move(*armed));
    errands_.change(std::move(places));
    witnesses_.change(loaded.witnesses);
    own_.change(std::move(own));
    keeper_.change(loaded.retention);
    in_use_ = std::move(next);
    for (const Webhooks::Unread& one : sources_.unread()) {
      loaded.diagnostics.push_back(
          {Severity::warning, {"sources", 0, 0}, fmt::format("source {}: {}", one.source, one.text), {}});
    }
  } else {
    errands_.stay();
  }
  const Diagnostics diagnostics = std::exchange(loaded, {}).diagnostics;
  if (!answer) return answer;
  return with_diagnostics(std::move(*answer), diagnostics);
}

Result<Json> Reloader::take(engine::Reload reload, const engine::Identity& who) {
  auto recorded = engine_.submit(std::move(reload), who);
  if (recorded.wait_for(recorded_within) == std::future_status::ready) return recorded.get();
  return fail(Errc::timeout, "the configuration could not be recorded within 10 s; it is in force when it can be");
}

Result<Json> Reloader::refuse(const std::string& reason, Diagnostics diagnostics, const engine::Identity& who) {
  const auto is_error = [](const Diagnostic& d) { return d.severity == Severity::error; };
  Diagnostics in_the_way;  // first, so that warnings do not push them out of the answer
  std::ranges::copy_if(diagnostics, std::back_inserter(in_the_way), is_error);
  std::ranges::remove_copy_if(Diagnostics(diagnostics), std::back_inserter(in_the_way), is_error);
  diagnostics = std::move(in_the_way);
  engine::ReloadRefused refused;
  refused.mistakes = static_cast<std::uint64_t>(std::ranges::count_if(diagnostics, is_error));
  const Diagnostic& first = diagnostics.front();
  refused.first = fmt::format("{}: {}", place(first.at), first.message);
  auto recorded = engine_.submit(std::move(refused), who);
  recorded.wait_for(recorded_within);  // that it is refused is true whether or not it is on record yet
  return with_diagnostics({{"reloaded", false}, {"reason", reason}}, diagnostics);
}

}  // namespace aright::daemon
