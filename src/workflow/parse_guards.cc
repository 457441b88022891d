#include "workflow/parse_guards.h"

#include <fmt/format.h>

#include <algorithm>

#include "cel/yaml_condition.h"
#include "model/hold_time.h"
#include "workflow/guard_keys.h"
#include "workflow/parse_budget.h"
#include "workflow/parse_window.h"

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;
constexpr std::int64_t threshold_runs_max = 1'000'000;
constexpr std::int64_t concurrency_max = 1'000;
constexpr std::int64_t breaker_runs_max = 10'000;
constexpr std::size_t thresholds_max = 8;  ///< so that what an admission is counted by fits into an entry

class GuardsParser {
 public:
  explicit GuardsParser(Diagnostics& out) : out_(out) {}

  Guards parse(const yaml::Node& node) {
    yaml::Fields in(node, "`guards`", out_);
    if (const yaml::Node* list = in.node("threshold")) thresholds(*list);
    if (const yaml::Node* cool = in.node("cool_down")) cool_down(*cool);
    if (const yaml::Node* window = in.node("window")) guards_.window = parse_window(*window, out_);
    if (const yaml::Node* node_of = in.node("breaker")) breaker(*node_of);
    if (const yaml::Node* node_of = in.node("flapping")) flapping(*node_of);
    if (const yaml::Node* node_of = in.node("oscillation")) oscillation(*node_of);
    if (const yaml::Node* node_of = in.node("budget")) budget(*node_of);
    guards_.hold_time = parse_hold_time(in);
    if (const auto most = in.integer("concurrency", 1, concurrency_max)) {
      guards_.concurrency = static_cast<std::uint32_t>(*most);
    }
    in.finish();
    return std::move(guards_);
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  void cool_down(const yaml::Node& node) {
    yaml::Fields in(node, "guard `cool_down`", out_);
    in.required("wait");
    const auto wait = in.duration("wait");
    in.required("per");
    const auto text = in.word("per", {"workflow", "subject"});
    const auto per = text ? parse_per(*text) : std::nullopt;
    in.finish();
    if (wait && per) guards_.cool_down = CoolDown{*wait, *per};
  }

  void breaker(const yaml::Node& node) {
    yaml::Fields in(node, "guard `breaker`", out_);
    in.required("failed");
    const auto percent = parse_percent(in, "failed");
    in.required("runs");
    const auto runs = in.integer("runs", 1, breaker_runs_max);
    const auto within = parse_within(in);
    const auto trial = in.duration("trial_after");
    in.finish();
    if (!percent || !runs || !within) return;
    guards_.breaker = Breaker{*percent, static_cast<std::uint32_t>(*runs), *within, trial};
  }

  void flapping(const yaml::Node& node) {
    yaml::Fields in(node, "guard `flapping`", out_);
    in.required("openings");
    const auto openings = in.integer("openings", 2, flapping_openings_max);
    const auto within = parse_within(in);
    in.finish();
    if (openings && within) guards_.flapping = Flapping{static_cast<std::uint32_t>(*openings), *within};
  }

  void oscillation(const yaml::Node& node) {
    if (node.kind == yaml::Node::Kind::scalar && node.scalar == "off") {
      guards_.oscillation = Oscillation{.returns = 0};
      return;
    }
    if (node.kind != yaml::Node::Kind::map) {
      return error(node.at, fmt::format("`oscillation` must be a map or `off`, not {}", node.describe()),
                   "such as { returns: 3, within: 24h }");
    }
    yaml::Fields in(node, "guard `oscillation`", out_);
    in.required("returns");
    const auto returns = in.integer("returns", 1, oscillation_returns_max);
    const auto within = parse_within(in);
    in.finish();
    if (returns && within) guards_.oscillation = Oscillation{static_cast<std::uint32_t>(*returns), *within};
  }

  void budget(const yaml::Node& node) {
    if (node.kind == yaml::Node::Kind::map) {
      if (auto own = parse_budget(node, out_)) guards_.budget = std::move(*own);
    } else if (node.is_text()) {
      guards_.budget = node.scalar;
    } else {
      error(node.at, fmt::format("`budget` must be a map, or the name of a shared one, not {}", node.describe()),
            "such as { subjects: 20, within: 10m }");
    }
  }

  bool per(yaml::Fields& in, Threshold& limit) {
    const auto text = in.required_text("per");
    if (!text) return false;
    const yaml::Node& node = *in.node("per");
    static const std::vector<std::string> words{"workflow", "subject", "resource"};
    if (std::ranges::find(words, *text) != words.end()) {
      limit.per = parse_per(*text).value_or(Per::workflow);
      return true;
    }
    if (!text->contains("${")) {
      error(node.at, fmt::format("unknown per `{}`", *text),
            suggest(*text, words, "words") + ", or an expression: ${ … }");
      return false;
    }
    limit.per = Per::expression;
    limit.key = *text;
    const auto made = cel::compile_text(node, "`per`", key_environment(), out_);
    if (!made) return false;
    if (!made->is_plain()) return true;
    error(node.at, "`per` is the same for every finding", "`per: workflow` counts all of them");
    return false;
  }

  bool threshold(const yaml::Node& item) {
    yaml::Fields in(item, "guard `threshold`", out_);
    in.required("runs");
    in.required("within");
    const auto runs = in.integer("runs", 1, threshold_runs_max);
    const auto within = in.duration("within");
    Threshold limit;
    const bool counts = per(in, limit);
    if (within && (*within < 1s || *within > 24h * 7)) error(item.at, "`within` must be from 1s to 7d");
    in.finish();
    if (!runs || !within || !counts) return false;
    limit.runs = static_cast<std::uint32_t>(*runs);
    limit.within = *within;
    guards_.threshold.push_back(std::move(limit));
    return true;
  }

  void thresholds(const yaml::Node& list) {
    guards_.threshold.clear();
    if (list.kind != yaml::Node::Kind::list || list.items.size() > thresholds_max) {
      const bool long_list = list.kind == yaml::Node::Kind::list;
      return error(list.at,
                   long_list
                       ? fmt::format("`threshold` has {} entries, the most is {}", list.items.size(), thresholds_max)
                       : fmt::format("`threshold` must be a list, not {}", list.describe()),
                   "[{ runs: 3, within: 10m, per: workflow }]");
    }
    for (const yaml::Node& item : list.items) {
      if (!threshold(item)) return;
    }
    if (std::ranges::find(guards_.threshold, Per::workflow, &Threshold::per) != guards_.threshold.end()) return;
    error(list.at, "`threshold` has no entry `per: workflow`",
          "add one, such as { runs: 200, within: 10m, per: workflow }: it stops a workflow that fans out");
  }

  Diagnostics& out_;
  Guards guards_;
};

}  // namespace

Guards parse_guards(const yaml::Node& node, Diagnostics& out) { return GuardsParser(out).parse(node); }

}  // namespace aright::workflow
