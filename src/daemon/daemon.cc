#include "daemon/daemon.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <future>
#include <initializer_list>
#include <memory>

#include "api/api.h"
#include "api/identity.h"
#include "base/digest.h"
#include "base/text.h"
#include "cli/config_folder.h"
#include "cli/cosigned.h"
#include "cli/diagnostics.h"
#include "cli/fixture/version_results.h"
#include "cli/known_ages.h"
#include "cli/own_paths.h"
#include "cli/prover.h"
#include "cli/reload.h"
#include "cli/show.h"
#include "cli/sshd_elsewhere.h"
#include "cli/terminal_text.h"
#include "cli/witness_file.h"
#include "daemon/errands.h"
#include "daemon/keeper.h"
#include "daemon/keys.h"
#include "daemon/log.h"
#include "daemon/outcomes.h"
#include "daemon/process.h"
#include "daemon/reloader.h"
#include "daemon/socket_group.h"
#include "daemon/sources.h"
#include "daemon/start_error.h"
#include "daemon/start_remarks.h"
#include "daemon/starts_low.h"
#include "daemon/witnesses.h"
#include "driver/file/file_driver.h"
#include "driver/host/host_surroundings.h"
#include "driver/own/own_files.h"
#include "engine/crew.h"
#include "engine/perform.h"
#include "engine/shell.h"
#include "http/server.h"
#include "store/file_check.h"
#include "store/snapshot_files.h"
#include "store/sqlite_history.h"
#include "store/sqlite_store.h"
#include "store/state_folder.h"

namespace aright::daemon {

namespace {

constexpr std::chrono::seconds fix_max{60};
constexpr std::uint32_t senders_max = 256;  ///< at the same time; further ones take the place of idle ones

class Daemon {
 public:
  explicit Daemon(const cli::ServeOptions& options) : options_(options) {}

  int run() {
    set_up_process(true);
    log_to_stderr(false);
    // The order: what can refuse comes before what acts. A mistake leaves no state folder, and a start that fails has
    // changed no managed file; a pause is seen and every change after the first reading is noticed.
    auto ok = each({&Daemon::load_config, &Daemon::open_port, &Daemon::open_state, &Daemon::open_store,
                    &Daemon::load_keys, &Daemon::meet_witnesses, &Daemon::make_engine, &Daemon::open_sockets,
                    &Daemon::open_sources, &Daemon::start_engine});
    if (ok) {
      keeper_ = std::make_unique<Keeper>(*shell_, state_->database(), loaded_.retention);
      reloader_ = std::make_unique<Reloader>(options_.config, config_options(), in_use(options_.listen, loaded_),
                                             *shell_, *sources_, *errands_, *witnesses_, own_, *keeper_);
      if (open_) open_->serve();
      local_->serve();
      tell_ready();
      for (auto asked = sources_->wait(); asked != Sources::Asked::stop; asked = sources_->wait()) {
        mend_socket(*local_, loaded_.socket_group, state_->socket());
        if (asked == Sources::Asked::reload) reload_by_signal();
      }
    } else {
      fmt::print(stderr, "error: {}\n", cli::safe(ok.error().message));
    }
    const auto stopped = stop();
    if (!stopped)
      fmt::print(stderr, "error: the engine stopped: {}\n", cli::safe(store::advised(stopped.error()).message));
    return ok && stopped ? 0 : 1;
  }

  Result<cli::FixOutcomes> fix() {
    set_up_process(false);
    log_to_stderr(true);
    once_ = true;
    auto ok = each({&Daemon::load_config, &Daemon::open_state, &Daemon::open_store, &Daemon::load_keys,
                    &Daemon::meet_witnesses, &Daemon::find_newest_run, &Daemon::make_engine, &Daemon::open_sources,
                    &Daemon::start_engine});
    const bool in_time = ok && settled_.get_future().wait_for(fix_max) == std::future_status::ready;
    const auto stopped = stop();
    if (!ok) return std::unexpected(ok.error());
    if (!stopped) return std::unexpected(stopped.error());
    if (!in_time) return fail(Errc::timeout, fmt::format("not everything had ended after {}; run it again", fix_max));
    return outcomes(shell_->core(), *history_, newest_run_,
                    [this](const ResourceId& id) { return file_driver_.read(id); });
  }

 private:
  using Steps = std::initializer_list<Result<Done> (Daemon::*)()>;
  Result<Done> each(Steps steps) {
    for (const auto step : steps) {
      if (auto ok = (this->*step)(); !ok) return std::unexpected(start_error(ok.error()));
    }
    return Done{};
  }

  Result<Done> open_port() {
    if (options_.listen.empty()) return Done{};
    auto open = http::Server::on_tcp(
        options_.listen,
        [this](const http::Request& r) { return is_to_webhook(r) ? hooks().answer(r) : api_->open(r); },
        {.connections = senders_max},
        [this](const http::Request& r) { return is_to_webhook(r) ? hooks().screen(r) : std::nullopt; });
    if (!open) return std::unexpected(open.error());
    open_ = std::move(*open);
    serving_[1] = open_.get();
    return Done{};
  }

  const Webhooks& hooks() const { return sources_->webhooks(); }

  Result<Done> open_state() {
    auto state = store::StateFolder::open(options_.state);
    if (!state) return std::unexpected(state_folder_error(state.error()));
    state_ = std::make_unique<store::StateFolder>(std::move(*state));
    return Done{};
  }

  cli::ConfigOptions config_options() const {
    return {options_.root.empty() ? std::string() : cli::absolute(options_.root),
            cli::protected_paths(options_.state, options_.config), true,
            [state = options_.state] { return cli::looked_at_in(state); }, Severity::error};
  }

  Result<Done> load_config() {
    loaded_ = cli::load_config_folder(options_.config, config_options());
    cli::check_apart(options_.state, options_.config, loaded_.diagnostics);
    cli::check_witnesses(loaded_.witnesses, options_.state, loaded_.diagnostics);
    if (!has_errors(loaded_.diagnostics)) {
      tests_ = cli::play_tests(options_.config, loaded_);
      cli::warn_of_included(file_driver_, loaded_.config, loaded_.diagnostics);
    }
    cli::print_diagnostics(loaded_.diagnostics);
    if (has_errors(loaded_.diagnostics))
      return fail(Errc::invalid, "the configuration folder " + options_.config + " has mistakes; nothing was started");
    if (options_.listen.empty()) options_.listen = loaded_.listen;
    own_.change(loaded_.config.protected_paths);
    return Done{};
  }

  Result<Done> open_store() {
    auto store = store::SqliteStore::open(state_->database());
    if (!store) return std::unexpected(store.error());
    store_ = std::move(*store);
    auto history = store::SqliteHistory::open(state_->database());
    if (!history) return std::unexpected(history.error());
    history_ = std::move(*history);
    prover_ = std::make_unique<cli::Prover>(*history_);
    return Done{};
  }

  Result<Done> load_keys() {
    auto keys = open_keys(*state_, *history_);
    if (!keys) return std::unexpected(keys.error());
    keys_ = std::move(*keys);
    return Done{};
  }

  Result<Done> meet_witnesses() {
    auto remarks = start_remarks(*history_, keys_.verify, loaded_.witnesses, options_);
    if (!remarks) return std::unexpected(remarks.error());
    remarks_ = std::move(*remarks);
    witnesses_ = std::make_unique<Witnesses>(
        WitnessSurroundings{state_->file(cli::cosigned_folder),
                            [log = state_->database()] { return store::SqliteHistory::open(log); }},
        loaded_.witnesses);
    return Done{};
  }

  /// Not for a daemon, which has no use for it.
  Result<Done> find_newest_run() {
    auto newest = newest_run(*history_);
    if (!newest) return std::unexpected(newest.error());
    newest_run_ = *newest;
    return Done{};
  }

  Result<Done> make_engine() {
    auto boot_id = read_boot_id();
    if (!boot_id) return std::unexpected(boot_id.error());
    const auto clock = [boot = *boot_id] { return Now{wall_time(), boot_time(), boot}; };
    const auto low = starts_low(*state_, *store_, *history_);
    if (!low) return std::unexpected(low.error());
    auto errands = Errands::create(keys_.node, state_->file("running"), loaded_);
    if (!errands) return std::unexpected(errands.error());
    errands_ = std::move(*errands);
    auto snapshots = store::SnapshotFiles::open(state_->file("windows"));
    if (!snapshots) return std::unexpected(snapshots.error());
    snapshots_ = std::move(*snapshots);
    hands_ = {{{"file", &file_driver_}},
              &gate_,
              [] { return salt_at(wall_time(), random_digest()); },
              keys_.plan,
              &errands_->programs(),
              snapshots_.get(),
              &around_,
              &errands_->calls(),
              &own_};
    errands_->tell_by([this](engine::Notified told) { shell_->post(std::move(told)); });
    const auto dispatch = [this](engine::Work work) {
      if (!errands_->tells(work)) crew_->post(std::move(work));
    };
    const auto nudge = [this] { crew_->nudge(); };
    const auto hurry = [this] { crew_->hurry(); };
    const auto sign = [this](std::uint64_t size, const Digest& root) {
      return audit::sign_checkpoint({keys_.origin, size, root, {}}, keys_.sign, keys_.origin);
    };
    const auto publish = [this](const std::string& note) {
      spdlog::info("checkpoint {}", cli::witness_line(note));
      witnesses_->publish(note);
    };
    shell_ = std::make_unique<engine::Shell>(
        engine::ShellParts{*store_, *state_, gate_, clock, dispatch, nudge, hurry, sign, publish, tell, keys_.plan,
                           engine::errands_at_once, std::move(remarks_), std::move(tests_), loaded_.origin, *low});
    crew_ = std::make_unique<engine::Crew>(
        options_.workers,
        engine::CrewParts{[] { name_thread("crew"); }, [this] { return engine_turn(); },
                          [this](const engine::Work& work) { shell_->post(engine::perform(hands_, work)); },
                          [this](std::optional<Nanos> until) {
                            sources_->listen(until ? std::optional(*until - boot_time()) : std::nullopt);
                          },
                          [this] { sources_->stir(); }, boot_time},
        engine::errands_at_once);
    return Done{};
  }

  engine::Turn engine_turn() {
    auto turn = shell_->turn(stopping_);
    if (turn) {
      if (once_ && !turn->over && shell_->settled() && crew_->calm()) tell_settled();
      return *turn;
    }
    // An engine that cannot go on must not leave a daemon that looks alive. No signal: who listens for them ends here.
    engine_result_ = std::unexpected(turn.error());
    tell_settled();
    sources_->end_wait();
    return {std::nullopt, true};
  }

  void tell_settled() {
    if (!std::exchange(told_settled_, true)) settled_.set_value();
  }

  Result<Done> start_engine() {
    if (auto ok = shell_->start(loaded_.config, loaded_.rules, snapshots_->load()); !ok) return ok;
    if (auto ok = publish_key(*state_, *history_, keys_); !ok) return ok;
    if (shell_->status().store_trouble.empty()) forget_restored(options_.state);
    if (auto ok = follow_logs(); !ok) return ok;
    tell_of_pauses(shell_->core().projection().pauses());
    sources_->listen(Nanos::zero());  // a pause asked for meanwhile comes before the first effect
    crew_->start();
    return Done{};
  }

  /// Only now it is known where they go on. One fix has no time for them.
  Result<Done> follow_logs() {
    if (once_) return Done{};
    return sources_->follow(loaded_, shell_->core().read_from());
  }

  Result<Done> open_sockets() {
    api_ = std::make_unique<api::Api>(
        *shell_, *history_, [this](std::uint64_t seq) { return prover_->prove(seq); },
        [this] { return server_figures(); }, [this](const engine::Identity& who) { return reloader_->reload(who); },
        [this] { return sources_->view(); },
        [this](const std::string& source, std::optional<std::uint64_t> after) { return sources_->tap(source, after); },
        [this](const std::string& source, const api::EventPlace& place) { return sources_->read_again(source, place); },
        [this] { return sources_->unwatched(); }, [this] { return witnesses_->view(); },
        api::ConfigPlace{cli::absolute(options_.config),
                         options_.root.empty() ? std::string() : cli::absolute(options_.root)});
    auto local = http::Server::on_unix(state_->socket(), [this](const http::Request& r) { return api_->local(r); }, {},
                                       {{http::answers_header, ARIGHT_VERSION}});
    if (!local) return std::unexpected(local.error());
    local_ = std::move(*local);
    serving_[0] = local_.get();
    const std::string& group = loaded_.socket_group;
    return group.empty() ? Result<Done>(Done{}) : open_socket_to(group, state_->socket());
  }

  std::vector<std::pair<std::string, http::ServerFigures>> server_figures() const {
    std::vector<std::pair<std::string, http::ServerFigures>> all;
    for (std::size_t i = 0; i < serving_.size(); ++i) {
      const http::Server* server = serving_.at(i);
      if (server != nullptr) all.emplace_back(i == 0 ? "unix" : "tcp", server->figures());
    }
    return all;
  }

  Result<Done> open_sources() {
    const std::string state = cli::absolute(options_.state);
    auto sources = Sources::start(loaded_.config, {state + "/pause", state + "/aright.sock"}, *shell_, gate_,
                                  keys_.plan, state_->file("webhooks"));
    if (!sources) return std::unexpected(sources.error());
    sources_ = std::move(*sources);
    return Done{};
  }

  void reload_by_signal() {
    auto answer = reloader_->reload(api::identity_of_user(sources_->reload_asked_by()));
    if (!answer) return spdlog::warn("reload: {}", cli::safe(answer.error().message));
    for (const std::string& line : cli::diagnostic_lines(*answer)) spdlog::warn("reload: {}", line);
  }

  void tell_ready() {
    std::string text = fmt::format(
        "ready: {}, {}, state {}, key {}\n", counted(loaded_.config.controls.size(), "control"),
        counted(loaded_.config.workflows.size(), "workflow"), cli::safe(options_.state), keys_.verify.text());
    if (open_) text += fmt::format("listening on port {} (health, metrics, webhooks)\n", open_->port());
    if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return;
    spdlog::warn("{}: nobody is told there that it is ready", errno_error(errno, "standard output").message);
    std::clearerr(stdout);  // it works all the same
  }

  Result<Done> stop() {
    open_.reset();
    local_.reset();
    keeper_.reset();
    stopping_ = true;
    if (errands_) errands_->end_soon();
    if (crew_) {
      crew_->nudge();
      crew_->join();
    }
    if (errands_) errands_->end_now();
    sources_.reset();
    return engine_result_;
  }

  cli::ServeOptions options_;
  cli::LoadedConfig loaded_;
  engine::VersionTests tests_;  ///< of it, until the engine is made
  std::unique_ptr<store::StateFolder> state_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<store::SqliteHistory> history_;
  std::unique_ptr<cli::Prover> prover_;
  Keys keys_;
  std::vector<engine::Remark> remarks_;  ///< of the start, until it is made
  std::unique_ptr<Witnesses> witnesses_;
  driver::FileDriver file_driver_;
  driver::HostSurroundings around_;
  driver::OwnFiles own_{{}};  ///< what of it is ours is known with the configuration
  std::unique_ptr<store::SnapshotFiles> snapshots_;
  std::unique_ptr<Errands> errands_;  ///< none of them is under way any more when the crew has ended
  engine::Gate gate_;
  engine::Hands hands_;
  std::unique_ptr<engine::Shell> shell_;
  std::unique_ptr<engine::Crew> crew_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<http::Server> local_;
  std::unique_ptr<http::Server> open_;
  /// local, open: what handlers may look at. Set before either serves; metrics are served by `open_` only, which ends
  /// before `local_`.
  std::array<const http::Server*, 2> serving_{};
  std::unique_ptr<Sources> sources_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<Keeper> keeper_;
  std::atomic<bool> stopping_{false};
  bool once_{false};  ///< no daemon: ends by itself
  bool told_settled_{false};
  std::promise<void> settled_;
  std::uint64_t newest_run_{0};  ///< before the start
  Result<Done> engine_result_{Done{}};
};

}  // namespace

int serve(const cli::ServeOptions& options) { return Daemon(options).run(); }

Result<cli::FixOutcomes> fix(const cli::ServeOptions& options) { return Daemon(options).fix(); }

}  // namespace aright::daemon
