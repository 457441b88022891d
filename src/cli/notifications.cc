#include "cli/notifications.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/show.h"
#include "cli/words.h"

namespace aright::cli {

namespace {
constexpr std::chrono::minutes test_max{6};  ///< a try lasts five at most
constexpr std::chrono::milliseconds look_again{100};
}  // namespace

void NotificationCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* notifications = app.add_subcommand("notifications", "What people and other systems are told");
  notifications->require_subcommand(1);
  add_list(*notifications, end);
  add_retry(*notifications, end);
  CLI::App* test = notifications->add_subcommand("test", "Send a test message through a notifier, and wait for it");
  test->add_option("notifier", notifier_, "Its name in aright.yaml")->required()->check(a_name());
  test->callback([this, end] { end(this->test()); });
}

void NotificationCommands::add_list(CLI::App& notifications, const std::function<void(int)>& end) {
  CLI::App* list =
      notifications.add_subcommand("list", "Those that wait and those that are dead (--all: sent ones too)");
  CLI::Option* dead = list->add_flag("--dead", dead_, "Only those that were given up or refused");
  list->add_flag("--queued", queued_, "Only those that wait")->excludes(dead);
  list->add_flag("--all", all_, "Sent ones too");
  add_paging(*list, session_);
  list->callback([this, end] {
    const char* only = dead_ ? "dead=1" : (queued_ ? "queued=1" : (all_ ? "all=1" : ""));
    end(session_.print_page("/v1/notifications", only,
                            {{"ID", "id"},
                             {"STATE", "state"},
                             {"NOTIFIER", "notifier"},
                             {"ABOUT", "notice"},
                             {"MADE", "made_at"},
                             {"TRIES", "tries"},
                             {"TITLE", "title"},
                             {"LAST", "outcome"}},
                            "no notifications"));
  });
}

void NotificationCommands::add_retry(CLI::App& notifications, const std::function<void(int)>& end) {
  CLI::App* retry = notifications.add_subcommand("retry", "Try dead ones again, and waiting ones at once");
  CLI::Option* id = retry->add_option("id", id_, "Of one")->check(a_number());
  CLI::Option* of = retry->add_option("--notifier", notifier_, "All of this notifier")->check(a_name())->excludes(id);
  retry->add_flag("--all", all_, "All there are")->excludes(id)->excludes(of);
  retry->add_option("--to", to_, "Those of them that are dead, by this other notifier, such as when theirs is gone")
      ->check(a_name());
  retry->callback([this, end] {
    if (id_.empty() && notifier_.empty() && !all_) throw CLI::RequiredError("a number, --notifier or --all");
    Json body = Json::object();
    if (!id_.empty()) body["id"] = id_;
    if (!notifier_.empty()) body["notifier"] = notifier_;
    if (all_) body["all"] = "true";
    if (!to_.empty()) body["to"] = to_;
    end(session_.print_answer("/v1/notifications/retry", body));
  });
}

int NotificationCommands::test() const {
  const auto asked = session_.post("/v1/notifications/test", {{"notifier", notifier_}});
  if (!asked) return complain(asked.error());
  const std::string target = fmt::format("/v1/notifications/{}", asked->value("notification", std::uint64_t{0}));
  const auto until = std::chrono::steady_clock::now() + test_max;
  while (std::chrono::steady_clock::now() < until) {
    auto seen = session_.get(target);
    if (!seen) return complain(seen.error());
    const std::string state = seen->value("state", "");
    if (state != "queued") {
      Json brief;
      for (const char* field : {"id", "notifier", "state", "outcome"}) brief[field] = seen->value(field, Json());
      fmt::print("{}", show_one(session_.format == Format::table ? brief : *seen, session_.format));
      return state == "sent" ? 0 : 1;
    }
    std::this_thread::sleep_for(look_again);
  }
  return complain({Errc::timeout, Retry::yes, "the notifier has not answered; `aright notifications list` shows it"});
}

}  // namespace aright::cli
