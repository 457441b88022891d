#include "source/tail/decode.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>

#include "base/utf8.h"
#include "model/field_text.h"

namespace aright::source {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

class JsonDecoder final : public LineDecoder {
 public:
  explicit JsonDecoder(JsonLines config) : config_(std::move(config)) {}

  Decoding decode(std::string_view line, WallTime /*arrival*/) const override {
    auto data = parse_json(line);
    if (!data) return std::unexpected(data.error());
    if (!data->is_object()) return fail(Errc::invalid, "no JSON object: fields with names are needed");
    Decoded decoded{std::move(*data), std::nullopt, config_.log_sources, {}, {}};
    for (const auto& [key, value] : decoded.data.items()) {
      if (!contains(config_.trusted, key)) decoded.outsider.push_back({key, FieldType::text});
    }
    if (config_.time_field.empty()) return decoded;
    const auto time = decoded.data.find(config_.time_field);
    if (time == decoded.data.end()) {
      decoded.no_time = NoTime{config_.time_field, NoTime::Fault::missing};
    } else if (!time->is_string()) {
      decoded.no_time = NoTime{config_.time_field, NoTime::Fault::malformed};
    } else {
      decoded.take_time(config_.time_field, time->get_ref<const std::string&>());
    }
    return decoded;
  }

 private:
  JsonLines config_;
};

class TextDecoder final : public LineDecoder {
 public:
  struct Group {
    std::string name;
    FieldType type{FieldType::text};
    bool trusted{false};
  };
  struct Form {
    std::unique_ptr<RE2> pattern;
    std::vector<Group> groups;  ///< by number; without a name: not a field
  };
  TextDecoder(TextLines config, std::vector<Form> forms) : config_(std::move(config)), forms_(std::move(forms)) {}

  Decoding decode(std::string_view line, WallTime /*arrival*/) const override {
    if (auto ok = check_text(line); !ok) return std::unexpected(ok.error());
    for (const Form& form : forms_) {
      std::vector<re2::StringPiece> parts(form.groups.size() + 1);
      const auto count = static_cast<int>(parts.size());
      const re2::StringPiece text(line.data(), line.size());
      if (form.pattern->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, parts.data(), count)) return fields(form, parts);
    }
    return std::nullopt;
  }

 private:
  Decoding fields(const Form& form, const std::vector<re2::StringPiece>& parts) const {
    Decoded decoded{Json::object(), std::nullopt, config_.log_sources, {}, {}};
    if (!config_.time_group.empty()) decoded.no_time = NoTime{config_.time_group, NoTime::Fault::missing};
    for (std::size_t i = 0; i < form.groups.size(); ++i) {
      const Group& group = form.groups[i];
      const re2::StringPiece part = parts[i + 1];
      if (group.name.empty() || part.data() == nullptr) continue;  // an optional group that took no part
      const std::string_view text(part.data(), part.size());
      auto value = typed(text, group);
      if (!value) return std::unexpected(value.error());
      decoded.data[group.name] = std::move(*value);
      if (!group.trusted) decoded.outsider.push_back({group.name, group.type});
      if (group.name != config_.time_group) continue;
      decoded.take_time(group.name, text);
    }
    return decoded;
  }

  static Result<Json> typed(std::string_view text, const Group& group) {
    switch (group.type) {
      case FieldType::text: return Json(std::string(text));
      case FieldType::integer: {
        std::int64_t number = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && stop == text.data() + text.size()) return Json(number);
        return fail(Errc::invalid, "field \"" + group.name + "\" is no whole number of 64 bits");
      }
      case FieldType::address:
        if (auto address = plain_address(text)) return Json(std::move(*address));
        return fail(Errc::invalid, "field \"" + group.name + "\" is no address");
    }
    std::abort();
  }

  TextLines config_;
  std::vector<Form> forms_;
};

std::unique_ptr<RE2> expression(const std::string& pattern) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(pattern_memory_max);
  return std::make_unique<RE2>(pattern, options);
}

PatternMistakes mistakes_of(const TextPattern& config, const RE2& expression) {
  PatternMistakes all;
  std::set<std::string> names;
  std::set<std::string> twice;
  if (!expression.ok()) all.pattern.push_back(expression.error());
  for (const auto& [number, name] : expression.CapturingGroupNames()) {
    if (!names.insert(name).second) twice.insert(name);
  }
  for (const std::string& name : twice) {
    all.pattern.push_back(
        fmt::format("has two groups named \"{}\", of which one would be lost: name them differently, or make one "
                    "pattern of each",
                    name));
  }
  if (expression.ok() && names.empty()) {
    all.pattern.emplace_back("has no named group (?P<name>…), so it gives no field");
  }
  all.groups.assign(names.begin(), names.end());
  const auto lacks = [&](const std::string& name) {
    return expression.ok() ? !names.contains(name) : !config.pattern.contains("<" + name + ">");
  };
  for (const auto& [name, type] : config.types) {
    if (lacks(name)) all.types.push_back(name);
  }
  std::ranges::copy_if(config.trusted, std::back_inserter(all.trusted), lacks);
  return all;
}

Result<TextDecoder::Form> compile(const TextPattern& config) {
  const auto bad = [&](const std::string& why) {
    return fail(Errc::invalid, fmt::format("pattern \"{}\": {}", config.pattern, why));
  };
  TextDecoder::Form form{expression(config.pattern), {}};
  const PatternMistakes mistakes = mistakes_of(config, *form.pattern);
  if (!mistakes.pattern.empty()) return bad(mistakes.pattern.front());
  if (!mistakes.types.empty())
    return bad("has no group named \"" + mistakes.types.front() + "\", which is given a type");
  if (!mistakes.trusted.empty()) {
    return bad("has no group named \"" + mistakes.trusted.front() + "\", which is said to be trusted");
  }
  const auto& names = form.pattern->NamedCapturingGroups();
  form.groups.resize(static_cast<std::size_t>(form.pattern->NumberOfCapturingGroups()));
  for (const auto& [name, number] : names) {
    const auto type = config.types.find(name);
    form.groups.at(static_cast<std::size_t>(number) - 1) = {
        name, type == config.types.end() ? FieldType::text : type->second, contains(config.trusted, name)};
  }
  return form;
}

}  // namespace

PatternMistakes mistakes_of(const TextPattern& pattern) { return mistakes_of(pattern, *expression(pattern.pattern)); }

std::vector<std::string> fields_of(const TextLines& lines) {
  std::set<std::string> names;
  for (const TextPattern& pattern : lines.patterns) {
    for (const std::string& group : mistakes_of(pattern).groups) names.insert(group);
  }
  return {names.begin(), names.end()};
}

Result<Done> check_text(std::string_view line) {
  if (const auto nul = line.find('\0'); nul != std::string_view::npos) {
    return fail(Errc::invalid, fmt::format("a line with a NUL byte at byte {}", nul + 1));
  }
  if (!is_utf8(line)) return fail(Errc::invalid, "a line that is not UTF-8");
  return Done{};
}

void Decoded::take_time(const std::string& field, std::string_view text) {
  time = offset_time(text);
  no_time.reset();
  if (time) return;
  // With another year it would be one.
  const bool beyond = text.size() > 4 && offset_time("2000" + std::string(text.substr(4)));
  const bool year = std::ranges::all_of(text.substr(0, 4), [](char c) { return c >= '0' && c <= '9'; });
  no_time = NoTime{field, beyond && year ? NoTime::Fault::out_of_range : NoTime::Fault::malformed};
}

Event event_of(Decoded content, std::string source, std::uint64_t offset, WallTime arrival) {
  return {std::move(source),
          offset,
          content.time.value_or(arrival),
          std::move(content.log_sources),
          std::move(content.data),
          std::move(content.outsider),
          std::move(content.no_time)};
}

std::unique_ptr<LineDecoder> json_decoder(JsonLines config) { return std::make_unique<JsonDecoder>(std::move(config)); }

Result<std::unique_ptr<LineDecoder>> text_decoder(TextLines config) {
  if (config.patterns.empty()) return fail(Errc::invalid, "patterns: there is none");
  if (config.patterns.size() > text_patterns_max) {
    return fail(Errc::invalid,
                fmt::format("patterns: there are {}, the limit is {}", config.patterns.size(), text_patterns_max));
  }
  std::vector<TextDecoder::Form> forms;
  for (const TextPattern& pattern : config.patterns) {
    auto form = compile(pattern);
    if (!form) return std::unexpected(form.error());
    forms.push_back(std::move(*form));
  }
  return std::make_unique<TextDecoder>(std::move(config), std::move(forms));
}

std::optional<WallTime> offset_time(std::string_view text) {
  constexpr std::size_t offset_size = 6;
  if (!text.ends_with('Z')) {
    if (text.size() < offset_size) return std::nullopt;
    const std::string_view offset = text.substr(text.size() - offset_size);
    const auto digits = [&](std::size_t at) {
      int value = -1;
      const auto [stop, error] = std::from_chars(offset.data() + at, offset.data() + at + 2, value);
      return error == std::errc{} && stop == offset.data() + at + 2 ? value : -1;
    };
    const int hours = digits(1);
    const int minutes = digits(4);
    const bool ahead = offset.front() == '+';
    if ((!ahead && offset.front() != '-') || offset[3] != ':' || hours < 0 || hours > 23 || minutes < 0 ||
        minutes > 59) {
      return std::nullopt;
    }
    const auto utc = parse_rfc3339(std::string(text.substr(0, text.size() - offset_size)) + "Z");
    constexpr std::chrono::hours room{24};
    if (!utc || *utc < WallTime::min() + room || *utc > WallTime::max() - room) return std::nullopt;
    const Nanos span = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    return ahead ? *utc - span : *utc + span;
  }
  const auto utc = parse_rfc3339(text);
  return utc ? std::optional(*utc) : std::nullopt;
}

}  // namespace aright::source
