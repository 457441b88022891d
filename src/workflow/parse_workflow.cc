#include "workflow/parse_workflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cel/filled.h"
#include "cel/yaml_condition.h"
#include "workflow/about.h"
#include "workflow/answer_subject.h"
#include "workflow/parse_exec.h"
#include "workflow/parse_guards.h"
#include "workflow/parse_retry.h"
#include "workflow/when.h"

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t steps_max = 32;

class Parser {
 public:
  Parser(const DefinitionContext& context, Diagnostics& out) : context_(context), out_(out) {}

  Workflow parse(const yaml::Node& node) {
    yaml::Fields in(node, "workflow", out_);
    if (const auto text = in.required_text("workflow")) {
      workflow_.name = *text;
      check_name(*text, in.node("workflow")->at, out_);
    }
    workflow_.owner = in.required_text("owner").value_or("");
    if (const yaml::Node* list = in.required("answers")) answers(*list);
    mode(in);
    if (const yaml::Node* guards = in.node("guards")) workflow_.guards = parse_guards(*guards, out_);
    on_failure(in);
    workflow_.review_within = in.duration("review_within").value_or(24h);
    if (const yaml::Node* condition = in.node("when")) {
      if (cel::compile_condition(*condition, "when", when_environment(), out_)) workflow_.when = condition->scalar;
    }
    for (const char* key : {"retry", "review_by", "finally"}) in.not_yet(key);
    if (const yaml::Node* list = in.required("steps")) steps(*list);
    in.finish();
    return std::move(workflow_);
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  void mode(yaml::Fields& in) {
    const auto text = in.word("mode", {"off", "observe", "plan", "propose", "auto"}, "modes");
    if (text) workflow_.mode = parse_mode(*text).value_or(Mode::plan);
  }

  void on_failure(yaml::Fields& in) {
    const auto text = in.word("on_failure", {"roll_back", "review"});
    workflow_.on_failure = text == "review" ? OnFailure::review : OnFailure::roll_back;
  }

  void answers(const yaml::Node& list) {
    if (list.kind != yaml::Node::Kind::list || list.items.empty()) {
      return error(list.at, fmt::format("`answers` must be a list, not {}", list.describe()),
                   "names of controls, or { tag: …, level: … }");
    }
    for (const yaml::Node& item : list.items) {
      const std::size_t before = out_.size();
      Answer one = answer(item);
      if (has_errors(out_, before)) continue;
      if (std::ranges::find(workflow_.answers, one) != workflow_.answers.end()) {
        error(item.at, fmt::format("`answers` has {} twice", one.text()), "keep one of them");
      }
      workflow_.answers.push_back(std::move(one));
    }
  }

  Answer answer(const yaml::Node& item) {
    if (item.kind == yaml::Node::Kind::scalar) {
      if (!item.is_text()) yaml::report_no_text(item, "each of `answers` must be a control's name or a map", out_);
      return {item.scalar, "", std::nullopt};
    }
    yaml::Fields in(item, "an answer", out_);
    Answer answer{in.text("control").value_or(""), in.text("tag").value_or(""), std::nullopt};
    if (const auto text = in.word("level", level_names(), "levels")) answer.level = parse_level(*text);
    answer.subject = parse_answer_subject(in, out_);
    in.finish();
    const bool names_nothing = answer.control.empty() && answer.tag.empty();
    if (names_nothing && item.kind == yaml::Node::Kind::map) error(item.at, "an answer names a control or a tag");
    return answer;
  }

  void steps(const yaml::Node& list) {
    if (list.kind != yaml::Node::Kind::list || list.items.empty() || list.items.size() > steps_max) {
      return error(list.at, fmt::format("`steps` must be a list of 1 to {} steps, not {}", steps_max, list.describe()));
    }
    for (const yaml::Node& item : list.items) step(item);
  }

  static bool names_a_step(const yaml::Node& node) {
    static constexpr std::array words{"ensure", "call", "notify", "approve", "wait"};
    return std::ranges::any_of(words, [&](const char* word) { return node.find(word) != nullptr; });
  }

  /// Each field may be the misspelt one; the first that is near a kind of step is told.
  void unknown_step(const yaml::Node& node) {
    static const std::vector<std::string> kinds{"ensure", "exec"};
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

  void step(const yaml::Node& node) {
    if (node.find("exec") != nullptr) {
      if (node.find("ensure") != nullptr) {
        return error(node.at, "a step is one of `ensure` and `exec`, not both", "write two steps");
      }
      if (auto exec = parse_exec(node, context_, out_)) workflow_.steps.push_back(std::move(*exec));
      return;
    }
    if (!names_a_step(node)) return unknown_step(node);
    yaml::Fields in(node, "step", out_);
    for (const char* key : {"call", "notify", "approve", "wait", "when", "else", "for_each"}) in.not_yet(key);
    Step::Ensure step;
    step.verify_within = in.duration("verify_within").value_or(5s);
    step.time_limit = parse_time_limit(in);
    const Step::Retry retry = parse_retry(in, out_);
    const bool other = std::ranges::any_of(node.pairs, [](const yaml::Pair& p) {
      return p.key == "call" || p.key == "notify" || p.key == "approve" || p.key == "wait";
    });
    const yaml::Node* ensure = other ? in.node("ensure") : in.required("ensure");
    in.words("ensure", {"desired"});
    if (ensure != nullptr && ensure->kind == yaml::Node::Kind::map) {
      step.own = target(*ensure);
    } else if (ensure != nullptr && (ensure->kind != yaml::Node::Kind::scalar || ensure->scalar != "desired")) {
      error(ensure->at, fmt::format("`ensure` must be `desired` or a map, not {}", ensure->describe()),
            "`ensure: desired`, or { resource: file, path: …, desired: { … } }");
    }
    in.finish();
    workflow_.steps.push_back({std::move(step), retry});
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
    cel::check_filled(state->fields, *desired, step_fill_environment(), out_);
    return Step::Target{{*kind, std::move(*id)}, std::move(*state)};
  }

  const DefinitionContext& context_;
  Diagnostics& out_;
  Workflow workflow_;
};

}  // namespace

std::optional<Workflow> parse_workflow(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out) {
  const std::size_t before = out.size();
  Workflow workflow = Parser(context, out).parse(node);
  if (has_errors(out, before)) return std::nullopt;
  return workflow;
}

}  // namespace aright::workflow
