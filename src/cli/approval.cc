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

/// By this yes, whatever has come since: another question of the same run is not the first one anew.
bool went_on(const Json& run, std::uint64_t review) {
  bool approved = false;
  bool running = false;
  for (const Json& entry : run.value("entries", Json::array())) {
    const std::string kind = entry.value("kind", "");
    if (kind == "review.decided") approved = approved || entry.value("review", std::uint64_t{0}) == review;
    // At once with the question of the next step: the yes to this one was heard.
    if (approved && kind == "run.held" && entry.contains("answered")) return true;
    running = running || (approved && kind == "run.running");
    if (running && kind.starts_with("step.") && kind != "step.planned") return true;
  }
  return running && run.value("state", "") != "held";
}

Approval does_not(Json answer, const std::string& note) {
  answer["note"] = note;
  return {std::move(answer), does_not_go_on};
}

Approval known_by(Json answer, const Json& run) {
  const std::string state = run.value("state", "");
  const std::string why = run.value("reason", "");
  const bool on = went_on(run, answer.value("review", std::uint64_t{0}));
  answer["state"] = state;
  if (on && state == "held") {
    const auto next = run.value("review", std::uint64_t{0});
    answer["asks"] = next;
    answer["note"] = fmt::format("it has gone on, and now asks as review {}: {}", next, why);
  }
  if (state == "waiting" && !why.empty()) answer["note"] = why;  // such as: until somebody resumes
  if (on || goes_on(run)) return {std::move(answer), 0};
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
    if (run && std::chrono::steady_clock::now() >= until && went_on(*run, answer.value("review", std::uint64_t{0}))) {
      return {std::move(answer), 0};
    }
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(look_every);
  }
  const auto id = answer.value("run", std::uint64_t{0});
  return does_not(std::move(answer),
                  fmt::format("what comes of it is not known yet; `aright runs show {}` says it", id));
}

}  // namespace aright::cli
