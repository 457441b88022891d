#include "source/tail/tail_definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/path_text.h"
#include "base/yaml_texts.h"
#include "source/source_name.h"

namespace aright::source {

namespace {

constexpr std::int64_t line_least = 256;
constexpr std::int64_t line_most = 1 << 20;

const std::map<std::string, FieldType, std::less<>> field_types{
    {"text", FieldType::text}, {"integer", FieldType::integer}, {"address", FieldType::address}};

/// What TailSource::create refuses is refused here, at its place.
void take_paths(yaml::Fields& in, const char* key, bool pattern, std::vector<std::string>& into) {
  for (const yaml::Node* item : yaml::text_items(in, key)) {
    const std::string& text = item->scalar;
    std::string why;
    const auto bytes = path_bytes(text);
    if (!bytes) {
      why = bytes.error().message;
    } else if (!bytes->starts_with('/') || bytes->ends_with('/')) {
      why = fmt::format("`{}` is not the absolute path of a file", text);
    } else if (!pattern && bytes->find_first_of("*?[") != std::string::npos) {
      in.error(item->at, fmt::format("`files` are names as they are, and `{}` has wild cards", text),
               "`patterns` takes them: patterns: [/var/log/app/*.log]");
    } else if (pattern && bytes->substr(0, bytes->rfind('/')).find_first_of("*?[") != std::string::npos) {
      why = fmt::format("`{}` has wild cards before its last component", text);
    }
    if (!why.empty()) {
      in.error(item->at, why, pattern ? "such as /var/log/app/*.log" : "such as /var/log/auth.log");
    }
    into.push_back(text);
  }
}

void take_files(const yaml::Node& node, TailDefinition& into, Diagnostics& out) {
  yaml::Fields in(node, "`tail`", out);
  take_paths(in, "files", false, into.files);
  take_paths(in, "patterns", true, into.patterns);
  if (node.kind == yaml::Node::Kind::map && in.node("files") == nullptr && in.node("patterns") == nullptr) {
    in.error(node.at, "`tail` names no file", "give `files` or `patterns`");
  }
  if (const auto from = in.text("from")) {
    if (*from != "start" && *from != "end") {
      in.error(in.node("from")->at, fmt::format("unknown `from` `{}`", *from),
               suggest(*from, {"start", "end"}, "words"));
    }
    into.from_end = *from != "start";
  }
  if (const auto bytes = in.integer("line_max", line_least, line_most)) {
    into.line_max = static_cast<std::size_t>(*bytes);
  }
  if (const auto word = in.word("mode", {"observe", "plan", "propose", "auto"}, "modes")) {
    into.mode = parse_mode(*word).value_or(into.mode);
  }
  in.finish();
}

void take_types(const yaml::Node& node, std::map<std::string, FieldType>& into, Diagnostics& out) {
  if (node.kind != yaml::Node::Kind::map) {
    out.push_back({Severity::error, node.at, "`types` must be a map, not " + node.describe(), "{ port: integer }"});
  }
  for (const yaml::Pair& pair : node.pairs) {
    const auto type = field_types.find(pair.value.scalar);
    into[pair.key] = type == field_types.end() ? FieldType::text : type->second;
    if (type != field_types.end()) continue;
    const std::string word = pair.value.kind == yaml::Node::Kind::scalar ? pair.value.scalar : pair.value.describe();
    out.push_back({Severity::error, pair.value.at, fmt::format("unknown type `{}`", word),
                   suggest(word, {"text", "integer", "address"}, "types")});
  }
}

/// Each mistake at its own place: what is wrong with the expression, and which names no group of it has.
void check_pattern(const TextPattern& pattern, const Position& at, const yaml::Node* types, const yaml::Node* trusted,
                   Diagnostics& out) {
  const PatternMistakes mistakes = mistakes_of(pattern);
  for (const std::string& why : mistakes.pattern) {
    out.push_back({Severity::error, at, fmt::format("pattern \"{}\": {}", pattern.pattern, why),
                   "an RE2 expression for the whole line, with named groups: (?P<user>[a-z]+) logged in"});
  }
  const auto lacks = [&](const Position& place, const std::string& name, const char* what) {
    out.push_back({Severity::error, place, fmt::format("the pattern has no group `{}`, which is {}", name, what),
                   suggest(name, mistakes.groups, "groups")});
  };
  for (const std::string& name : mistakes.types) {
    const auto pair = std::ranges::find(types->pairs, name, &yaml::Pair::key);
    lacks(pair == types->pairs.end() ? types->at : pair->key_at, name, "given a type");
  }
  for (const std::string& name : mistakes.trusted) {
    lacks(yaml::place_in_list(trusted, name, at), name, "said to be trusted");
  }
}

/// One of `decode: { text: … }`: a pattern alone, or a map.
void take_pattern(const yaml::Node& node, TextLines& into, Diagnostics& out) {
  TextPattern pattern;
  if (node.kind == yaml::Node::Kind::scalar) {
    pattern.pattern = node.scalar;
    check_pattern(pattern, node.at, nullptr, nullptr, out);
  } else {
    yaml::Fields in(node, "a pattern", out);
    const auto text = in.required_text("pattern");
    const yaml::Node* types = in.node("types");
    if (types != nullptr) take_types(*types, pattern.types, out);
    for (const yaml::Node* item : yaml::text_items(in, "trusted")) pattern.trusted.push_back(item->scalar);
    pattern.pattern = text.value_or("");
    if (text) check_pattern(pattern, in.node("pattern")->at, types, in.node("trusted"), out);
    in.finish();
  }
  into.patterns.push_back(std::move(pattern));
}

LineFormat take_text(const yaml::Node& list, std::string time, std::vector<LogSource> sources, Diagnostics& out) {
  TextLines text{std::move(sources), {}, std::move(time)};
  if (list.kind != yaml::Node::Kind::list) {
    take_pattern(list, text, out);
  } else if (list.items.empty() || list.items.size() > text_patterns_max) {
    out.push_back({Severity::error, list.at, fmt::format("`text` must have 1 to {} patterns", text_patterns_max), {}});
  } else {
    for (const yaml::Node& item : list.items) take_pattern(item, text, out);
  }
  return text;
}

LineFormat take_format(const yaml::Node& node, std::vector<LogSource> sources, Diagnostics& out) {
  static const std::vector<std::string> words{"json", "sshd"};
  if (node.kind == yaml::Node::Kind::scalar) {
    if (node.scalar == "sshd") return SshdLines{std::move(sources)};
    if (node.scalar != "json") {
      out.push_back({Severity::error, node.at, fmt::format("unknown decoder `{}`", node.scalar),
                     suggest(node.scalar, words, "decoders") + "; or { text: … } with patterns of your own"});
    }
    return JsonLines{std::move(sources), {}, {}};
  }
  yaml::Fields in(node, "`decode`", out);
  const yaml::Node* json = in.node("json");
  const yaml::Node* text = in.node("text");
  if (node.kind == yaml::Node::Kind::map && (json == nullptr) == (text == nullptr)) {
    in.error(node.at, "`decode` has either `json` or `text`", "`decode: json`, or { text: PATTERN, time: GROUP }");
  }
  std::string time = in.text("time").value_or("");
  in.finish();
  if (json == nullptr) {
    return text == nullptr ? LineFormat{} : take_text(*text, std::move(time), std::move(sources), out);
  }
  yaml::Fields inside(*json, "`json`", out);
  JsonLines lines{std::move(sources), inside.text("time").value_or(time),
                  inside.texts("trusted").value_or(std::vector<std::string>())};
  inside.finish();
  return lines;
}

/// A group for the time that no pattern has would never give one.
void check_time(const TailDefinition& made, const yaml::Node& decode, Diagnostics& out) {
  const auto* text = std::get_if<TextLines>(&made.format);
  if (text == nullptr || text->time_group.empty()) return;
  const bool there = std::ranges::any_of(text->patterns, [&](const TextPattern& pattern) {
    return pattern.pattern.contains("(?P<" + text->time_group + ">");
  });
  if (there) return;
  const yaml::Node* time = decode.find("time");
  out.push_back({Severity::error, time->at, fmt::format("no pattern has a group `{}`", text->time_group), {}});
}

}  // namespace

std::string log_source_word(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::vector<LogSource> parse_log_sources(const yaml::Node* node, Diagnostics& out) {
  std::vector<LogSource> list;
  if (node == nullptr) return list;
  const auto one = [&](const yaml::Node& item) {
    yaml::Fields in(item, "`log_source`", out);
    LogSource made{log_source_word(in.text("category").value_or("")), log_source_word(in.text("product").value_or("")),
                   log_source_word(in.text("service").value_or(""))};
    in.finish();
    if (item.kind == yaml::Node::Kind::map && made == LogSource{}) {
      in.error(item.at, "`log_source` says nothing", "give `product`, `service` or `category`, as in the rules");
    }
    list.push_back(std::move(made));
  };
  if (node->kind != yaml::Node::Kind::list) {
    one(*node);
  } else {
    list.reserve(node->items.size());
    for (const yaml::Node& item : node->items) one(item);
  }
  return list;
}

std::optional<TailDefinition> parse_tail(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  TailDefinition made;
  yaml::Fields in(node, "source", out);
  made.name = take_source_name(in);
  if (const yaml::Node* tail = in.required("tail")) take_files(*tail, made, out);
  auto sources = parse_log_sources(in.node("log_source"), out);
  if (const yaml::Node* decode = in.required("decode")) {
    made.format = take_format(*decode, std::move(sources), out);
    check_time(made, *decode, out);
  }
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return made;
}

Result<std::unique_ptr<LineDecoder>> make_decoder(const LineFormat& format, Nanos zone) {
  if (const auto* json = std::get_if<JsonLines>(&format)) return json_decoder(*json);
  if (const auto* text = std::get_if<TextLines>(&format)) return text_decoder(*text);
  return sshd_decoder(zone, std::get<SshdLines>(format).more);
}

}  // namespace aright::source
