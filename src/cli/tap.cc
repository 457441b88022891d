#include "cli/tap.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/show.h"

namespace aright::cli {

namespace {

constexpr auto ask_again = std::chrono::milliseconds{200};

}  // namespace

int tap_source(const Session& session, const std::string& source, std::uint64_t events_max) {
  const std::string target = "/v1/sources/" + source + "/tap";
  std::string query;
  std::uint64_t printed = 0;
  while (true) {
    const auto doc = session.get(target + query);
    if (!doc) return complain(doc.error());
    if (const auto lost = doc->at("lost").get<std::uint64_t>(); lost != 0) {
      fmt::print(stderr, "{} events came faster than they were read, and are not shown\n", lost);
    }
    for (const Json& event : doc->at("events")) {
      // Escaped, so that nothing in it reaches the terminal as more than text.
      if (session.format == Format::yaml) fmt::print("---\n{}", show_one(event, Format::yaml));
      if (session.format != Format::yaml) fmt::print("{}\n", event.dump(-1, ' ', true));
      if (++printed == events_max) return 0;
    }
    if (std::fflush(stdout) != 0) return 0;  // `end_output` says it
    query = fmt::format("?after={}", doc->at("next").get<std::uint64_t>());
    if (doc->at("events").empty()) std::this_thread::sleep_for(ask_again);
  }
}

}  // namespace aright::cli
