#include "detect/fill.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model/content.h"

namespace aright::detect {

namespace {

constexpr std::string_view content_field{"content"};

/// The value in the field's normal form: text, or the lines of a content.
Result<Json> normal(const std::string& field, const cel::Value& value) {
  auto json = cel::to_json(value);
  if (!json) return json;
  const bool content = field == content_field;
  if (json->is_string()) return content ? content_json(json->get<std::string>()) : *json;
  if (content && content_bytes(*json)) return json;
  return fail(Errc::invalid, fmt::format("its value is {}, not {}", json->type_name(),
                                         content ? "a text or a list of lines" : "a text"));
}

}  // namespace

bool has_texts(const Json& desired) { return desired.contains(cel::filled_field); }

Json texts_in(const Json& desired) {
  const auto texts = desired.find(cel::filled_field);
  return texts == desired.end() ? Json::object() : *texts;
}

cel::Environment control_fill_environment() {
  cel::Environment environment;
  const cel::Type any{cel::Kind::dyn, {}};
  const cel::Type text{cel::Kind::text, {}};
  environment.variables = {{"resource", any}, {"subject", cel::Type::map_of(text, text), {"driver", "id"}}};
  return environment;
}

Result<Filler> Filler::make(const Json& desired, const cel::Environment& environment) {
  Filler filler;
  filler.plain_ = desired;
  const auto texts = desired.find(cel::filled_field);
  if (texts == desired.end()) return filler;
  filler.plain_.erase(cel::filled_field);
  for (const auto& [field, text] : texts->items()) {
    auto compiled = cel::compile_template(text.get<std::string>(), environment);
    if (!compiled) return fail(Errc::invalid, fmt::format("`{}`: {}", field, compiled.error().front().message));
    filler.texts_.emplace(field, std::move(*compiled));
  }
  return filler;
}

Result<Json> Filler::fill(const Json& state, const Json& context) const {
  Json desired = plain_;
  if (texts_.empty() || (!plain_.contains("exists") && !state.value("exists", true))) return desired;
  cel::Bindings bindings;
  bindings.view("resource", state);
  for (const auto& [name, value] : context.items()) bindings.view(name, value);
  for (const auto& [field, text] : texts_) {
    auto value = cel::evaluate(text, bindings);
    auto json = value ? normal(field, *value) : Result<Json>(std::unexpected(value.error()));
    if (!json) {
      return std::unexpected(Error{json.error().code, Retry::no, fmt::format("`{}`: {}", field, json.error().message)});
    }
    desired[field] = std::move(*json);
  }
  return desired;
}

}  // namespace aright::detect
