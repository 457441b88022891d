#include "workflow/parse_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cel/filled.h"
#include "cel/yaml_condition.h"
#include "workflow/about.h"
#include "workflow/parse_approve.h"
#include "workflow/parse_call.h"
#include "workflow/parse_exec.h"
#include "workflow/parse_notify.h"
#include "workflow/parse_retry.h"
#include "workflow/parse_undo.h"
#include "workflow/parse_wait.h"
#include "workflow/program_plan.h"
#include "workflow/step_condition.h"

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t depth_max = 4;
constexpr std::size_t finally_max = 8;
constexpr std::size_t name_max = 64;

class StepsParser {
 public:
  StepsParser(const DefinitionContext& context, Diagnostics& out) : context_(context), out_(out) {}

  std::vector<Step> parse(const yaml::Node& list) {
    steps(list, "`steps`", std::nullopt, 0);
    if (written_ > steps_max) {
      error(list.at, fmt::format("a workflow has at most {} steps, not {}", steps_max, written_),
            "make two workflows of it");
    }
    return std::move(steps_);
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  void steps(const yaml::Node& list, const std::string& what, const std::optional<Step::Arm>& arm, std::size_t depth) {
    if (list.kind != yaml::Node::Kind::list || list.items.empty() || list.items.size() > steps_max) {
      return error(list.at,
                   fmt::format("{} must be a list of 1 to {} steps, not {}", what, steps_max, list.describe_counted()));
    }
    for (const yaml::Node& item : list.items) step(item, arm, depth);
  }

  /// Each field may be the misspelt one; the first that is near a kind of step is told.
  void unknown_step(const yaml::Node& node) {
    static const std::vector<std::string> kinds{"ensure", "exec", "call", "notify", "wait", "when", "approve"};
    if (node.kind != yaml::Node::Kind::map || node.pairs.empty()) {
      return error(node.at, fmt::format("a step must be a map, not {}", node.describe()),
                   "`ensure: desired`, or exec: [/usr/bin/logger, …]");
    }
    const auto near = std::ranges::find_if(node.pairs, [](const yaml::Pair& pair) {
      return suggest(pair.key, kinds, "kinds of step").starts_with("did you mean");
    });
    const yaml::Pair& named = near == node.pairs.end() ? node.pairs.front() : *near;
    error(named.key_at, fmt::format("unknown step `{}`", named.key), suggest(named.key, kinds, "kinds of step"));
  }

  /// Of fields that a workflow has, and no step.
  void tell_whose(std::size_t first) {
    for (; first < out_.size(); ++first) {
      for (const char* field : {"on_failure", "mode", "guards", "finally", "answers", "owner"}) {
        if (!out_[first].message.starts_with(fmt::format("unknown field `{}` in", field))) continue;
        out_[first].hint = fmt::format("`{}` is a field of the workflow: write it beside `steps`", field);
      }
    }
  }

  void step(const yaml::Node& node, const std::optional<Step::Arm>& arm, std::size_t depth) {
    ++written_;
    std::optional<Step::Arm> its = arm;
    const bool bare = node.find("then") != nullptr || node.find("else") != nullptr;
    if (const yaml::Node* when = node.find("when")) {
      if (!condition(*when, arm)) return bare ? arms(node, depth) : void(one(node));
      its = Step::Arm{steps_.size() - 1, false};
    } else if (bare) {
      return error(node.at, "`then` and `else` need a `when`", "- when: steps.look.exit_code == 3");
    }
    if (bare) return arms(node, depth);
    const std::size_t before = out_.size();
    auto leaf = one(node);
    tell_whose(before);
    const bool good = leaf.has_value();
    if (!good) leaf.emplace(Step::Exec{});  // what names it is no mistake
    leaf->arm = its;
    name_of(node, *leaf);
    if (!good) return steps_.push_back(std::move(*leaf));
    const yaml::Node* list = node.find("for_each");
    const bool over_list = list != nullptr && leaf->is_errand();
    if (!over_list) parse_undo(node, *leaf, context_, out_);
    if (over_list) return each(*list, node, std::move(*leaf));
    if (const yaml::Node* at_most = node.find("at_most"); at_most != nullptr && list == nullptr) {
      error(at_most->at, "`at_most` needs a `for_each`");
    }
    steps_.push_back(std::move(*leaf));
  }

  /// The program or call as often as its list may have values.
  void each(const yaml::Node& list, const yaml::Node& node, Step leaf) {
    if (!leaf.name.empty())
      error(node.find("name")->at, "a step with `for_each` has no `name`", "it is done several times");
    Step::ForEach over{values(list), at_most(list, node)};
    if (over.list.empty()) return;
    const std::size_t index = steps_.size();
    const std::size_t times = over.at_most;
    steps_.push_back({.act = std::move(over), .arm = leaf.arm});
    written_ += times;
    leaf.arm = Step::Arm{index, false, 0};
    parse_undo(node, leaf, context_, out_);
    for (std::size_t i = 0; i < times; ++i) {
      leaf.arm = Step::Arm{index, false, i};
      steps_.push_back(leaf);
    }
  }

  /// As an expression; empty after reporting that it is none.
  std::string values(const yaml::Node& list) {
    if (list.kind == yaml::Node::Kind::scalar) {
      const auto program = cel::compile_expression(list, "for_each", errand_environment(steps_), out_);
      if (!program) return {};
      const cel::Kind kind = program->type().kind;
      if (kind == cel::Kind::list || kind == cel::Kind::dyn) return list.scalar;
      error(list.at, fmt::format("`for_each` must be a list, but its result is {}", program->type().describe()));
      return {};
    }
    const bool texts = list.kind == yaml::Node::Kind::list && !list.items.empty() &&
                       std::ranges::all_of(list.items, [](const yaml::Node& item) { return item.is_text(); });
    if (!texts) {
      error(list.at, "`for_each` must be an expression or a list of at least one text",
            "finding.differs, steps.look.output.hosts, or [one, two]");
      return {};
    }
    Json all = Json::array();
    for (const yaml::Node& item : list.items) all.push_back(item.scalar);
    return all.dump();
  }

  /// How many values a list may have: as many as are written, else as the step says.
  std::size_t at_most(const yaml::Node& list, const yaml::Node& node) {
    const yaml::Node* limit = node.find("at_most");
    std::size_t times = list.items.size();
    if (limit != nullptr) {
      yaml::Fields in(node, node.find("call") != nullptr ? "step `call`" : "step `exec`", out_);
      times = static_cast<std::size_t>(in.integer("at_most", 1, for_each_max).value_or(1));
    } else if (list.kind == yaml::Node::Kind::scalar) {
      error(list.at, "`for_each` over an expression needs `at_most`",
            fmt::format("1 to {}: a longer list is a person's question", for_each_max));
    }
    if (list.items.size() > for_each_max || (limit != nullptr && list.items.size() > times)) {
      error(list.at, fmt::format("the list of `for_each` has {} values, the limit is {}", list.items.size(),
                                 limit != nullptr ? times : for_each_max));
    }
    return std::clamp<std::size_t>(times, 1, for_each_max);
  }

  /// True: it is the last of the steps now.
  bool condition(const yaml::Node& when, const std::optional<Step::Arm>& arm) {
    if (!cel::compile_condition(when, "when", condition_environment(steps_), out_)) return false;
    steps_.push_back({.act = Step::Branch{cel::written_expression(when)}, .arm = arm});
    return true;
  }

  void arms(const yaml::Node& node, std::size_t depth) {
    yaml::Fields in(node, "step `when`", out_);
    in.required("when");
    const yaml::Node* then = in.required("then");
    const yaml::Node* otherwise = in.node("else");
    in.finish();
    if (depth == depth_max) {
      return error(node.at, fmt::format("branches lie within each other to a depth of {} at most", depth_max),
                   "join conditions with &&, or make two workflows of it");
    }
    const std::size_t branch = steps_.empty() ? 0 : steps_.size() - 1;
    if (then != nullptr) steps(*then, "`then`", Step::Arm{branch, false}, depth + 1);
    if (otherwise != nullptr) steps(*otherwise, "`else`", Step::Arm{branch, true}, depth + 1);
  }

  /// By which later steps name what it came to.
  void name_of(const yaml::Node& node, Step& step) {
    const yaml::Node* name = node.find("name");
    if (name == nullptr) return;
    const bool good =
        name->is_text() && !name->scalar.empty() && name->scalar.size() <= name_max &&
        std::ranges::all_of(name->scalar,
                            [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
        (name->scalar[0] < '0' || name->scalar[0] > '9');
    if (!good) {
      return error(name->at,
                   fmt::format("the name of a step is lower-case letters, digits and _, not {}", name->describe()),
                   "so that steps.NAME.exit_code can name it");
    }
    if (std::ranges::find(steps_, name->scalar, &Step::name) != steps_.end()) {
      return error(name->at, fmt::format("two steps have the name `{}`", name->scalar), "later steps name one of them");
    }
    step.name = name->scalar;
  }

  std::optional<Step> one(const yaml::Node& node) {
    const bool exec = node.find("exec") != nullptr;
    const bool call = node.find("call") != nullptr;
    const bool notify = node.find("notify") != nullptr;
    const bool ensures = node.find("ensure") != nullptr;
    if ((exec ? 1 : 0) + (call ? 1 : 0) + (notify ? 1 : 0) + (ensures ? 1 : 0) > 1) {
      error(node.at, "a step is one of `ensure`, `exec`, `call` and `notify`", "write a step for each");
      return std::nullopt;
    }
    const bool listed = node.find("for_each") != nullptr;
    if (exec) return parse_exec(node, context_, out_, errand_environment(steps_, listed));
    if (call) return parse_call(node, context_, out_, errand_environment(steps_, listed));
    if (notify) return parse_notify(node, context_, out_, steps_);
    if (node.find("wait") != nullptr && node.find("ensure") == nullptr) return parse_wait(node, out_);
    if (node.find("approve") != nullptr && node.find("ensure") == nullptr) return parse_approve(node, out_, steps_);
    if (!ensures) return unknown_step(node), std::nullopt;
    return ensure(node);
  }

  std::optional<Step> ensure(const yaml::Node& node) {
    yaml::Fields in(node, "step", out_);
    if (node.find("wait") != nullptr) {
      in.node("wait");
      error(node.at, "a step is one of `ensure` and `wait`, not both", "write two steps");
    }
    for (const char* key : {"when", "name"}) in.node(key);
    if (const yaml::Node* list = node.find("for_each")) {
      in.node("for_each");
      error(list->at, "`for_each` is for programs and calls", "a control with several paths finds each on its own");
    }
    Step::Ensure step;
    step.verify_within = in.duration("verify_within").value_or(5s);
    step.time_limit = parse_time_limit(in);
    const Step::Retry retry = parse_retry(in, out_);
    const yaml::Node* ensure = in.required("ensure");
    in.words("ensure", {"desired"});
    if (ensure != nullptr && ensure->kind == yaml::Node::Kind::map) {
      step.own = target(*ensure);
    } else if (ensure != nullptr && (ensure->kind != yaml::Node::Kind::scalar || ensure->scalar != "desired")) {
      error(ensure->at, fmt::format("`ensure` must be `desired` or a map, not {}", ensure->describe()),
            "`ensure: desired`, or { resource: file, path: …, desired: { … } }");
    }
    in.finish();
    return Step{std::move(step), retry};
  }

  std::optional<Step::Target> target(const yaml::Node& node) {
    yaml::Fields in(node, "`ensure`", out_);
    const auto kind = in.required_text("resource");
    const auto path = in.required_text("path");
    const yaml::Node* desired = in.required("desired");
    const ResourceSyntax* syntax = kind ? syntax_of(context_, *kind, in.node("resource")->at, out_) : nullptr;
    in.finish();
    if (syntax == nullptr || !path || desired == nullptr) return std::nullopt;
    auto id = syntax->id(*path, in.node("path")->at, out_);
    auto state = syntax->desired(*desired, out_);
    if (!id || !state) return std::nullopt;
    cel::check_filled(state->fields, *desired, step_fill_environment(), syntax->of_lines(), out_);
    return Step::Target{{*kind, std::move(*id)}, std::move(*state)};
  }

  const DefinitionContext& context_;
  Diagnostics& out_;
  std::vector<Step> steps_;
  std::size_t written_{0};
};

}  // namespace

void parse_finally(const yaml::Node& list, const DefinitionContext& context, std::vector<Step>& steps,
                   Diagnostics& out) {
  const auto error = [&](const Position& at, std::string message, std::string hint) {
    out.push_back({Severity::error, at, std::move(message), std::move(hint)});
  };
  const std::string hint = "such as [{ exec: [/usr/bin/logger, \"done\"] }]: done after success, failure and rollback";
  if (list.kind != yaml::Node::Kind::list || list.items.empty() || list.items.size() > finally_max) {
    return error(list.at,
                 fmt::format("`finally` must be a list of 1 to {} steps, not {}", finally_max, list.describe_counted()),
                 hint);
  }
  for (const yaml::Node& item : list.items) {
    const bool call = item.find("call") != nullptr;
    const bool notify = item.find("notify") != nullptr;
    if ((call ? 1 : 0) + (notify ? 1 : 0) + (item.find("exec") != nullptr ? 1 : 0) != 1) {
      error(item.at, "a step of `finally` is a program, a call or a `notify`", hint);
      continue;
    }
    for (const char* key : {"when", "name", "output", "for_each"}) {
      if (const yaml::Node* no = item.find(key))
        error(no->at, fmt::format("a step of `finally` has no `{}`", key), hint);
    }
    auto step = notify ? parse_notify(item, context, out)
                       : (call ? parse_call(item, context, out) : parse_exec(item, context, out));
    if (!step) continue;
    step->at_end = true;
    parse_undo(item, *step, context, out);
    steps.push_back(std::move(*step));
  }
}

std::vector<const yaml::Node*> step_nodes(const yaml::Node& list) {
  std::vector<const yaml::Node*> nodes;
  for (const yaml::Node& item : list.items) {
    if (item.find("when") != nullptr) nodes.push_back(&item);
    const yaml::Node* then = item.find("then");
    if (then == nullptr) nodes.push_back(&item);
    for (const yaml::Node* arm : {then, item.find("else")}) {
      if (arm != nullptr) std::ranges::copy(step_nodes(*arm), std::back_inserter(nodes));
    }
  }
  return nodes;
}

std::vector<Step> parse_steps(const yaml::Node& list, const DefinitionContext& context, Diagnostics& out) {
  return StepsParser(context, out).parse(list);
}

}  // namespace aright::workflow
