// Answers as a person, a program or a file wants them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace aright::cli {

enum class Format : std::uint8_t { table, json, yaml };

/// (heading, field) pairs; nested fields are not reached.
using Columns = std::vector<std::pair<std::string, std::string>>;

/// A list as aligned columns (or JSON, YAML). An empty table says `nothing`.
[[nodiscard]] std::string show_list(const Json& docs, const Columns& columns, Format format,
                                    const std::string& nothing);
/// What to say beside a list of which `more` older ones are not shown: nothing when there are none. `docs`: those
/// shown.
[[nodiscard]] std::string show_more(std::uint64_t more, const Json& docs);
/// One document.
[[nodiscard]] std::string show_one(const Json& doc, Format format);
/// What the daemon is doing: what somebody should know of first.
[[nodiscard]] std::string show_status(const Json& doc, Format format);
/// A run for people: what was wrong, before and after, who decided, the proof.
[[nodiscard]] std::string show_run(const Json& doc, Format format);
/// The same with all that is kept of what its programs wrote.
[[nodiscard]] std::string show_run_whole(const Json& doc, Format format);
/// "root, by break-glass": who has acted on a run over the heads of those who decide that, by its entries; empty:
/// nobody. Neither safe for a terminal nor for a page.
[[nodiscard]] std::string passed_over(const Json& entries);
/// A review for people: why they are asked, who is, who has said yes, and what a yes would do. `doc` holds its run as
/// "of".
[[nodiscard]] std::string show_review(const Json& doc, Format format);
/// Who has said yes to it, each with `by`, `at` and `reason`. One yes that was enough is kept as the decision.
[[nodiscard]] Json said_yes(const Json& review);
/// A finding for people: what is wrong with what, the event that opened it, whose rule it was.
[[nodiscard]] std::string show_finding(const Json& doc, Format format);
/// The answer of `audit prove` for people: entry, leaf hash, path, checkpoint, and how to check them.
[[nodiscard]] std::string show_proof(const Json& doc, Format format);
/// The answer of `explain` for people: the sentences first, then what they rest on.
[[nodiscard]] std::string show_explained(const Json& doc, Format format);
/// Of an open review that is `outdated`.
inline constexpr const char* outdated_text =
    "its subject reads otherwise than is shown here: a yes plans it anew and asks about that";
/// So much of a commitment's name is shown: its time, and as much of the hash as tells it apart.
inline constexpr std::size_t commitment_shown = 29;
/// One value in a table: "-" when there is none.
[[nodiscard]] std::string cell(const Json& value);

}  // namespace aright::cli
