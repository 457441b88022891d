#include "model/step_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "model/doc.h"
#include "model/field_text.h"

namespace aright {

namespace {

constexpr std::string_view no_object = "its output is no JSON object, as its step declares";

/// Of the parser's words only that a key is there twice, and its name where the step declares it: they repeat what the
/// program wrote, which may be sensitive.
std::string why_unread(const OutputShape& shape, std::string_view said) {
  constexpr std::string_view twice = "is written twice";
  if (!said.ends_with(twice)) return std::string(no_object);
  for (const auto& [name, field] : shape) {
    if (said.ends_with(fmt::format("key \"{}\" {}", name, twice)))
      return fmt::format("its output has key `{}` twice", name);
  }
  return "its output has a key twice, none that its step declares";
}

/// nullopt: it is not of that type, or too long.
std::optional<Json> typed_value(FieldType type, const Json& written) {
  if (type == FieldType::integer) {
    return written.is_number_integer() ? std::optional(written) : std::nullopt;
  }
  if (!written.is_string() || written.get_ref<const std::string&>().size() > output_text_max) return std::nullopt;
  auto plain = plain_form(type, written.get_ref<const std::string&>());
  if (!plain) return std::nullopt;
  return Json(std::move(*plain));
}

Result<Json> declared_value(const std::string& name, const OutputField& field, const Json& written) {
  const auto wrong = [&](const std::string& what) {
    return fail(Errc::invalid, fmt::format("its output's field `{}` is {}", name, what));
  };
  if (!field.list) {
    auto value = typed_value(field.type, written);
    if (!value) return wrong(fmt::format("no {}", aright::name(field.type)));
    return std::move(*value);
  }
  if (!written.is_array()) return wrong("no list");
  if (written.size() > output_items_max) {
    return wrong(fmt::format("a list of {}, the limit is {}", written.size(), output_items_max));
  }
  Json list = Json::array();
  for (const Json& item : written) {
    auto value = typed_value(field.type, item);
    if (!value) return wrong(fmt::format("no list of values of type {}", aright::name(field.type)));
    list.push_back(std::move(*value));
  }
  return list;
}

}  // namespace

Json output_shape_json(const OutputShape& shape) {
  Json doc = Json::object();
  for (const auto& [key, field] : shape) doc[key] = {{"type", name(field.type)}, {"list", field.list}};
  return doc;
}

Result<OutputShape> output_shape_from(const Json& doc) {
  OutputShape shape;
  for (const auto& [key, item] : doc.items()) {
    DocReader in(item, "output field " + key);
    shape[key] = {in.word("type", parse_field_type), in.boolean("list")};
    if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  }
  return shape;
}

Result<Json> read_output(const OutputShape& shape, std::string_view written) {
  const auto doc = parse_json(written);
  if (!doc) return fail(Errc::invalid, why_unread(shape, doc.error().message));
  if (!doc->is_object()) return fail(Errc::invalid, std::string(no_object));
  Json read = Json::object();
  for (const auto& [name, field] : shape) {
    const auto found = doc->find(name);
    if (found == doc->end()) return fail(Errc::invalid, fmt::format("its output has no field `{}`", name));
    auto value = declared_value(name, field, *found);
    if (!value) return value;
    read[name] = std::move(*value);
  }
  return read;
}

}  // namespace aright
