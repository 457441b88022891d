#include "workflow/answer_subject.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cel/labelled.h"
#include "model/field_text.h"

namespace aright::workflow {

namespace {

constexpr const char* example = "address=${ event.client }";
constexpr std::size_t shown_max = 64;

cel::Environment subject_environment() {
  cel::Environment environment;
  environment.variables = {{"event", {cel::Kind::dyn, {}}}};
  return environment;
}

}  // namespace

std::optional<AnswerSubject> parse_answer_subject(yaml::Fields& in, Diagnostics& out) {
  const yaml::Node* node = in.node("subject");
  const auto word = in.word("type", {"text", "integer", "address"}, "types");
  const yaml::Node* type = in.node("type");
  if (node == nullptr) {
    if (type != nullptr)
      in.error(type->at, "`type` is that of a `subject`, and there is none",
               fmt::format("such as subject: \"{}\"", example));
    return std::nullopt;
  }
  if (!cel::compile_labelled(*node, "`subject`", subject_environment(), example, "event", out)) return std::nullopt;
  return AnswerSubject{node->scalar, word ? parse_field_type(*word).value_or(FieldType::text) : FieldType::text};
}

Result<SubjectOfAnswer> SubjectOfAnswer::make(const AnswerSubject& written) {
  auto text = cel::compile_template(written.text, subject_environment());
  if (!text) return fail(Errc::invalid, text.error().front().message);
  return SubjectOfAnswer(std::move(*text), written.type);
}

Result<SubjectOfAnswer::Made> SubjectOfAnswer::of(const Event& event) const {
  cel::Bindings bindings;
  bindings.view("event", event.data);
  auto filled = cel::fill_labelled(text_, bindings);
  if (!filled) return std::unexpected(filled.error());
  if (type_ != FieldType::text) {
    const std::string_view value = cel::behind_label(*filled);
    const auto plain = plain_form(type_, value);
    if (!plain) {
      return fail(Errc::invalid, fmt::format("\"{}\" is no {}", clip_text(std::string(value), shown_max), name(type_)));
    }
    return Made{filled->substr(0, filled->size() - value.size()) + *plain, true};
  }
  const nlohmann::json trusted = event.trusted();
  cel::Bindings of_trust;
  of_trust.view("event", trusted);
  const bool typed = cel::fill_labelled(text_, of_trust) == *filled;
  return Made{std::move(*filled), typed};
}

}  // namespace aright::workflow
