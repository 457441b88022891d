#include "cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "cli/audit_commands.h"
#include "cli/backup_commands.h"
#include "cli/contents.h"
#include "cli/detect.h"
#include "cli/explain_command.h"
#include "cli/notifications.h"
#include "cli/output.h"
#include "cli/pauses.h"
#include "cli/reload.h"
#include "cli/replay_command.h"
#include "cli/report.h"
#include "cli/reviews.h"
#include "cli/runs.h"
#include "cli/scan_command.h"
#include "cli/schema.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/tap.h"
#include "cli/terminal_text.h"
#include "cli/test_commands.h"
#include "cli/validate.h"
#include "cli/waivers.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

class Commands {
 public:
  explicit Commands(const Hooks& hooks) : hooks_(hooks) {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "aright " ARIGHT_VERSION);
    app_.fallthrough();
    app_.failure_message([](const CLI::App*, const CLI::Error& error) {
      return fmt::format("error: {}\nhint: `--help` after a command shows what it takes\n", safe(error.what()));
    });
    // An alias may say them already: what is typed after it counts.
    app_.add_option("--state", session_.state, "State folder of the daemon")->capture_default_str()->take_last();
    app_.add_option_function<std::string>(
            "-o,--output", [this](const std::string& text) { session_.format = format_of(text); }, "How to print")
        ->option_text("table|json|yaml")
        ->take_last();
    daemon();
    scan_.add_to(app_, [this](int code) { code_ = code; });
    detecting();
    tests_.add_to(app_, [this](int code) { code_ = code; });
    findings();
    runs_.add_to(app_, [this](int code) { code_ = code; });
    reviews_.add_to(app_, [this](int code) { code_ = code; });
    workflows();
    sources();
    const auto add = [this](auto&... commands) { (commands.add_to(app_, [this](int code) { code_ = code; }), ...); };
    add(waivers_, notifications_, pauses_, contents_, report_, replay_, audit_, backups_);
    take_reasons_in_any_encoding(app_);
    refuse_empty_words(app_);
  }

  int run(int argc, char** argv) {
    if (argc < 2) {
      fmt::print(stderr, "{}", app_.help());
      return 2;
    }
    if (const auto empty = nothing_behind({argv, static_cast<std::size_t>(argc)}); !empty.empty()) {
      fmt::print(stderr, "{}", empty);
      return 2;
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const std::string unknown = unknown_command(app_, {argv, static_cast<std::size_t>(argc)});
      if (!unknown.empty()) {
        fmt::print(stderr, "{}", unknown);
        return 2;
      }
      std::ostringstream out;  // `end_output` cannot ask a stream what became of it
      std::ostringstream err;
      const int code = app_.exit(error, out, err) == 0 ? 0 : 2;
      fmt::print("{}", out.str());
      fmt::print(stderr, "{}", err.str());
      return code;
    }
    return code_;
  }

 private:
  CLI::App* verb(CLI::App* noun, const std::string& name, const std::string& help, std::function<int()> action) {
    CLI::App* command = noun->add_subcommand(name, help);
    command->callback([this, action = std::move(action)] { code_ = action(); });
    return command;
  }
  CLI::App* noun(const std::string& name, const std::string& help) {
    CLI::App* command = app_.add_subcommand(name, help);
    command->require_subcommand(1);
    return command;
  }
  void needs_reason(CLI::App* command) {
    command->add_option("--reason", session_.reason, "Goes into the audit log")->required();
  }

  void daemon() {
    CLI::App* serve = verb(&app_, "serve", "Run the daemon in the foreground", [this] {
      options_.state = session_.state;
      return hooks_.serve(options_);
    });
    serve->add_option("--config", options_.config, "Configuration folder")->required();
    serve
        ->add_option("--listen", options_.listen,
                     "Loopback address for health, metrics and webhooks, such as 127.0.0.1:7480")
        ->take_last();
    serve
        ->add_flag("--accept-older-than-witness", options_.accept_older,
                   "Go on although a witness knows a longer log, or another: an older copy was put back on purpose")
        ->needs(serve->add_option("--reason", options_.reason, "With that: goes into the audit log"));
    serve->add_option("--root", options_.root, "Base of relative paths in controls")->check(CLI::ExistingDirectory);
    serve
        ->add_option("--workers", options_.workers,
                     "How many resources are put right at once; 0: one thread does everything in turn")
        ->check(CLI::Range(0, 64))
        ->capture_default_str();
    CLI::App* check = verb(&app_, "validate", "Check a configuration folder",
                           [this] { return validate(folder_, options_.root, session_); });
    check->add_option("folder", folder_, "Configuration folder")->required();
    check->add_option("--root", options_.root, "Base of relative paths in controls")->check(CLI::ExistingDirectory);
    verb(&app_, "schema", "The JSON Schema of configuration files, for editors", [this] {
      // Editors read JSON.
      fmt::print("{}", show_one(config_schema(), session_.format == Format::yaml ? Format::yaml : Format::json));
      return 0;
    });
    verb(&app_, "status", "What the daemon is doing",
         [this] { return session_.print_shown("/v1/status", show_status); });
    verb(&app_, "reload", "Read the configuration folder again; refused whole if anything is wrong in it",
         [this] { return reload(session_); });
    verb(&app_, "rescan", "Read every watched resource again",
         [this] { return session_.print_answer("/v1/rescan", Json::object()); });
  }

  void detecting() {
    CLI::App* command =
        verb(&app_, "detect", "Events of files through Sigma rules, offline; exit code 1 when one matches", [this] {
          if (detect_.format.empty()) detect_.format = format_word(session_.format);
          return detect_files(detect_);
        });
    command->add_option("--controls", detect_.controls, "Folder of Sigma rules")
        ->required()
        ->check(CLI::ExistingDirectory);
    command->add_option("files", detect_.files, "Files of events; - is standard input")->required();
    command->add_option("--decoder", detect_.decoder, "json, sshd, or a file of sources/ that says how a line is read")
        ->capture_default_str();
    command->add_option("--time", detect_.time, "JSON lines: the key that holds the event's time");
    command->add_option("--log-source", detect_.log_source, "What the events belong to: product=linux,service=sshd");
    command
        ->add_option("-o,--output", detect_.format,
                     "How to print; json: one finding a line; mistakes in rules as JSON on standard error; yaml: each "
                     "finding a document")
        ->check(CLI::IsMember({"table", "json", "yaml"}))
        ->default_str("table");
  }

  void findings() {
    CLI::App* findings = noun("findings", "What is or was wrong");
    CLI::App* list = verb(findings, "list", "Open findings, newest first (--all: resolved too)", [this] {
      const int listed = session_.print_page("/v1/findings", all_ ? "all=1" : "",
                                             {{"ID", "id"},
                                              {"STATE", "state"},
                                              {"SEVERITY", "severity"},
                                              {"CONTROL", "control"},
                                              {"SUBJECT", "subject"},
                                              {"DIFFERS", "differs"},
                                              {"SINCE", "opened_at"}},
                                             "no open findings");
      return listed != 0 ? listed : session_.tell_unreadable();
    });
    list->add_flag("--all", all_, "Those that are over too");
    add_paging(*list, session_);
    names_one(verb(findings, "show", "One finding, and the event that opened it",
                   [this] { return session_.print_shown("/v1/findings/" + id_, show_finding); }),
              "id");
    CLI::App* mark = verb(findings, "mark", "Say whether a finding was right", [this] {
      return session_.print_answer("/v1/findings/" + id_ + "/mark", {{"as", as_}, {"reason", session_.reason}});
    });
    names_one(mark, "id");
    mark->add_option("--as", as_, "true: something was wrong; false-positive: nothing was")
        ->required()
        ->check(CLI::IsMember({"true", "false-positive"}));
    needs_reason(mark);
    verb(&app_, "explain", "Why something happened to a subject, or why nothing does",
         [this] { return print_explained(session_, about_); })
        ->add_option(
            "about", about_,
            "A subject such as file:/etc/motd, a path, an event as SOURCE:OFFSET, a finding's id or a run's number")
        ->required();
  }

  void workflows() {
    CLI::App* workflows = noun("workflows", "The predefined answers");
    verb(workflows, "list", "Workflows and how far each may go", [this] {
      return session_.print_list("/v1/workflows",
                                 {{"WORKFLOW", "workflow"},
                                  {"MODE", "mode"},
                                  {"CEILING", "ceiling"},
                                  {"SET BY", "set_by"},
                                  {"SET AT", "set_at"},
                                  {"OWNER", "owner"},
                                  {"CHANGED BY", "editors"},
                                  {"VERSION", "version"},
                                  {"DUE", "due"},
                                  {"CAPPED", "capped"}},
                                 "no workflows");
    });
    shown(workflows, "workflow", "One workflow: guards, steps, mode and ceiling");
    CLI::App* set =
        verb(workflows, "set-mode", "off, observe, plan, propose or auto; at most the file's ceiling", [this] {
          return session_.print_answer("/v1/workflows/" + id_ + "/mode",
                                       untested_
                                           ? Json{{"mode", mode_}, {"reason", session_.reason}, {"untested", "yes"}}
                                           : Json{{"mode", mode_}, {"reason", session_.reason}});
        });
    names_one(set, "workflow");
    set->add_option("mode", mode_)->required()->check(a_mode());
    set->add_flag("--untested", untested_, "Let this version act although its tests have not passed on this node");
    needs_reason(set);
    add_break_glass(*set, session_);
    looked_at(workflows, "workflow");
    judged("control", "What is looked at",
           {{"CONTROL", "control"}, {"SEVERITY", "severity"}, {"OWNER", "owner"}, {"DUE", "due"}});
    judged("team", "Who decides", {{"TEAM", "team"}, {"MEMBERS", "members"}, {"QUORUM", "quorum"}});
  }

  /// Definitions that people look at, say so of, and change nothing of.
  void judged(const std::string& kind, const char* what, Columns columns) {
    CLI::App* all = noun(kind + "s", what);
    columns.insert(columns.end(), {{"CHANGED BY", "editors"}, {"LOOKED AT", "looked_at"}});
    verb(all, "list", "All of them, who has changed each since another one looked, and when that was",
         [this, kind, columns] { return session_.print_list("/v1/" + kind + "s", columns, "no " + kind + "s"); });
    shown(all, kind, "One of them, as it is in force");
    looked_at(all, kind);
  }

  void shown(CLI::App* noun, const std::string& kind, const char* what) {
    names_one(verb(noun, "show", what,
                   [this, kind] {
                     if (session_.format == Format::table) session_.format = Format::yaml;  // it is a document
                     return session_.print_one("/v1/" + kind + "s/" + id_);
                   }),
              kind.c_str());
  }

  /// A person has looked at a definition.
  void looked_at(CLI::App* noun, const std::string& kind) {
    CLI::App* reviewed = verb(noun, "reviewed", "You have looked at it, and it is as it should be", [this, kind] {
      return session_.print_answer("/v1/" + kind + "s/" + id_ + "/reviewed", {{"reason", session_.reason}});
    });
    names_one(reviewed, kind.c_str());
    needs_reason(reviewed);
    add_break_glass(*reviewed, session_);
  }

  void names_one(CLI::App* command, const char* what) { command->add_option(what, id_)->required()->check(a_name()); }

  void sources() {
    CLI::App* sources = noun("sources", "Where events come from");
    verb(sources, "list", "How far each is read, and what is wrong with it", [this] {
      return session_.print_list("/v1/sources",
                                 {{"SOURCE", "source"},
                                  {"KIND", "kind"},
                                  {"EVENTS", "events"},
                                  {"SKIPPED", "skipped"},
                                  {"MALFORMED", "malformed"},
                                  {"GAPS", "gaps"},
                                  {"LATE", "late"},
                                  {"BEHIND", "behind"},
                                  {"LAST", "last_at"},
                                  {"TROUBLE", "trouble"}},
                                 "no sources");
    });
    names_one(verb(sources, "show", "One source: its files, where reading goes on, the newest malformed records",
                   [this] {
                     if (session_.format == Format::table) session_.format = Format::yaml;  // it is a document
                     return session_.print_one("/v1/sources/" + id_);
                   }),
              "source");
    CLI::App* tap = verb(sources, "tap", "Events of one source as they come, each a line of JSON",
                         [this] { return tap_source(session_, id_, tapped_max_); });
    names_one(tap, "source");
    tap->add_option("-n,--events", tapped_max_, "Stop after so many")->check(CLI::PositiveNumber);
  }

  const Hooks& hooks_;
  CLI::App app_{"Aright couples detective controls to auto-remediation.", "aright"};
  Session session_;
  TestCommands tests_{session_};
  RunCommands runs_{session_};
  ReviewCommands reviews_{session_};
  WaiverCommands waivers_{session_};
  NotificationCommands notifications_{session_};
  PauseCommands pauses_{session_};
  ContentCommands contents_{session_};
  ReportCommand report_{session_};
  ReplayCommand replay_{session_};
  AuditCommands audit_{session_};
  BackupCommands backups_{session_};
  ServeOptions options_;
  ScanCommand scan_{session_, hooks_};
  DetectOptions detect_;
  std::uint64_t tapped_max_{0};
  std::string folder_, about_, id_, mode_, as_;
  bool untested_{false};
  bool all_{false};
  int code_{0};
};

}  // namespace

int run(int argc, char** argv, const Hooks& hooks) {
  std::vector<char*> words = help_last({argv, static_cast<std::size_t>(argc)});
  try {
    return end_output(Commands(hooks).run(static_cast<int>(words.size()), words.data()));
  } catch (const std::system_error& error) {
    if (const auto code = unprinted(error)) return *code;
    throw;
  } catch (const Json::exception& error) {
    return complain(
        {Errc::invalid, Retry::no,
         fmt::format("what was read is not of the form that this version writes: {}; a daemon, or files, of "
                     "another version, or damage that `aright audit verify` does not look for",
                     error.what())});
  }
}

}  // namespace aright::cli
