#include "detect/fill.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model/content.h"
#include "model/expressed.h"

namespace aright::detect {

namespace {

constexpr std::string_view content_field{"content"};

/// Lines that have breaks or NUL in them come to other lines, or to none: what the file then has is what counts.
Result<Json> content_of(const Json& value) {
  if (value.is_string()) return content_json(value.get_ref<const std::string&>());
  const auto bytes = value.is_array() ? content_bytes(value) : fail(Errc::invalid, "");
  if (bytes) return content_json(*bytes);
  const std::string what = value.is_array() && value.empty() ? "a list of no lines (an empty file is \"\")"
                           : value.is_array()                ? "a list with something that is no text in it"
                                                             : value.type_name();
  return fail(Errc::invalid, fmt::format("its value is {}, not a text or a list of lines", what));
}

/// Who has a file is compared by name, and looking names up is no part of an expression. A number that nobody has is
/// read as it is.
Result<Json> name_of(const std::string& field, const Json& value, const Json& state) {
  const std::string& text = value.get_ref<const std::string&>();
  const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!number || state.value(field, Json()) == value) return value;
  return fail(Errc::invalid, fmt::format("its value is \"{}\": write the name; a number is looked up only where it "
                                         "stands in the file as such, without `${{ }}`",
                                         text));
}

/// The value in the field's normal form: text, or the lines of a content.
Result<Json> normal(const std::string& field, const cel::Value& value, const Json& state) {
  if (value.is(cel::Kind::bytes))
    return fail(Errc::invalid, "its value is bytes, not a text: `string(…)` makes it one");
  auto json = cel::to_json(value);
  if (!json) return json;
  if (field == content_field) return content_of(*json);
  if (!json->is_string()) {
    return fail(Errc::invalid, fmt::format("its value is {}, not a text", json->type_name()));
  }
  return field == "owner" || field == "group" ? name_of(field, *json, state) : json;
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
  bindings.set("resource", cel::Value::share(expressed(state)));
  for (const auto& [name, value] : context.items()) bindings.view(name, value);
  for (const auto& [field, text] : texts_) {
    auto value = cel::evaluate(text, bindings);
    auto json = value ? normal(field, *value, state) : Result<Json>(std::unexpected(value.error()));
    if (!json) {
      return std::unexpected(Error{json.error().code, Retry::no, fmt::format("`{}`: {}", field, json.error().message)});
    }
    desired[field] = std::move(*json);
  }
  return desired;
}

}  // namespace aright::detect
