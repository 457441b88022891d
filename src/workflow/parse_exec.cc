#include "workflow/parse_exec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/yaml_texts.h"
#include "cel/yaml_condition.h"
#include "workflow/parse_output.h"
#include "workflow/parse_retry.h"
#include "workflow/parse_secret_text.h"
#include "workflow/program_plan.h"

namespace aright::workflow {

namespace {

constexpr int exit_max = 255;

class ExecParser {
 public:
  ExecParser(const DefinitionContext& context, Diagnostics& out, cel::Environment environment)
      : context_(context), out_(out), environment_(std::move(environment)) {}

  std::optional<Step> parse(const yaml::Node& node) {
    const std::size_t before = out_.size();
    yaml::Fields in(node, "step `exec`", out_);
    Step::Exec exec;
    exec.program = program(in);
    if (const yaml::Node* look = in.node("confirm")) exec.confirm = confirm(*look);
    exec.sensitive = in.boolean("sensitive").value_or(false);
    const Step::Retry retry = parse_retry(in, out_);
    if (retry.times != 0 && !exec.confirm) {
      error(in.node("retry")->at, "`retry` of `exec` needs a `confirm:`",
            "it says whether the work is not there: without it nothing is started twice");
    }
    exec.output = parse_output(in, "on standard output", out_);
    for (const char* key : {"when", "name", "for_each", "at_most", "undo"}) in.node(key);  // parse_steps reads them
    if (const yaml::Node* each = in.node("for_each"); each != nullptr && exec.sensitive) {
      error(each->at, "a `sensitive` step has no `for_each`", "the values of its list stand in the log");
    }
    in.not_yet("input");
    in.finish();
    if (has_errors(out_, before)) return std::nullopt;
    return Step{std::move(exec), retry};
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  Step::Program program(yaml::Fields& in) {
    Step::Program program;
    if (const yaml::Node* list = in.required("exec")) arguments(*list, program);
    if (const yaml::Node* map = in.node("environment")) environment(*map, program);
    for (const yaml::Node* item : yaml::text_items(in, "secrets")) {
      check_secret_name(item->scalar, item->at, context_, out_);
      program.input_secrets.push_back(item->scalar);
    }
    if (const yaml::Node* expected = in.node("expect")) expect(*expected, program.expect);
    program.time_limit = parse_time_limit(in).value_or(program.time_limit);
    if (const auto kept = in.integer("output_max", 0, program_output_bytes_max)) {
      program.output_max = static_cast<std::size_t>(*kept);
    }
    return program;
  }

  void arguments(const yaml::Node& list, Step::Program& program) {
    if (list.kind != yaml::Node::Kind::list || list.items.empty()) {
      return error(list.at,
                   fmt::format("`exec` must be a list of a program and its arguments, not {}", list.describe()),
                   "[/usr/bin/logger, \"fixed ${ finding.subject.id }\"]: no shell reads it, so nothing is split or "
                   "expanded");
    }
    if (list.items.size() > program_arguments_max) {
      error(list.at, fmt::format("`exec` has {} arguments, the limit is {}", list.items.size(), program_arguments_max));
    }
    file(list.items.front());
    program.arguments.reserve(list.items.size());
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) text(list.items[i], fmt::format("argument {} of `exec`", i));
      program.arguments.push_back(list.items[i].scalar);
    }
    if (!context_.programs.arguments) return;
    std::vector<Position> at;
    at.reserve(list.items.size());
    for (const yaml::Node& item : list.items) at.push_back(item.at);
    context_.programs.arguments(program.arguments, at, out_);
  }

  /// Which program runs, no event decides.
  void file(const yaml::Node& node) {
    if (!node.is_text()) return yaml::report_no_text(node, "the program of `exec` must be a path", out_);
    if (node.scalar.contains("${")) {
      return error(node.at, "the program of `exec` is fixed: its path holds no `${ … }`", "write one step per program");
    }
    if (!node.scalar.starts_with('/')) {
      return error(node.at, fmt::format("the program of `exec` is an absolute path, not \"{}\"", node.scalar),
                   "no search path is used: write it out, as `command -v` shows it");
    }
    if (context_.programs.file) context_.programs.file(node.scalar, node.at, out_);
  }

  void text(const yaml::Node& node, const std::string& what) {
    if (is_secret_text(node)) {
      return error(node.at, what + " cannot be a secret: everybody on the machine can read arguments",
                   "put it into `environment`, or onto standard input with `secrets: [NAME]`");
    }
    const auto compiled = cel::compile_text(node, what, environment_, out_);
    if (!compiled) return;
    const cel::Kind kind = compiled->type().kind;
    if (kind == cel::Kind::list || kind == cel::Kind::map || kind == cel::Kind::null) {
      error(node.at, fmt::format("{} must be one text, but its result is {}", what, compiled->type().describe()),
            "each `${ … }` stays one argument: write one for each");
    }
    if (node.scalar.contains('\0')) error(node.at, what + " has a NUL byte, which no argument can have");
  }

  void environment(const yaml::Node& map, Step::Program& program) {
    if (map.kind != yaml::Node::Kind::map) {
      return error(map.at, fmt::format("`environment` must be a map of names to texts, not {}", map.describe()));
    }
    for (const yaml::Pair& pair : map.pairs) {
      if (context_.programs.variable) context_.programs.variable(pair.key, pair.key_at, out_);
      if (is_secret_text(pair.value)) {
        if (auto secret = parse_secret_text(pair.value, fmt::format("`{}`", pair.key), context_, out_)) {
          program.secret_environment[pair.key] = std::move(*secret);
        }
        continue;
      }
      text(pair.value, fmt::format("`{}`", pair.key));
      if (context_.programs.value) context_.programs.value(pair.key, pair.value.scalar, pair.value.at, out_);
      program.environment[pair.key] = pair.value.scalar;
    }
  }

  void expect(const yaml::Node& node, ProgramExpect& expect) {
    yaml::Fields in(node, "`expect`", out_);
    if (const yaml::Node* codes = in.node("exit")) expect.exit_codes = exits(*codes);
    if (auto text = in.text("output_contains")) {
      if (text->empty())
        error(in.node("output_contains")->at, "`output_contains` is empty, which every output contains");
      expect.output_contains = std::move(*text);
    }
    in.finish();
  }

  std::vector<int> exits(const yaml::Node& node) {
    const std::string hint = "such as exit: [0, 2]";
    if (node.kind != yaml::Node::Kind::list || node.items.empty()) {
      error(node.at, fmt::format("`exit` must be a list of exit codes, not {}", node.describe()), hint);
      return {};
    }
    std::vector<int> codes;
    codes.reserve(node.items.size());
    for (const yaml::Node& item : node.items) {
      const bool digits = item.kind == yaml::Node::Kind::scalar && !item.quoted && !item.scalar.empty() &&
                          item.scalar.size() <= 3 && item.scalar.find_first_not_of("0123456789") == std::string::npos;
      const int code = digits ? std::stoi(item.scalar) : exit_max + 1;
      if (code > exit_max) {
        error(item.at, fmt::format("an exit code is a whole number from 0 to {}, not {}", exit_max, item.describe()),
              hint);
      }
      codes.push_back(code);
    }
    return codes;
  }

  Step::Confirm confirm(const yaml::Node& node) {
    yaml::Fields in(node, "`confirm`", out_);
    Step::Confirm confirm;
    confirm.program = program(in);
    if (const yaml::Node* absent = in.node("absent")) {
      yaml::Fields codes(*absent, "`absent`", out_);
      if (const yaml::Node* exit = codes.required("exit")) confirm.absent = exits(*exit);
      codes.finish();
    }
    for (const int code : confirm.absent) {
      if (std::ranges::find(confirm.program.expect.exit_codes, code) == confirm.program.expect.exit_codes.end())
        continue;
      error(node.at,
            fmt::format("exit code {} of `confirm` cannot mean both that it is there and that it is not", code),
            "`expect` says which codes mean there, `absent` (default 1) which mean certainly not there");
    }
    in.finish();
    return confirm;
  }

  const DefinitionContext& context_;
  Diagnostics& out_;
  cel::Environment environment_;
};

}  // namespace

std::optional<Step> parse_exec(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out,
                               const cel::Environment& names) {
  return ExecParser(context, out, names).parse(node);
}

}  // namespace aright::workflow
