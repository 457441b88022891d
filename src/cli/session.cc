#include "cli/session.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/path_text.h"
#include "base/utf8.h"
#include "cli/terminal_text.h"
#include "http/unix_client.h"
#include "store/state_folder.h"

namespace aright::cli {

namespace {
constexpr auto answer_within = std::chrono::seconds{15};

Result<Json> asked(const std::string& state, const std::string& method, const std::string& target,
                   const std::string& body) {
  auto response = http::request_unix(state + "/aright.sock", method, target, body, answer_within);
  if (!response && response.error().code == Errc::not_found) {
    if (const auto process = store::StateFolder::process_of(state)) {  // before it listens, and after
      return fail(
          Errc::not_found,
          fmt::format("the daemon of {} (process {}) is starting or stopping: nothing new is begun meanwhile; ask "
                      "again in a moment. If it stays so, its socket was removed: `kill -HUP {}` makes it again",
                      state, *process, *process));
    }
  }
  if (!response) return std::unexpected(response.error());
  if (response->headers.empty()) {  // whatever its status is, nobody has confirmed or refused anything
    return fail(Errc::invalid, fmt::format("{}/aright.sock: what answers there is no daemon that this version knows: "
                                           "start `aright serve` anew after an upgrade, or name another folder with "
                                           "--state",
                                           state));
  }
  auto doc = parse_own_json(response->body);
  if (response->status >= 300 && doc && doc->is_object()) return fail(Errc::invalid, doc->value("detail", "refused"));
  return doc;
}

/// Bytes of another encoding, as ids and records have them (base/path_text.h): JSON takes none.
Json typed(Json body) {
  for (Json& value : body) {
    if (!value.is_string() || is_utf8(value.get_ref<const std::string&>())) continue;
    value = path_text(value.get_ref<const std::string&>());
  }
  return body;
}

}  // namespace

int complain(const Error& error) {
  fmt::print(stderr, "error: {}\n", safe(error.message));
  return 1;
}

bool is_unread(const Error& error) { return error.code == Errc::not_found || error.code == Errc::denied; }

int complain_of_file(const Error& error) {
  const int code = complain(error);
  return is_unread(error) ? 2 : code;
}

Result<Json> Session::get(const std::string& target) const { return asked(state, "GET", target, ""); }

Result<Json> Session::post(const std::string& target, const Json& body) const {
  return asked(state, "POST", target + (break_glass ? "?break_glass=1" : ""), typed(body).dump());
}

int Session::print_list(const std::string& target, const Columns& columns, const std::string& nothing) const {
  auto page = get(target);
  if (!page) return complain(page.error());
  const Json& docs = page->at("items");
  fmt::print("{}", show_list(docs, columns, format, nothing));
  fmt::print(stderr, "{}", show_more(page->at("more").get<std::uint64_t>(), docs));
  return 0;
}

int Session::print_page(const std::string& target, const std::string& only, const Columns& columns,
                        const std::string& nothing) const {
  std::string query = fmt::format("?limit={}", limit);
  if (!before.empty()) query += "&before=" + before;
  if (!only.empty()) query += "&" + only;
  return print_list(target + query, columns, nothing);
}

int Session::tell_unreadable() const {
  auto status = get("/v1/status");
  if (!status) return complain(status.error());
  const auto count = status->value("inconclusive", std::uint64_t{0});
  if (count != 0) {
    fmt::print(stderr, "not in the list: {} managed {} cannot be read, right or wrong; see `aright status`\n", count,
               count == 1 ? "resource" : "resources");
  }
  return 0;
}

int Session::print_shown(const std::string& target, std::string (*show)(const Json&, Format)) const {
  auto doc = get(target);
  if (!doc) return complain(doc.error());
  fmt::print("{}", show(*doc, format));
  return 0;
}

int Session::print_newest(const std::string& list, std::string (*show)(const Json&, Format),
                          const std::string& nothing) const {
  auto page = get(list + "?limit=1");
  if (!page) return complain(page.error());
  const Json& docs = page->at("items");
  if (docs.empty()) return complain({Errc::not_found, Retry::no, nothing});
  return print_shown(list + "/" + docs.front().at("id").dump(), show);
}

int Session::print_answer(const std::string& target, const Json& body, std::string (*show)(const Json&, Format)) const {
  auto doc = post(target, body);
  if (!doc) return complain(doc.error());
  fmt::print("{}", show(*doc, format));
  return 0;
}

}  // namespace aright::cli
