#include "workflow/errand_texts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/no_value.h"
#include "model/doc.h"
#include "model/expressed.h"
#include "workflow/about.h"
#include "workflow/field_types.h"
#include "workflow/step_results.h"

namespace aright::workflow {

namespace {

cel::Environment environment_with(std::vector<std::string> steps, bool each,
                                  std::vector<std::string> of_run = {"key"}) {
  cel::Environment environment;
  const cel::Type any{cel::Kind::dyn, {}};
  environment.variables = {
      finding_variable(), control_variable(), run_variable(std::move(of_run)), {"resource", any}, {"event", any}};
  if (!steps.empty()) environment.variables.push_back({"steps", any, std::move(steps)});
  if (each) environment.variables.push_back({"each", any});
  add_field_types(environment);
  return environment;
}

/// Of what has been checked when it was loaded: whatever steps there are.
const cel::Environment& any_environment() {
  static const cel::Environment made = [] {
    cel::Environment environment = environment_with({}, true, {"key", "undoes"});
    environment.variables.push_back({"steps", {cel::Kind::dyn, {}}});
    return environment;
  }();
  return made;
}

bool expression_names(const cel::Program& expression, const std::string& noun) {
  return std::ranges::any_of(expression.variables(), [&](const std::string& variable) {
    return variable == noun || variable.starts_with(noun + ".");
  });
}

Result<std::string> single_text(const cel::Value& value, const std::string& text, const std::string& what) {
  if (value.is(cel::Kind::null) || value.is(cel::Kind::list) || value.is(cel::Kind::map)) {
    return fail(Errc::invalid, fmt::format("{}: `{}` is no single text", what, text));
  }
  auto filled = cel::to_text(value);
  if (!filled) return fail(Errc::invalid, fmt::format("{}: {}", what, filled.error().message));
  return filled;
}

/// What is fixed as it stands, each expression as `fill` has it. Errors: of `fill`.
template <class Fill>
Result<std::string> each_filled(const cel::Template& made, Fill fill) {
  std::string all;
  for (const cel::Template::Piece& piece : made.pieces()) {
    const auto* fixed = std::get_if<std::string>(&piece);
    const auto text = fixed != nullptr ? Result<std::string>(*fixed) : fill(std::get<cel::Program>(piece));
    if (!text) return text;
    all += *text;
  }
  return all;
}

Json subject_on_input(Json subject, const ResourceId& written) {
  if (!subject.contains("id")) return {{"driver", written.driver}, {"id", written.id}};
  const bool has_value = !is_no_value(subject["id"]);
  if (has_value && subject["id"] == written.id) return subject;
  if (!has_value) subject.erase("id");
  subject["written"] = written.id;
  return subject;
}

}  // namespace

cel::Environment errand_environment(std::span<const Step> earlier, bool each) {
  cel::Environment environment = environment_with(names_of(earlier), each);
  add_step_results(earlier, false, environment);
  return environment;
}

cel::Environment undo_environment(bool each) { return environment_with({}, each, {"key", "undoes"}); }

cel::Environment notice_environment(std::span<const Step> earlier) {
  cel::Environment environment = environment_with(names_of(earlier), false);
  std::erase_if(environment.variables, [](const cel::Variable& v) { return v.name == "resource"; });
  add_step_results(earlier, true, environment);
  return environment;
}

bool names(const std::string& text, const std::string& noun) {
  const auto compiled = cel::compile_template(text, any_environment());
  return compiled && std::ranges::any_of(compiled->pieces(), [&](const cel::Template::Piece& piece) {
           const auto* expression = std::get_if<cel::Program>(&piece);
           return expression != nullptr && expression_names(*expression, noun);
         });
}

bool names_steps(const std::string& expression) {
  const auto compiled = cel::compile(expression, any_environment());
  return compiled && expression_names(*compiled, "steps");
}

Result<Json> list_values(const std::string& expression, const ErrandContext& context) {
  const ErrandTexts texts(context, {});  // the value is a view of what it holds
  const auto value = texts.expression(expression);
  if (!value) return fail(Errc::invalid, value.error().message);
  auto list = cel::to_json(*value);
  if (!list) return list;
  const auto plain = [](const Json& one) { return one.is_string() || one.is_number_integer() || one.is_boolean(); };
  if (!list->is_array() || !std::ranges::all_of(*list, plain)) {
    return fail(Errc::invalid, "it is no list of texts, integers and booleans");
  }
  const auto text = canonical_json(*list);
  if (!text) return std::unexpected(text.error());
  if (text->size() > for_each_bytes_max) {
    return fail(Errc::invalid,
                fmt::format("its values have {} bytes, the limit is {}", text->size(), for_each_bytes_max));
  }
  return list;
}

Json errand_input(const ErrandContext& context) {
  Json finding = context.finding;
  finding.erase("occurrences");  // more evidence makes no other errand: an approval must not lapse by it
  const Json subject = subject_on_input(finding.value("subject", Json::object()), context.subject);
  finding["subject"] = subject;
  Json input{{"finding", finding}, {"control", context.control}, {"run", context.run}, {"subject", subject}};
  if (context.event) {
    input["event"] = {{"source", context.event->source},
                      {"offset", offset_json(context.event->offset)},
                      {"time", rfc3339(context.event->time)},
                      {"data", context.event->data}};
  }
  if (!context.steps.is_null()) input["steps"] = context.steps;
  if (!context.each.is_null()) input["each"] = context.each;
  return input;
}

ErrandTexts::ErrandTexts(const ErrandContext& context, std::string all_of_it)
    : context_(context),
      all_of_it_(std::move(all_of_it)),
      event_(context.event ? context.event->trusted() : Json()),
      finding_(context.finding),
      finding_written_(context.finding) {
  withhold_outsiders(finding_, context.subject_typed);
  if (finding_written_.contains("subject")) finding_written_["subject"]["id"] = context.subject.id;
  bindings_.view("finding", finding_);
  with_outsiders_.view("finding", context.finding);
  for_people_.view("finding", finding_written_);
  for (cel::Bindings* all : {&bindings_, &with_outsiders_, &for_people_}) {
    const bool trusted = all == &bindings_;
    all->view("control", context.control);
    all->view("run", context.run);
    if (context.resource) all->set("resource", cel::Value::share(expressed(context.resource->fields)));
    if (!context.each.is_null()) all->view("each", context.each);
    if (!context.steps.is_null()) all->view("steps", trusted ? context.trusted_steps : context.steps);
    if (context.event) all->view("event", trusted ? event_ : context.event->data);
  }
}

Result<cel::Template> ErrandTexts::compiled(const std::string& text, const std::string& what) const {
  auto made = cel::compile_template(text, any_environment());
  if (!made) return fail(Errc::invalid, fmt::format("{}: {}", what, made.error().front().message));
  return std::move(*made);
}

Result<cel::Value> ErrandTexts::expression(const std::string& expression) const& {
  const auto compiled = cel::compile(expression, any_environment());
  if (!compiled) return fail(Errc::invalid, compiled.error().front().message);
  return evaluate(*compiled, bindings_);
}

Result<ErrandTexts::Filled> ErrandTexts::value(const std::string& text, const std::string& what) const& {
  auto made = compiled(text, what);
  if (!made) return std::unexpected(made.error());
  auto value = evaluate(*made, bindings_);
  if (!value) return std::unexpected(refusal(text, what, *made, value.error()));
  return Filled{std::move(*made), std::move(*value)};
}

Result<std::string> ErrandTexts::text(const std::string& text, const std::string& what) const {
  const auto filled = value(text, what);
  if (!filled) return std::unexpected(filled.error());
  return single_text(filled->value, text, what);
}

Result<std::string> ErrandTexts::encoded(const std::string& text, const std::string& what,
                                         std::string (*encode)(std::string_view)) const {
  const auto made = compiled(text, what);
  if (!made) return std::unexpected(made.error());
  return each_filled(*made, [&](const cel::Program& expression) -> Result<std::string> {
    const auto value = evaluate(expression, bindings_);
    if (!value) return std::unexpected(refusal(text, what, *made, value.error()));
    const auto filled = single_text(*value, "${ " + expression.text() + " }", what);
    return filled ? Result<std::string>(encode(*filled)) : filled;
  });
}

std::string ErrandTexts::for_people(const std::string& text) const {
  const auto made = compiled(text, "text");
  if (!made) return fmt::format("{} ({})", text, made.error().message);
  return *each_filled(*made, [&](const cel::Program& expression) -> Result<std::string> {
    const auto value = evaluate(expression, for_people_);
    const auto filled = value ? cel::to_text(*value) : Result<std::string>(std::unexpected(value.error()));
    return filled ? *filled : fmt::format("‹{} has no value›", fmt::join(expression.variables(), ", "));
  });
}

/// Whether it is there and only must not be named is another thing to mend than a name that is nowhere.
Error ErrandTexts::refusal(const std::string& text, const std::string& what, const cel::Template& compiled,
                           const Error& error) const {
  if (!evaluate(compiled, with_outsiders_)) return {Errc::invalid, Retry::no, what + ": " + error.message};
  if (text.contains("steps.")) {
    return {
        Errc::denied, Retry::no,
        fmt::format(
            "{}: what `{}` names a program or server wrote as text, which may be an outsider's; declare it integer or "
            "address, or {}",
            what, text, all_of_it_)};
  }
  const std::string source = context_.event ? context_.event->source : std::string();
  const bool posted = !source.empty() && !source.contains(':');  // a log's has the file behind it
  return {Errc::denied, Retry::no,
          fmt::format("{}: {} was written by an outsider; name it in `trusted:` of {}{}, or {}", what,
                      outsider_in(text), source.empty() ? "its source" : "source " + source.substr(0, source.find(':')),
                      posted ? " (that helps where it stands in the body; what comes from a header is not signed)" : "",
                      all_of_it_)};
}

/// What an outsider wrote of what `text` names.
std::string ErrandTexts::outsider_in(const std::string& text) const {
  const std::string subject = text.contains("finding.subject") ? context_.subject.text() : std::string();
  std::string names;
  for (const OutsiderField& field : context_.event ? context_.event->outsider : std::vector<OutsiderField>()) {
    const bool named = text.contains("event." + field.name) || text.contains('"' + field.name + '"') ||
                       text.contains('\'' + field.name + '\'') || subject.contains(field.name);
    if (field.type != FieldType::text || !named) continue;
    names += (names.empty() ? "`" : ", `") + field.name + "`";
  }
  return names.empty() ? fmt::format("what `{}` names", text) : names;
}

}  // namespace aright::workflow
