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
#include "cli/schema_models.h"
#include "cli/source_files.h"
#include "detect/parse_alert.h"
#include "detect/parse_control.h"
#include "detect/parse_rule_words.h"
#include "workflow/parse_workflow.h"

namespace aright::cli {

namespace {

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

  /// One of its words, where it has some.
  static Json free(std::string_view what, const yaml::Question& question) {
    if (what == "`call`") return {{"description", "any JSON; its texts may hold ${ … }"}};
    if (question.words.empty()) return {{"description", "any JSON"}};
    Json choices(question.words);
    choices.push_back(nullptr);
    return {{"enum", std::move(choices)}};
  }

  static Json object(std::string_view what, const Kind& kind) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const auto& [key, question] : kind.questions) {
      properties[key] = is_free(what, key) ? free(what, question) : value(key, question, kind);
      if (kind.required.at(key) == kind.seen) required.push_back(key);
    }
    return {
        {"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", !kind.closed}};
  }

  /// Lists that mean nothing when they are empty, and are refused.
  static bool is_never_empty(const std::string& key) {
    static constexpr std::array<std::string_view, 10> keys{"answers", "steps", "then",   "else",     "finally",
                                                           "exec",    "exit",  "status", "for_each", "threshold"};
    return std::ranges::find(keys, key) != keys.end();
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
    return shown == kind.values.end() ? Json::object() : any_of(shown->second, question.words, is_never_empty(key));
  }

  static Json any_of(const std::vector<const yaml::Node*>& shown, const std::vector<std::string>& words,
                     bool never_empty = false) {
    std::vector<Json> choices;
    for (const yaml::Node* node : shown) {
      Json one = form(*node, words);
      if (never_empty && node->kind == yaml::Node::Kind::list) one["minItems"] = 1;
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
        if (node.is_text()) return {{"type", "string"}};
        // A condition: what else is a boolean is asked for as one.
        if (node.scalar == "true") return {{"type", {"string", "boolean"}}};
        return {{"type", "integer"}};
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
    for (const char* text : models::controls)
      read(text, [this](const yaml::Node& node) {
        if (node.find("sigma") != nullptr) {
          (void)detect::parse_rule_words(node, ignored_);
        } else if (node.find("alert") != nullptr) {
          (void)detect::parse_alert(node, ignored_);
        } else {
          (void)detect::parse_control(node, context_, ignored_);
        }
      });
    for (const char* text : models::sources)
      read(text, [this](const yaml::Node& node) { (void)parse_source(node, ignored_); });
    for (const char* text : models::workflows)
      read(text, [this](const yaml::Node& node) { (void)workflow::parse_workflow(node, context_, ignored_); });
    for (const char* text : models::nodes)
      read(text, [](const yaml::Node& node) {
        LoadedConfig into;
        (void)parse_node(node, into);
      });
    for (const char* text : models::fixtures)
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
