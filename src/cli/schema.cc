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

/// A secret of `secrets`, whose name is the user's, is written as one that stands where it is used.
std::string_view kind_of(std::string_view what) { return what.starts_with("secret `") ? "`secret`" : what; }

std::string definition_name(std::string_view what) {
  std::string name;
  for (const char c : kind_of(what)) {
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
    Kind& kind = kinds_[std::string(kind_of(node.shape->what))];
    ++kind.seen;
    kind.closed = kind.closed || node.shape->closed;
    for (const auto& [key, question] : node.shape->questions) {
      join(kind.questions.try_emplace(key, question).first->second, question);
      kind.required[key] += question.required ? 1U : 0U;
    }
    for (const yaml::Pair& pair : node.pairs) {
      kind.values[pair.key].push_back(&pair.value);
      if (is_shared(pair.key)) shared_[shared_as(pair.key)].push_back(&pair.value);
    }
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

  /// What one parser does not ask of a key, or not of every file, another does: a file that either takes is right.
  static void join(yaml::Question& into, const yaml::Question& other) {
    using Type = yaml::Question::Type;
    if (into.type == Type::any) {
      into.type = other.type;
      into.min = other.min;
      into.max = other.max;
    } else if (other.type == Type::integer) {
      into.min = std::min(into.min, other.min);
      into.max = std::max(into.max, other.max);
    }
    for (const std::string& word : other.words) {
      if (std::ranges::find(into.words, word) == into.words.end()) into.words.push_back(word);
    }
  }

  /// What may stand behind one of these may stand behind it in every kind of map, and in each list of steps.
  static bool is_shared(std::string_view key) { return shared_as(key) == "steps" || key == "undo"; }
  static std::string shared_as(std::string_view key) {
    return key == "then" || key == "else" ? "steps" : std::string(key);
  }

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

  [[nodiscard]] Json object(std::string_view what, const Kind& kind) const {
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

  [[nodiscard]] Json value(const std::string& key, const yaml::Question& question, const Kind& kind) const {
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
    if (is_shared(key)) return any_of(shared_.at(shared_as(key)), question.words, is_never_empty(key));
    const auto shown = kind.values.find(key);
    // A key that no model shows may be anything; a test says so.
    return shown == kind.values.end() ? Json::object() : any_of(shown->second, question.words, is_never_empty(key));
  }

  static Json any_of(const std::vector<const yaml::Node*>& shown, const std::vector<std::string>& words,
                     bool never_empty = false) {
    std::vector<Json> choices;
    std::vector<const yaml::Node*> items;   // of all lists: what may stand in one may stand beside what is in another
    std::vector<const yaml::Node*> values;  // of all maps with names of the user's
    bool has_map = false;
    for (const yaml::Node* node : shown) {
      for (const yaml::Node& item : node->items) items.push_back(&item);
      if (node->kind == yaml::Node::Kind::list) continue;
      if (node->kind == yaml::Node::Kind::map && (!node->shape || node->shape->what.empty())) {
        has_map = true;
        for (const yaml::Pair& pair : node->pairs) values.push_back(&pair.value);
        continue;
      }
      Json one = form(*node, words);
      if (std::ranges::find(choices, one) == choices.end()) choices.push_back(std::move(one));
    }
    if (!items.empty()) {
      choices.push_back({{"type", "array"}, {"items", any_of(items, words)}});
      if (never_empty) choices.back()["minItems"] = 1;
    }
    if (has_map) {
      choices.push_back({{"type", "object"}});
      if (!values.empty()) choices.back()["additionalProperties"] = any_of(values, words);
    }
    return choices.size() == 1 ? choices.front() : Json{{"anyOf", choices}};
  }

  /// What is written like `node`, which is no list, and as a map one that a parser took.
  static Json form(const yaml::Node& node, const std::vector<std::string>& words) {
    if (node.kind == yaml::Node::Kind::null) return {{"type", "null"}};
    if (node.kind == yaml::Node::Kind::map) return reference(node.shape->what);
    if (!words.empty()) return {{"enum", words}};
    if (node.is_text()) return {{"type", "string"}};
    // A condition: what else is a boolean is asked for as one.
    if (node.scalar == "true") return {{"type", {"string", "boolean"}}};
    return {{"type", node.scalar.contains('.') ? "number" : "integer"}};
  }

  std::map<std::string, std::vector<const yaml::Node*>> shared_;
  std::map<std::string, Kind> kinds_;
};

/// Parses the models with the parsers that read a configuration folder.
class Models {
 public:
  Models() {
    context_.resources["file"] = file_syntax("/", "/");
    context_.secrets = {"a"};
    context_.notifiers = {"a"};
    for (const char* text : models::controls)
      read(text, [this](const yaml::Node& node) {
        if (node.find("sigma") != nullptr) {
          (void)detect::parse_rule_words(node, said_);
        } else if (node.find("alert") != nullptr) {
          (void)detect::parse_alert(node, said_);
        } else {
          (void)detect::parse_control(node, context_, said_);
        }
      });
    for (const char* text : models::sources)
      read(text, [this](const yaml::Node& node) { (void)parse_source(node, said_); });
    for (const char* text : models::workflows)
      read(text, [this](const yaml::Node& node) { (void)workflow::parse_workflow(node, context_, said_); });
    for (const char* text : models::nodes)
      read(text, [this](const yaml::Node& node) {
        LoadedConfig into;
        (void)parse_node(node, into);
        said_.insert(said_.end(), into.diagnostics.begin(), into.diagnostics.end());
      });
    for (const char* text : models::fixtures)
      read(text, [this](const yaml::Node& node) {
        (void)parse_fixture(node, context_.resources.at("file"), {{"a"}, {"a"}, {"a"}}, said_);
      });
    for (const yaml::Node& node : files_) maker_.take(node);
    static constexpr std::array<std::string_view, 4> kinds{"control", "workflow", "source", "test"};
    schema_ = maker_.schema(kinds, "aright.yaml");
  }
  [[nodiscard]] const Json& schema() const { return schema_; }
  [[nodiscard]] const Diagnostics& said() const { return said_; }

 private:
  template <class Parse>
  void read(const char* text, Parse parse) {
    auto node = yaml::parse(text, "model", said_);
    if (!node) return;
    yaml::add_shapes(*node);
    parse(*node);
    files_.push_back(std::move(*node));
  }

  DefinitionContext context_;
  Diagnostics said_;
  std::vector<yaml::Node> files_;
  Maker maker_;
  Json schema_;
};

}  // namespace

Json config_schema() { return Models().schema(); }

Diagnostics model_mistakes() { return Models().said(); }

}  // namespace aright::cli
