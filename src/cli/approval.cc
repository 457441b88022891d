#include "cli/approval.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

namespace aright::cli {

namespace {

constexpr auto known_within = std::chrono::seconds{2};
constexpr auto look_every = std::chrono::milliseconds{40};

/// Whatever comes of it later: it has left its plan.
bool goes_on(const Json& run) {
  const std::string state = run.value("state", "");
  const bool begun = !run.value("admitted_at", Json()).is_null();
  return state != "held" && state != "planned" && state != "cancelled" && (state != "failed" || begun);
}

Approval does_not(Json answer, const std::string& note) {
  answer["note"] = note;
  return {std::move(answer), does_not_go_on};
}

Approval known_by(Json answer, const Json& run) {
  const std::string state = run.value("state", "");
  const std::string why = run.value("reason", "");
  answer["state"] = state;
  if (goes_on(run)) return {std::move(answer), 0};
  if (state == "held") {
    const auto again = run.value("review", std::uint64_t{0});
    answer["asked_again"] = again;
    return does_not(std::move(answer), fmt::format("asked anew as review {}: {}", again, why));
  }
  if (state == "planned") return does_not(std::move(answer), "the mode is plan: it was only planned, nothing is done");
  return does_not(std::move(answer), why);
}

}  // namespace

Approval what_came_of(const Session& session, Json answer) {
  if (answer.value("state", "") != "planning") return {std::move(answer), 0};
  const std::string target = fmt::format("/v1/runs/{}", answer.value("run", std::uint64_t{0}));
  const auto until = std::chrono::steady_clock::now() + known_within;
  while (true) {
    const auto run = session.get(target);
    if (run && run->value("state", "") != "planning") return known_by(std::move(answer), *run);
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(look_every);
  }
  const auto id = answer.value("run", std::uint64_t{0});
  return does_not(std::move(answer),
                  fmt::format("what comes of it is not known yet; `aright runs show {}` says it", id));
}

}  // namespace aright::cli
