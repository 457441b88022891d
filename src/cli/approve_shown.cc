#include "cli/approve_shown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.h"
#include "base/text.h"
#include "cli/approval.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t reviews_page = 100;
constexpr std::size_t change_line_max = 300;  ///< bytes of what one run would change

/// What a field's path is about: "/content/3" is of `content`.
std::string top_field(const std::string& path) {
  const auto end = path.find('/', 1);
  return path.substr(1, end == std::string::npos ? end : end - 1);
}

std::string step_line(const Json& step) {
  const std::string resource = step.value("resource", "");
  const Json difference = step.value("difference", Json::array());
  std::vector<std::string> fields;
  for (const Json& change : difference) {
    const std::string path = change.value("path", "");
    if (path == "/arguments" && change.value("value", Json()).is_array()) {
      return "runs " + change.at("value").dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    std::string field = path.size() < 2 ? std::string("everything") : top_field(path);
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(std::move(field));
  }
  std::string text;
  for (const std::string& field : fields) text += (text.empty() ? "" : ", ") + field;
  return text.empty() ? resource : fmt::format("{} ({})", resource, text);
}

}  // namespace

std::string change_line(const Json& run) {
  std::string line;
  for (const Json& step : run.value("steps", Json::array())) {
    if (!step.value("changes", false) || step.value("resource", "").starts_with("flow:")) continue;
    line += (line.empty() ? "" : "; ") + step_line(step);
  }
  return line.empty() ? "no change is planned" : safe(clip_text(line, change_line_max));
}

std::string digest_of(const std::string& workflow, const std::vector<ShownReview>& shown, std::size_t count) {
  std::string text = "reviews of " + workflow + "\n";
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{} {}\n", shown[i].id, shown[i].plan_hash);
  return hex(sha256(text));
}

namespace {

/// What is approved must have been seen: also where people are asked at once.
void print_differences(const std::vector<ShownReview>& shown) {
  for (const ShownReview& one : shown) {
    fmt::print("review {}, plan {}\n{}\n", one.id, safe(one.plan_hash), show_run(one.run, Format::table));
  }
}

}  // namespace

Result<std::size_t> shown_before(const std::string& workflow, const std::vector<ShownReview>& open,
                                 const std::string& digest) {
  for (std::size_t count = open.size(); count != 0; --count) {
    if (digest_of(workflow, open, count) == digest) return count;
  }
  return fail(Errc::conflict,
              fmt::format("nothing is approved: what waits in workflow {} is not what was shown under that digest; "
                          "look again: `aright reviews approve --workflow {} --plan`",
                          workflow, workflow));
}

namespace {

/// What is in doubt is resolved, and what is protected is denied.
bool may_let_go(const Json& review) {
  return review.value("guard", "") != "unknown" && !review.value("only_no", false);
}

std::string others_text(const std::vector<std::string>& others) {
  if (others.empty()) return {};
  return fmt::format("not among them: {} {}, which no approval lets go; look at each: aright reviews show N\n",
                     others.size() == 1 ? "review" : "reviews", fmt::join(others, ", "));
}

}  // namespace

/// All of them, oldest first.
Result<std::vector<ShownReview>> ApproveShown::open(bool with_runs, std::vector<std::string>* others) const {
  std::vector<ShownReview> found;
  std::string before;
  while (true) {
    auto page =
        session_.get(fmt::format("/v1/reviews?limit={}{}", reviews_page, before.empty() ? "" : "&before=" + before));
    if (!page) return std::unexpected(page.error());
    for (const Json& review : page->at("items")) {
      before = fmt::to_string(review.value("id", std::uint64_t{0}));
      if (review.value("workflow", "") != workflow_) continue;
      if (!may_let_go(review)) {
        if (others != nullptr) others->push_back(before);
        continue;
      }
      ShownReview one{review.value("id", std::uint64_t{0}), review.value("plan_hash", ""), {}};
      if (with_runs) {
        auto run = shown_run(review);
        if (!run) return std::unexpected(run.error());
        one.run = std::move(*run);
      }
      found.push_back(std::move(one));
    }
    if (page->at("more").get<std::uint64_t>() == 0) break;
  }
  std::ranges::sort(found, {}, &ShownReview::id);
  return found;
}

/// Its proofs are many times as long as what it would change, and nobody decides by them.
Result<Json> ApproveShown::shown_run(const Json& review) const {
  auto run = session_.get(fmt::format("/v1/runs/{}", review.value("run", std::uint64_t{0})));
  if (!run) return run;
  for (const char* proof : {"entries", "signed_entries"}) run->erase(proof);
  if (run->value("plan_hash", "") == review.value("plan_hash", "")) return run;
  return fail(Errc::conflict,
              fmt::format("review {} has changed meanwhile; ask again", cell(review.value("id", Json()))), Retry::yes);
}

int ApproveShown::nothing(const std::vector<std::string>& others) const {
  const auto known = session_.get("/v1/workflows/" + workflow_);
  if (!known) return complain(known.error());
  fmt::print("nothing of workflow {} waits for {}\n{}", safe(workflow_), others.empty() ? "a person" : "an approval",
             others_text(others));
  return 0;
}

int ApproveShown::plan() const {
  std::vector<std::string> others;
  const auto shown = open(true, &others);
  if (!shown) return complain(shown.error());
  const std::string digest = digest_of(workflow_, *shown, shown->size());
  if (session_.format != Format::table) {
    Json reviews = Json::array();
    for (const ShownReview& one : *shown) {
      reviews.push_back({{"review", one.id}, {"plan_hash", one.plan_hash}, {"run", one.run}});
    }
    Json told{{"workflow", workflow_}, {"digest", digest}, {"reviews", reviews}};
    if (!others.empty()) told["not_among_them"] = others;
    fmt::print("{}", show_one(told, session_.format));
    return 0;
  }
  if (shown->empty()) return nothing(others);
  print_differences(*shown);
  fmt::print("{}", others_text(others));
  fmt::print("approve exactly {}: aright reviews approve --workflow {} --shown {} --reason TEXT\n",
             counted(shown->size(), "review"), safe(workflow_), digest);
  return 0;
}

int ApproveShown::approve(const std::string& digest) const {
  auto found = open(false);
  if (!found) return complain(found.error());
  const auto count = shown_before(workflow_, *found, digest);
  if (!count) return complain(count.error());
  found->resize(*count);
  return approve(*found);
}

int ApproveShown::ask() const {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return complain({Errc::invalid, Retry::no,
                     fmt::format("nothing is approved unseen: `aright reviews approve --workflow {} --plan` shows what "
                                 "waits and says the digest for `--shown`; at a terminal you are asked",
                                 workflow_)});
  }
  std::vector<std::string> others;
  const auto shown = open(true, &others);
  if (!shown) return complain(shown.error());
  if (shown->empty()) return nothing(others);
  print_differences(*shown);
  fmt::print("{}", others_text(others));
  for (const ShownReview& one : *shown) {  // once more in short, where the question is
    fmt::print("review {}  run {}  {}  {}\n", one.id, one.run.value("id", std::uint64_t{0}),
               safe(one.run.value("subject", "")), change_line(one.run));
  }
  fmt::print("approve {}? [y/N] ", counted(shown->size(), "review"));
  if (std::fflush(stdout) != 0) return 0;  // nobody has seen what would be approved; `end_output` says so
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return approve(*shown);
  fmt::print("nothing is approved\n");
  return 1;
}

namespace {

std::string answer_line(const Json& answer) {
  return fmt::format("review {}  run {}  {}{}\n", cell(answer.value("review", Json())),
                     cell(answer.value("run", Json())), cell(answer.value("state", Json())),
                     answer.contains("note") ? ": " + cell(answer.at("note")) : "");
}

std::string refusal_line(const Json& refused) {
  return fmt::format("review {}  not approved: {}\n", cell(refused.at("review")), cell(refused.at("why")));
}

/// One that its quorum does not let go yet.
bool waits_for_more(const Json& answer) {
  return answer.contains("needed") && answer.value("approvals", 0U) < answer.value("needed", 0U);
}

}  // namespace

void ApprovedShown::add(const Approval& approval) {
  if (waits_for_more(approval.answer)) {
    ++more_people;
  } else if (approval.code != 0) {
    ++stopped;
  } else {
    ++approved;
  }
  code = std::max(code, approval.code);
  answers.push_back(approval.answer);
}

void ApprovedShown::refuse(std::uint64_t review, const std::string& why) {
  refused.push_back({{"review", review}, {"why", why}});
}

std::string ApprovedShown::text() const {
  std::string text = counted(approved, "review") + " approved";
  if (more_people != 0)
    text +=
        fmt::format("; {} more people to say yes", more_people == 1 ? "1 takes" : fmt::format("{} take", more_people));
  if (stopped != 0)
    text += fmt::format("; {} not go on by it, as told above", stopped == 1 ? "1 does" : fmt::format("{} do", stopped));
  if (!refused.empty()) text += fmt::format("; {} not approved, as told above", refused.size());
  if (later.value_or(0) != 0)
    text += fmt::format("; {} came later and {} open", *later, *later == 1 ? "stays" : "stay");
  return text + "\n";
}

Json ApprovedShown::json(const std::string& workflow) const {
  Json told{{"workflow", workflow},
            {"approved", approved},
            {"more_people", more_people},
            {"not_approved", refused},
            {"answers", answers}};
  if (later) told["left"] = *later;
  return told;
}

/// Each only as it was shown: the daemon refuses another plan. What came of each is told as soon as it is known.
int ApproveShown::approve(const std::vector<ShownReview>& shown) const {
  ApprovedShown all;
  const bool lines = session_.format == Format::table;
  for (const ShownReview& one : shown) {
    auto answer = session_.post(fmt::format("/v1/reviews/{}/approve", one.id),
                                {{"reason", session_.reason}, {"hash", one.plan_hash}});
    if (answer) {
      all.add(what_came_of(session_, std::move(*answer)));
    } else {
      all.refuse(one.id, answer.error().message);
    }
    if (!lines) continue;
    fmt::print("{}", answer ? answer_line(all.answers.back()) : refusal_line(all.refused.back()));
    static_cast<void>(std::fflush(stdout));
  }
  const auto now = open(false);
  if (now) {
    all.later = static_cast<std::uint64_t>(
        std::ranges::count_if(*now, [&](const ShownReview& one) { return one.id > shown.back().id; }));
  }
  fmt::print("{}", lines ? all.text() : show_one(all.json(workflow_), session_.format));
  if (!now) return complain(now.error());  // how many came later; what was approved has been told
  return all.refused.empty() ? all.code : 1;
}

}  // namespace aright::cli
