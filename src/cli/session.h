// What the verbs share: where the daemon is, how to print, and asking it.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "cli/show.h"

namespace aright::cli {

/// Says "error: …" on stderr; 1.
int complain(const Error& error);
/// Of a file that was named: not there, or nobody may read it.
[[nodiscard]] bool is_unread(const Error& error);
/// The same as `complain`, but 2 where nothing was looked at: 1 says that what was looked at is wrong.
int complain_of_file(const Error& error);

/// One command's life; one thread. The printing calls return exit codes: 0, or 1 after complaining.
struct Session {
  std::string state{"/var/lib/aright"};
  Format format{Format::table};
  std::string reason;
  bool break_glass{false};  ///< root, who is no member, decides alone
  std::uint32_t limit{100};
  std::string before;

  /// The daemon's answer. Errc::invalid with its own words when it refuses; the errors of http/unix_client.h.
  [[nodiscard]] Result<Json> get(const std::string& target) const;
  /// The same, of something asked for.
  [[nodiscard]] Result<Json> post(const std::string& target, const Json& body) const;
  [[nodiscard]] int print_list(const std::string& target, const Columns& columns, const std::string& nothing) const;
  /// One page of what grows without end; `only`: a query such as "all" or "open=1&state=failed", or nothing.
  [[nodiscard]] int print_page(const std::string& target, const std::string& only, const Columns& columns,
                               const std::string& nothing) const;
  /// What cannot be read is no finding, and must not look like all is well.
  [[nodiscard]] int tell_unreadable() const;
  /// One document, in the form that `show` gives it.
  [[nodiscard]] int print_shown(const std::string& target, std::string (*show)(const Json&, Format)) const;
  [[nodiscard]] int print_one(const std::string& target) const { return print_shown(target, show_one); }
  /// The newest of a list whose ids are numbers; `nothing` when it is empty.
  [[nodiscard]] int print_newest(const std::string& list, std::string (*show)(const Json&, Format),
                                 const std::string& nothing) const;
  /// The answer to something asked for.
  [[nodiscard]] int print_answer(const std::string& target, const Json& body,
                                 std::string (*show)(const Json&, Format) = show_one) const;
};

}  // namespace aright::cli
