#include "cli/waivers.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "cli/explain_about.h"
#include "cli/show.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

std::string show_added(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  Json brief;
  for (const char* field : {"id", "control", "subject", "owner", "expires_at", "waived"}) {
    brief[field] = doc.value(field, Json());
  }
  if (doc.contains("note")) brief["note"] = doc.at("note");
  return show_one(brief, format);
}

}  // namespace

void WaiverCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* waivers = app.add_subcommand("waivers", "Exceptions: what is known to be wrong and stays so for a time");
  waivers->require_subcommand(1);
  add_adding(*waivers, end);
  CLI::App* list = waivers->add_subcommand("list", "Waivers in force, newest first (--all: ended too)");
  list->add_flag("--all", all_, "Ended ones too");
  add_paging(*list, session_);
  list->callback([this, end] {
    end(session_.print_page("/v1/waivers", all_ ? "all=1" : "",
                            {{"ID", "id"},
                             {"STATE", "state"},
                             {"CONTROL", "control"},
                             {"SUBJECT", "subject"},
                             {"OWNER", "owner"},
                             {"EXPIRES", "expires_at"},
                             {"REASON", "reason"}},
                            "no waivers"));
  });
  CLI::App* remove = waivers->add_subcommand(
      "remove", "End a waiver now; what is still wrong is answered. With teams: who may add it");
  remove->add_option("id", id_)->required()->check(a_number());
  remove->add_option("--reason", session_.reason, "Goes into the audit log")->required();
  add_break_glass(*remove, session_);
  remove->callback(
      [this, end] { end(session_.print_answer("/v1/waivers/" + id_ + "/remove", {{"reason", session_.reason}})); });
}

void WaiverCommands::add_adding(CLI::App& waivers, const std::function<void(int)>& end) {
  CLI::App* add = waivers.add_subcommand("add",
                                         "Leave one subject of one control as it is, until a stated time. With teams: "
                                         "members of the control's owner, else of those who answer it");
  add->add_option("control", control_, "Name of the control")->required();
  add->add_option("subject", subject_, "As findings name it, such as file:/etc/motd, or the path")->required();
  add->add_option("--reason", session_.reason, "Goes into the audit log")->required();
  CLI::Option* until = add->add_option("--until", until_, "A day or a time in UTC: 2026-12-01, 2026-12-01T08:00:00Z")
                           ->check(a_day_or_time());
  add->add_option("--for", span_, "How long from now: 30m, 12h, 7d")->check(a_duration())->excludes(until);
  add->add_option("--owner", owner_, "Who answers for it; you, if not given");
  add_break_glass(*add, session_);
  add->callback([this, end] {
    if (until_.empty() && span_.empty()) throw CLI::RequiredError("--until or --for");
    Json body{{"control", control_}, {"subject", written_subject(subject_)}, {"reason", session_.reason}};
    if (!until_.empty()) body["until"] = until_;
    if (!span_.empty()) body["for"] = span_;
    if (!owner_.empty()) body["owner"] = owner_;
    end(session_.print_answer("/v1/waivers", body, show_added));
  });
}

}  // namespace aright::cli
