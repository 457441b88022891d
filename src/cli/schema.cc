#include "cli/schema.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "base/yaml.h"
#include "cli/file_syntax.h"
#include "cli/fixture/parse_fixture.h"
#include "cli/node_file.h"
#include "cli/source_files.h"
#include "detect/parse_alert.h"
#include "detect/parse_control.h"
#include "detect/parse_rule_words.h"
#include "workflow/parse_workflow.h"

namespace aright::cli {

namespace {

// Model files: together they show every form that each key may have. Whether they are right otherwise does not matter.
constexpr std::array controls{R"(
control: a
check: { resource: file, path: /a, every: 1h }
desired: { content: "x", mode: "0644", owner: root }
)",
                              R"(
control: b
watch: { resource: file, folders: [/a, /b] }
desired: { keys: { A: "x", B: null }, format: sshd, optional: true }
)",
                              R"(
control: c
watch: { resource: file, path: /a }
violation: resource.exists
)",
                              R"(
control: d
sigma: a-rule
title: x
severity: high
tags: [x]
resolve_after: 1h
)",
                              R"(
control: e
alert: { source: [a], each: event.a, when: "true", subject: "a=${ event.a }", severity: x, title: x, resolved: "true" }
)"};
constexpr std::array sources{R"(
source: a
tail: { files: [/a], patterns: [/b*], from: end, line_max: 1000 }
log_source: { category: a, product: b, service: c }
decode: sshd
)",
                             R"(
source: b
tail: { files: [/a] }
log_source: [{ product: b }]
decode: { json: { time: t, trusted: [x] } }
)",
                             R"(
source: c
tail: { files: [/a] }
decode: { text: ["(?P<a>x)y", { pattern: "(?P<a>x)y", types: { a: address }, trusted: [a] }], time: a }
)",
                             R"(
source: d
webhook:
  auth: stripe
  secret: { file: /a, environment: A, credential: a }
  tolerance: 5m
  signature_header: A
  mode: plan
  body_max: 1
  headers: { a: B }
  time: t
  trusted: [x]
log_source: { product: b }
)",
                             R"(
source: e
webhook: { auth: bearer, secret: a }
)"};
constexpr std::array workflows{R"(
workflow: a
owner: o
answers: [a, { tag: t, level: high }, { control: a, subject: "a=${ event.a }", type: address }]
when: "true"
guards:
  threshold: [{ runs: 3, within: 10m, per: workflow }]
  cool_down: { wait: 1m, per: subject }
  for: 5m
  flapping: { openings: 5, within: 1h }
  breaker: { failed: 50%, runs: 4, within: 1h, trial_after: 30m }
  concurrency: 4
  oscillation: { returns: 3, within: 24h }
  budget: { subjects: 20, percent: 5%, population: 400, within: 10m, staged: true }
  window:
    zone: UTC
    allow: [{ days: [mon], from: 08:00, to: 18:00 }]
    forbid: [{ days: [mon], from: 08:00, to: 18:00 }]
    outside: wait
steps:
  - ensure: desired
    retry: { times: 3, wait: 2s }
    time_limit: 5s
  - ensure: { resource: file, path: /a, desired: { keys: { A: "x" }, format: "key value", case: exact, wins: last } }
  - exec: [/a, "x"]
    environment: { A: "x", B: { secret: a, prefix: "x" } }
    secrets: [a]
    expect: { exit: [0], output_contains: "x" }
    time_limit: 5s
    output_max: 1
    sensitive: false
    retry: { times: 3, wait: 2s }
    confirm:
      exec: [/a]
      environment: { A: "x" }
      expect: { exit: [0], output_contains: "x" }
      absent: { exit: [1] }
      time_limit: 5s
      output_max: 1
  - call: { method: POST, url: "https://a/", headers: { A: "x", B: { secret: a, prefix: "x" } }, form: { a: "x" } }
    expect: { status: [200, 200-299], answer: "true" }
    time_limit: 5s
    output_max: 1
    sensitive: false
    retry: { times: 3, wait: 2s }
    confirm:
      call: { method: GET, url: "https://a/" }
      expect: { status: [200], answer: "true" }
      absent: { status: [404], answer: "true" }
      time_limit: 5s
  - call: { method: POST, url: "https://a/", body: "x" }
    name: a
    for_each: [a]
    at_most: 4
  - call: { method: POST, url: "https://a/", input: true }
    when: "true"
  - wait: 1h
  - notify: a
    text: "x"
    title: "x"
    severity: high
    when: "true"
  - approve: { team: a, text: x, expires: 4h, quorum: 2 }
    when: "true"
  - exec: [/a]
    name: look
    output: { a: text, b: [address] }
    when: "true"
  - exec: [/a, "${ each }"]
    for_each: finding.differs
    at_most: 4
  - exec: [/a, "${ each }"]
    for_each: [a]
  - when: steps.look.exit_code == 0
    then: [{ ensure: desired, name: b, when: "true" }]
    else: [{ wait: 1h, when: "true" }]
finally: [{ exec: [/a] }]
)",
                               R"(
workflow: b
guards: { budget: a, oscillation: off }
)"};
constexpr std::array nodes{R"(
listen: 127.0.0.1:7480
root: /srv
destinations:
  - { host: a.example.org, ports: [443], networks: [10.0.0.0/8], plain: false, ca: /a }
limits: { runs: 128, waiting: 10000, findings: 30000, held: 1000, drivers: { file: 32, exec: 8, call: 8 } }
retention: { records: 400d, contents: 30d, sensitive: 7d, size_mib: 4096 }
secrets: { a: { file: /a, environment: A, credential: a } }
witness: [{ file: /a }, { syslog: true, socket: /a }]
notify:
  default: [a]
  a: { webhook: { url: "https://a.example.org/", secret: a }, retry: { first: 1s, longest: 5m, give_up: 24h },
       rate: { messages: 60, within: 1m }, queue: 1000, time_limit: 30s }
  b: { slack: { url: { secret: a, prefix: "x" } } }
  c: { syslog: { facility: daemon, tag: aright, socket: /a, udp: "a.example.org:514", tcp: "a.example.org:514" } }
  d: { program: [/a] }
  e:
    smtp: { server: "a.example.org:587", tls: starttls, from: a@example.org, to: [b@example.org], user: a, password: a }
teams:
  a:
    members: [user:a, group:b]
    quorum: 1
    separate: true
    notifiers: [n]
    ladder: [{ after: 1m, notify: [n], team: a }]
budgets:
  a: { subjects: 20, within: 10m }
  b: { percent: 5%, population: { control: c }, within: 10m }
)"};

constexpr std::array fixtures{R"(
test: a
at: 2026-01-01T00:00:00Z
states: { /a: { content: "x" } }
happens:
  - { after: 1m, states: { /a: { absent: true } } }
  - { source: a, line: "x", times: 5, every: 1s }
  - { source: a, event: { a: 1 } }
  - { approve: a, reason: x }
  - { deny: a }
  - { waive: a, subject: "file:/a", lasts: 1d }
refused: { /a: x }
programs: [{ starts_with: [/a], exit: 1, output: x, errors: x }]
calls: [{ method: GET, url: "https://a/", status: 200, answer: x }]
lasts: 1m
expect:
  findings: [{ control: a }]
  runs: [{ workflow: a }]
  verdicts: [{ workflow: a }]
  plans: [{ workflow: a }]
  effects: [{ workflow: a }]
  reviews: [{ workflow: a }]
  states: { /a: { content: "x" } }
)"};

std::string definition_name(std::string_view what) {
  std::string name;
  for (const char c : what) {
    if (c != '`') name += c == ' ' ? '-' : c;
  }
  return name;
}

/// All maps of one kind in the model files.
struct Kind {
  std::size_t seen{0};
  bool closed{false};
  std::map<std::string, yaml::Question> questions;
  std::map<std::string, std::size_t> required;  ///< how many of them need the key
  std::map<std::string, std::vector<const yaml::Node*>> values;
};

class Maker {
 public:
  void take(const yaml::Node& node) {
    for (const yaml::Node& item : node.items) take(item);
    for (const yaml::Pair& pair : node.pairs) take(pair.value);
    if (!node.shape || node.shape->what.empty()) return;
    Kind& kind = kinds_[node.shape->what];
    ++kind.seen;
    kind.closed = kind.closed || node.shape->closed;
    for (const auto& [key, question] : node.shape->questions) {
      yaml::Question& into = kind.questions.try_emplace(key, question).first->second;
      if (into.type == yaml::Question::Type::any) into.type = question.type;
      if (into.words.empty()) into.words = question.words;
      kind.required[key] += question.required ? 1U : 0U;
    }
    for (const yaml::Pair& pair : node.pairs) kind.values[pair.key].push_back(&pair.value);
  }

  /// A file is of the kind whose first key it has; `otherwise` if it has none of them.
  [[nodiscard]] Json schema(std::span<const std::string_view> kinds, std::string_view otherwise) const {
    Json choice = reference(otherwise);
    for (const std::string_view what : kinds) {
      choice = {{"if", {{"required", {what}}}}, {"then", reference(what)}, {"else", std::move(choice)}};
    }
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "A configuration file of Aright"},
                {"type", "object"}};
    schema.update(choice);
    for (const auto& [what, kind] : kinds_) schema["$defs"][definition_name(what)] = object(what, kind);
    return schema;
  }

 private:
  static Json reference(std::string_view what) { return {{"$ref", "#/$defs/" + definition_name(what)}}; }

  /// Any JSON, which no models could show.
  static bool is_free(std::string_view what, std::string_view key) {
    return (what == "`call`" && key == "json") || (what == "`happens`" && key == "event") ||
           (what == "`calls`" && key == "answer") || what.ends_with(" of `expect`");
  }

  static Json object(std::string_view what, const Kind& kind) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const auto& [key, question] : kind.questions) {
      properties[key] =
          is_free(what, key)
              ? Json{{"description", what == "`call`" ? "any JSON; its texts may hold ${ … }" : "any JSON"}}
              : value(key, question, kind);
      if (kind.required.at(key) == kind.seen) required.push_back(key);
    }
    return {
        {"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", !kind.closed}};
  }

  static Json value(const std::string& key, const yaml::Question& question, const Kind& kind) {
    using Type = yaml::Question::Type;
    const Json text{{"type", "string"}};
    switch (question.type) {
      case Type::text: return question.words.empty() ? text : Json{{"enum", question.words}};
      case Type::boolean: return {{"type", "boolean"}};
      case Type::integer: return {{"type", "integer"}, {"minimum", question.min}, {"maximum", question.max}};
      case Type::duration: return {{"type", "string"}, {"pattern", "^[0-9]+(ms|s|m|h|d)$"}};
      case Type::texts: return {{"anyOf", {text, {{"type", "array"}, {"items", text}}}}};
      case Type::any: break;
    }
    const auto shown = kind.values.find(key);
    // A key that no model shows may be anything; a test says so.
    return shown == kind.values.end() ? Json::object() : any_of(shown->second, question.words);
  }

  static Json any_of(const std::vector<const yaml::Node*>& shown, const std::vector<std::string>& words) {
    std::vector<Json> choices;
    for (const yaml::Node* node : shown) {
      Json one = form(*node, words);
      if (std::ranges::find(choices, one) == choices.end()) choices.push_back(std::move(one));
    }
    return choices.size() == 1 ? choices.front() : Json{{"anyOf", choices}};
  }

  /// What is written like `node`.
  static Json form(const yaml::Node& node, const std::vector<std::string>& words) {
    switch (node.kind) {
      case yaml::Node::Kind::null: return {{"type", "null"}};
      case yaml::Node::Kind::scalar:
        if (!words.empty()) return {{"enum", words}};
        return {{"type", node.is_text() ? "string" : "integer"}};
      case yaml::Node::Kind::list: break;
      case yaml::Node::Kind::map:
        if (node.shape && !node.shape->what.empty()) return reference(node.shape->what);
        break;
    }
    std::vector<const yaml::Node*> below;
    below.reserve(node.items.size() + node.pairs.size());
    for (const yaml::Node& item : node.items) below.push_back(&item);
    for (const yaml::Pair& pair : node.pairs) below.push_back(&pair.value);
    if (node.kind == yaml::Node::Kind::list) return {{"type", "array"}, {"items", any_of(below, words)}};
    return {{"type", "object"}, {"additionalProperties", any_of(below, words)}};
  }

  std::map<std::string, Kind> kinds_;
};

/// Parses the models with the parsers that read a configuration folder.
class Models {
 public:
  Models() {
    context_.resources["file"] = file_syntax("/", "/");
    for (const char* text : controls)
      read(text, [this](const yaml::Node& node) {
        if (node.find("sigma") != nullptr) {
          (void)detect::parse_rule_words(node, ignored_);
        } else if (node.find("alert") != nullptr) {
          (void)detect::parse_alert(node, ignored_);
        } else {
          (void)detect::parse_control(node, context_, ignored_);
        }
      });
    for (const char* text : sources) read(text, [this](const yaml::Node& node) { (void)parse_source(node, ignored_); });
    for (const char* text : workflows)
      read(text, [this](const yaml::Node& node) { (void)workflow::parse_workflow(node, context_, ignored_); });
    for (const char* text : nodes)
      read(text, [](const yaml::Node& node) {
        LoadedConfig into;
        (void)parse_node(node, into);
      });
    for (const char* text : fixtures)
      read(text, [this](const yaml::Node& node) {
        (void)parse_fixture(node, context_.resources.at("file"), {{"a"}, {"a"}, {"a"}}, ignored_);
      });
    for (const yaml::Node& node : files_) maker_.take(node);
    static constexpr std::array<std::string_view, 4> kinds{"control", "workflow", "source", "test"};
    schema_ = maker_.schema(kinds, "aright.yaml");
  }
  [[nodiscard]] const Json& schema() const { return schema_; }

 private:
  template <class Parse>
  void read(const char* text, Parse parse) {
    auto node = yaml::parse(text, "model", ignored_);
    if (!node) return;
    yaml::add_shapes(*node);
    parse(*node);
    files_.push_back(std::move(*node));
  }

  DefinitionContext context_;
  Diagnostics ignored_;
  std::vector<yaml::Node> files_;
  Maker maker_;
  Json schema_;
};

}  // namespace

Json config_schema() { return Models().schema(); }

}  // namespace aright::cli
