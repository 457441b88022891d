#include "workflow/parse_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/yaml_boolean.h"
#include "cel/yaml_condition.h"
#include "workflow/call_plan.h"
#include "workflow/parse_output.h"
#include "workflow/parse_retry.h"
#include "workflow/parse_secret_text.h"

namespace aright::workflow {

namespace {

using namespace std::chrono_literals;
using Body = Step::Message::Body;
constexpr auto call_time_max = 10min;
constexpr std::size_t fields_max = 64;
const std::string call_example = "call: { method: POST, url: \"https://api.example.org/blocks\", json: { … } }";
const std::string status_example = "such as status: [200, 201] or status: [200-299, 404]";

class CallParser {
 public:
  CallParser(const DefinitionContext& context, Diagnostics& out, cel::Environment environment)
      : context_(context), out_(out), environment_(std::move(environment)) {}

  std::optional<Step> parse(const yaml::Node& node) {
    const std::size_t before = out_.size();
    yaml::Fields in(node, "step `call`", out_);
    Step::Call call;
    call.message = message(in, false);
    if (const yaml::Node* look = in.node("confirm")) call.confirm = confirm(*look);
    call.sensitive = in.boolean("sensitive").value_or(false);
    const Step::Retry retry = parse_retry(in, out_);
    for (const char* key : {"when", "name", "for_each", "at_most", "undo"}) in.node(key);  // parse_steps reads them
    call.output = parse_output(in, "which is the answer", out_);
    if (const yaml::Node* each = in.node("for_each"); each != nullptr && call.sensitive) {
      error(each->at, "a `sensitive` step has no `for_each`", "the values of its list stand in the log");
    }
    in.finish();
    if (has_errors(out_, before)) return std::nullopt;
    return Step{std::move(call), retry};
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  /// What a step and its `confirm` have in common.
  Step::Message message(yaml::Fields& in, bool looks) {
    Step::Message made;
    if (const yaml::Node* call = in.required("call")) request(*call, looks, made);
    if (const yaml::Node* expected = in.node("expect")) made.expect = answers(*expected, "expect", {});
    if (const auto limit = in.duration("time_limit")) {
      made.time_limit = *limit;
      const bool fits = *limit >= 1ms && *limit <= call_time_max;
      if (!fits) in.error(in.node("time_limit")->at, "`time_limit` of `call` must be from 1ms to 10m");
    }
    if (const auto kept = in.integer("output_max", 0, call_kept_bytes_max)) {
      made.kept_max = static_cast<std::size_t>(*kept);
    }
    return made;
  }

  void request(const yaml::Node& node, bool looks, Step::Message& into) {
    if (node.kind != yaml::Node::Kind::map) {
      return error(node.at, fmt::format("`call` must be a map, not {}", node.describe()), call_example);
    }
    yaml::Fields in(node, "`call`", out_);
    const std::vector<std::string> methods =
        looks ? std::vector<std::string>{"GET", "HEAD"}
              : std::vector<std::string>{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    into.method = in.word("method", methods, looks ? "methods of one that only looks" : "methods").value_or("GET");
    if (const yaml::Node* url = in.required("url")) take_url(*url, into);
    if (const yaml::Node* headers = in.node("headers")) take_headers(*headers, into);
    take_body(in, looks, into);
    in.finish();
  }

  /// What is called, no event decides: scheme, host and port are fixed.
  void take_url(const yaml::Node& node, Step::Message& into) {
    if (!text(node, "`url`")) return;
    into.url = node.scalar;
    if (node.scalar.find("${") < origin_of(node.scalar).size()) {
      return error(node.at, "scheme, host and port of `url` are fixed: no `${ … }` may stand before the path",
                   "https://api.example.org/blocks/${ finding.subject.id }; write one step per server");
    }
    if (!context_.calls.url) return;
    std::string sample;  // with something in the place of each value
    const auto compiled = cel::compile_template(node.scalar, environment_);
    for (const auto& piece : compiled ? compiled->pieces() : std::vector<cel::Template::Piece>()) {
      const auto* fixed = std::get_if<std::string>(&piece);
      sample += fixed != nullptr ? *fixed : "x";
    }
    context_.calls.url(sample, node.at, out_);
  }

  void take_headers(const yaml::Node& node, Step::Message& into) {
    if (node.kind != yaml::Node::Kind::map) {
      return error(node.at, fmt::format("`headers` must be a map of names to texts, not {}", node.describe()));
    }
    for (const yaml::Pair& pair : node.pairs) {
      if (context_.calls.header) context_.calls.header(pair.key, pair.key_at, out_);
      const std::string what = fmt::format("`{}`", pair.key);
      if (is_secret_text(pair.value)) {
        if (auto secret = parse_secret_text(pair.value, what, context_, out_)) into.headers[pair.key] = *secret;
      } else if (single_text(pair.value, what)) {
        into.headers[pair.key] = {pair.value.scalar, {}};
      }
    }
  }

  void take_body(yaml::Fields& in, bool looks, Step::Message& into) {
    const bool whole = in.boolean("input").value_or(false);
    const yaml::Node* json = in.node("json");
    const yaml::Node* form = in.node("form");
    const yaml::Node* body = in.node("body");
    const yaml::Node* first = json != nullptr ? json : form != nullptr ? form : body;
    const int stated =
        (json != nullptr ? 1 : 0) + (form != nullptr ? 1 : 0) + (body != nullptr ? 1 : 0) + (whole ? 1 : 0);
    if (stated == 0) return;
    const Position at = first != nullptr ? first->at : in.node("input")->at;
    if (stated > 1) return error(at, "a request has one of `json`, `form`, `body` and `input`", "leave the others out");
    if (looks || into.method == "GET" || into.method == "HEAD") {
      return error(at, fmt::format("a request of method {} has no body", into.method),
                   "method: POST, or put it into the query of `url`");
    }
    const auto type = [&](const char* value) {
      const bool named = std::ranges::any_of(into.headers, [](const auto& h) { return is_content_type(h.first); });
      if (!named) into.headers["Content-Type"] = {value, {}};
    };
    if (json != nullptr) {
      into.kind = Body::json;
      into.json = json_of(*json, "", into.json_secrets, 0);
      type("application/json");
    } else if (form != nullptr) {
      into.kind = Body::form;
      take_form(*form, into);
      type("application/x-www-form-urlencoded");
    } else if (body != nullptr) {
      into.kind = Body::text;
      take_text(*body, into);
    } else {
      into.kind = Body::input;
      type("application/json");
    }
  }

  static bool is_content_type(std::string_view name) {
    constexpr std::string_view wanted = "content-type";
    return std::ranges::equal(name, wanted, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  }

  void take_form(const yaml::Node& node, Step::Message& into) {
    if (node.kind != yaml::Node::Kind::map || node.pairs.size() > fields_max) {
      return error(node.at, fmt::format("`form` must be a map of up to {} names to texts, not {}", fields_max,
                                        node.describe_counted()));
    }
    for (const yaml::Pair& pair : node.pairs) {
      if (single_text(pair.value, fmt::format("`{}`", pair.key))) into.form[pair.key] = pair.value.scalar;
    }
  }

  /// A value in the midst of other text could become a part of whatever that text is.
  void take_text(const yaml::Node& node, Step::Message& into) {
    if (!single_text(node, "`body`")) return;
    const auto compiled = cel::compile_template(node.scalar, environment_);
    if (compiled && !compiled->is_plain() && compiled->pieces().size() != 1) {
      return error(node.at, "`body` is a fixed text, or one `${ … }` and nothing around it",
                   "use `json` or `form`: what is filled in there cannot become something else");
    }
    into.body = node.scalar;
  }

  Json json_of(const yaml::Node& node, const std::string& pointer, SecretTexts& secrets, std::size_t depth) {
    const std::string what = pointer.empty() ? "`json`" : fmt::format("`json` at {}", pointer);
    using Kind = yaml::Node::Kind;
    if (node.kind == Kind::null) return nullptr;
    if (is_secret_text(node)) {
      if (auto secret = parse_secret_text(node, what, context_, out_)) secrets[pointer] = *secret;
      return nullptr;
    }
    if (node.kind == Kind::list) {
      Json list = Json::array();
      for (const yaml::Node& item : node.items) {
        list.push_back(json_of(item, fmt::format("{}/{}", pointer, list.size()), secrets, depth + 1));
      }
      return list;
    }
    if (node.kind == Kind::map) {
      Json map = Json::object();
      for (const yaml::Pair& pair : node.pairs) {
        if (pair.key.contains("${")) error(pair.key_at, "names in `json` are fixed: they hold no `${ … }`");
        map[pair.key] = json_of(pair.value, pointer + "/" + escaped(pair.key), secrets, depth + 1);
      }
      return map;
    }
    if (node.is_text()) {
      (void)cel::compile_text(node, what, environment_, out_);
      return node.scalar;
    }
    if (const auto boolean = yaml::boolean_of(node)) return *boolean;
    auto value = parse_json(node.scalar);
    if (!value) error(node.at, fmt::format("{}: {} cannot be written as JSON", what, node.describe()), "quote it");
    return value ? std::move(*value) : Json();
  }

  /// RFC 6901.
  static std::string escaped(const std::string& name) {
    std::string out;
    for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
  }

  bool text(const yaml::Node& node, const std::string& what) {
    if (!node.is_text()) {
      yaml::report_no_text(node, what + " must be text", out_);
      return false;
    }
    return cel::compile_text(node, what, environment_, out_).has_value();
  }

  bool single_text(const yaml::Node& node, const std::string& what) {
    const auto compiled = cel::compile_text(node, what, environment_, out_);
    if (!compiled) return false;
    const cel::Kind kind = compiled->type().kind;
    if (kind != cel::Kind::list && kind != cel::Kind::map && kind != cel::Kind::null) return true;
    error(node.at, fmt::format("{} must be one text, but its result is {}", what, compiled->type().describe()));
    return false;
  }

  CallExpect answers(const yaml::Node& node, const std::string& what, std::vector<StatusRange> unless_stated) {
    yaml::Fields in(node, fmt::format("`{}`", what), out_);
    CallExpect expect;
    if (!unless_stated.empty()) expect.status = std::move(unless_stated);
    if (const yaml::Node* list = in.node("status")) expect.status = statuses(*list);
    if (const yaml::Node* condition = in.node("answer")) {
      if (cel::compile_condition(*condition, "answer", answer_environment(), out_))
        expect.answer = cel::written_expression(*condition);
    }
    in.finish();
    return expect;
  }

  std::vector<StatusRange> statuses(const yaml::Node& node) {
    if (node.kind != yaml::Node::Kind::list || node.items.empty()) {
      error(node.at, fmt::format("`status` must be a list of statuses, not {}", node.describe()), status_example);
      return {};
    }
    std::vector<StatusRange> ranges;
    for (const yaml::Node& item : node.items) {
      const auto range = status_range(item.quoted ? std::string() : item.scalar);
      if (!range) {
        error(item.at,
              fmt::format("a status is a whole number from 200 to 599, or two with - between, not {}", item.describe()),
              status_example);
      }
      ranges.push_back(range.value_or(StatusRange{}));
    }
    return ranges;
  }

  static std::optional<StatusRange> status_range(const std::string& text) {
    const auto number = [](std::string_view digits) {
      const bool plain = digits.size() == 3 && digits.find_first_not_of("0123456789") == std::string_view::npos;
      return plain ? std::stoi(std::string(digits)) : 0;
    };
    const auto dash = text.find('-');
    const StatusRange range{number(text.substr(0, dash)),
                            number(dash == std::string::npos ? text : text.substr(dash + 1))};
    if (range.first < 200 || range.last > 599 || range.first > range.last) return std::nullopt;
    return range;
  }

  Step::CallConfirm confirm(const yaml::Node& node) {
    yaml::Fields in(node, "`confirm`", out_);
    Step::CallConfirm confirm;
    confirm.message = message(in, true);
    if (const yaml::Node* absent = in.node("absent"))
      confirm.absent = answers(*absent, "absent", confirm.absent.status);
    const CallExpect& there = confirm.message.expect;
    for (const StatusRange& r : confirm.absent.status) {
      const bool both = std::ranges::any_of(
          there.status, [&](const StatusRange& t) { return t.first <= r.last && r.first <= t.last; });
      if (!both || !there.answer.empty() || !confirm.absent.answer.empty()) continue;
      error(node.at,
            fmt::format("status {} of `confirm` cannot mean both that it is there and that it is not", r.first),
            "`expect` says which answers mean there, `absent` (status 404 unless stated) which mean certainly not "
            "there; `answer` in one of them may tell them apart");
    }
    in.finish();
    return confirm;
  }

  const DefinitionContext& context_;
  Diagnostics& out_;
  const cel::Environment environment_;
};

}  // namespace

std::optional<Step> parse_call(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out,
                               const cel::Environment& names) {
  return CallParser(context, out, names).parse(node);
}

}  // namespace aright::workflow
