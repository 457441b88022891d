#include "workflow/parse_workflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cel/yaml_condition.h"
#include "workflow/answer_subject.h"
#include "workflow/parse_approve.h"
#include "workflow/parse_guards.h"
#include "workflow/parse_steps.h"
#include "workflow/when.h"

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;

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
      if (cel::compile_condition(*condition, "when", when_environment(), out_))
        workflow_.when = cel::written_expression(*condition);
    }
    in.not_yet("retry");
    workflow_.review_by = parse_review_by(in);
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
    const auto text = in.word("mode", mode_names(), "modes");
    if (text) workflow_.mode = parse_mode(*text).value_or(Mode::plan);
  }

  void on_failure(yaml::Fields& in) {
    const auto text = in.word("on_failure", {"roll_back", "review"});
    workflow_.on_failure = text == "review" ? OnFailure::review : OnFailure::roll_back;
  }

  void answers(const yaml::Node& list) {
    const auto items = answer_nodes(list);
    if (items.empty()) {
      return error(list.at, fmt::format("`answers` must be a list of what it answers, not {}", list.describe()),
                   "names of controls, or { tag: …, level: … }; one name stands for a list of one");
    }
    for (const yaml::Node& item : items) {
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
      if (item.is_text() && item.scalar.empty())
        error(item.at, "an answer names a control or a tag; this text is empty");
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

  const DefinitionContext& context_;
  Diagnostics& out_;
  Workflow workflow_;
};

}  // namespace

std::span<const yaml::Node> answer_nodes(const yaml::Node& answers) {
  if (answers.kind == yaml::Node::Kind::scalar) return {&answers, 1};
  return answers.kind == yaml::Node::Kind::list ? std::span(answers.items) : std::span<const yaml::Node>();
}

std::optional<Workflow> parse_workflow(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out) {
  const std::size_t before = out.size();
  Workflow workflow = Parser(context, out).parse(node);
  if (has_errors(out, before)) return std::nullopt;
  return workflow;
}

}  // namespace aright::workflow
