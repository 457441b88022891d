#include "workflow/parse_workflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cel/yaml_condition.h"
#include "workflow/answer_subject.h"
#include "workflow/parse_steps.h"
#include "workflow/when.h"

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;
constexpr std::int64_t runs_max = 1'000'000;

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
    if (const yaml::Node* guards_node = in.node("guards")) guards(*guards_node);
    on_failure(in);
    workflow_.review_within = in.duration("review_within").value_or(24h);
    if (const yaml::Node* condition = in.node("when")) {
      if (cel::compile_condition(*condition, "when", when_environment(), out_)) workflow_.when = condition->scalar;
    }
    for (const char* key : {"retry", "review_by"}) in.not_yet(key);
    if (const yaml::Node* list = in.required("steps")) workflow_.steps = parse_steps(*list, context_, out_);
    if (const yaml::Node* list = in.node("finally")) parse_finally(*list, context_, workflow_.steps, out_);
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

  std::optional<Per> per(yaml::Fields& in) {
    in.required("per");
    const auto text = in.word("per", {"workflow", "subject"});
    return text ? parse_per(*text) : std::nullopt;
  }

  void guards(const yaml::Node& node) {
    yaml::Fields in(node, "`guards`", out_);
    if (const yaml::Node* list = in.node("threshold")) thresholds(*list);
    if (const yaml::Node* cool = in.node("cool_down")) {
      yaml::Fields c(*cool, "guard `cool_down`", out_);
      c.required("wait");
      const auto wait = c.duration("wait");
      const auto key = per(c);
      c.finish();
      if (wait && key) workflow_.guards.cool_down = CoolDown{*wait, *key};
    }
    for (const char* key : {"budget", "concurrency", "breaker", "window", "for"}) in.not_yet(key);
    in.finish();
  }

  void thresholds(const yaml::Node& list) {
    workflow_.guards.threshold.clear();
    if (list.kind != yaml::Node::Kind::list) {
      return error(list.at, fmt::format("`threshold` must be a list, not {}", list.describe()),
                   "[{ runs: 3, within: 10m, per: workflow }]");
    }
    bool per_workflow = false;
    for (const yaml::Node& item : list.items) {
      yaml::Fields in(item, "guard `threshold`", out_);
      in.required("runs");
      in.required("within");
      const auto runs = in.integer("runs", 1, runs_max);
      const auto within = in.duration("within");
      const auto key = per(in);
      if (within && (*within < 1s || *within > 24h * 7)) error(item.at, "`within` must be from 1s to 7d");
      in.finish();
      if (!runs || !within || !key) return;
      per_workflow = per_workflow || *key == Per::workflow;
      workflow_.guards.threshold.push_back({static_cast<std::uint32_t>(*runs), *within, *key});
    }
    if (!per_workflow) {
      error(list.at, "`threshold` has no entry `per: workflow`",
            "add one, such as { runs: 200, within: 10m, per: workflow }: it stops a workflow that fans out");
    }
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
