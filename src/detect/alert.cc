#include "detect/alert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cel/labelled.h"

namespace aright::detect {

namespace {

Error in_control(const Control& control, std::string_view what, const cel::Mistakes& mistakes) {
  return {Errc::invalid, Retry::no, fmt::format("control {}: `{}`: {}", control.name, what, mistakes.front().message)};
}

template <class Made, class Compile>
Result<Done> compile_into(std::optional<Made>& into, const std::string& text, const Compile& compile) {
  if (text.empty()) return Done{};
  auto made = compile(text);
  if (!made) return std::unexpected(made.error());
  into = std::move(*made);
  return Done{};
}

Result<std::string> filled_text(const cel::Template& text, const cel::Bindings& bindings) {
  const auto value = evaluate(text, bindings);
  if (!value) return std::unexpected(value.error());
  return cel::to_text(*value);
}

}  // namespace

cel::Environment each_environment() {
  cel::Environment environment;
  environment.variables = {{"event", {cel::Kind::dyn, {}}}};
  return environment;
}

cel::Environment alert_environment() {
  cel::Environment environment = each_environment();
  environment.variables.push_back({"alert", {cel::Kind::dyn, {}}});
  return environment;
}

Result<AlertMapper> AlertMapper::make(const Control& control) {
  if (!control.alert) return fail(Errc::invalid, fmt::format("control {} has no `alert`", control.name));
  const AlertMapping& written = *control.alert;
  AlertMapper made;
  const auto program = [&](std::string_view what, const cel::Environment& environment) {
    return [&control, what, environment](const std::string& text) -> Result<cel::Program> {
      auto compiled = cel::compile(text, environment);
      if (!compiled) return std::unexpected(in_control(control, what, compiled.error()));
      return std::move(*compiled);
    };
  };
  const auto text = [&](std::string_view what) {
    return [&control, what](const std::string& written_text) -> Result<cel::Template> {
      auto compiled = cel::compile_template(written_text, alert_environment());
      if (!compiled) return std::unexpected(in_control(control, what, compiled.error()));
      return std::move(*compiled);
    };
  };
  for (const auto& done : {compile_into(made.each_, written.each, program("each", each_environment())),
                           compile_into(made.when_, written.when, program("when", alert_environment())),
                           compile_into(made.resolved_, written.resolved, program("resolved", alert_environment())),
                           compile_into(made.subject_, written.subject, text("subject")),
                           compile_into(made.severity_, written.severity, text("severity")),
                           compile_into(made.title_, written.title, text("title"))}) {
    if (!done) return std::unexpected(done.error());
  }
  if (!made.subject_) return fail(Errc::invalid, fmt::format("control {}: `subject` is empty", control.name));
  return made;
}

/// One event, on its way into alerts.
class AlertMapper::Reader {
 public:
  Reader(const AlertMapper& how, const Event& event)
      : how_(how), event_(event), trusted_(event.trusted()), all_trusted_(trusted_.size() == event.data.size()) {}

  Alerts read() {
    if (how_.each_) {
      list();
    } else {
      where_.clear();
      one(event_.data, trusted_);
    }
    return std::move(read_);
  }

 private:
  void failed(std::string_view what, std::string_view why) {
    if (read_.failed++ == 0) read_.trouble = fmt::format("{}`{}`: {}", where_, what, why);
  }

  [[nodiscard]] Result<cel::Value> elements(const Json& data) const {
    cel::Bindings bindings;
    bindings.view("event", data);
    return evaluate(*how_.each_, bindings);
  }

  void list() {
    const auto found = elements(event_.data);
    if (!found) return failed("each", found.error().message);
    if (!found->is(cel::Kind::list)) {
      return failed("each", fmt::format("its value is of the type {}, not a list", name(found->kind())));
    }
    const auto vouched = all_trusted_ ? found : elements(trusted_);
    const std::size_t size = found->size();
    const bool comparable = vouched && vouched->is(cel::Kind::list) && vouched->size() == size;
    for (std::size_t i = 0; i < std::min(size, alerts_max); ++i) {
      where_ = fmt::format("alert {} of {}: ", i + 1, size);
      const auto element = cel::to_json(found->item(i));
      if (!element) {
        failed("each", element.error().message);
      } else if (!element->is_object()) {
        failed("each", fmt::format("it is of the type {}, not an object", name(found->item(i).kind())));
      } else {
        const bool same = comparable && (all_trusted_ || cel::to_json(vouched->item(i)) == *element);
        one(*element, same ? *element : Json::object());
      }
    }
    if (size <= alerts_max) return;
    where_.clear();
    failed("each", fmt::format("it has {} elements, only the first {} are looked at", size, alerts_max));
    read_.failed += size - alerts_max - 1;
  }

  /// nullopt: it cannot be told, and has been counted.
  std::optional<bool> condition(const std::optional<cel::Program>& program, const char* what, bool otherwise,
                                const cel::Bindings& bindings) {
    if (!program) return otherwise;
    const auto held = cel::holds(*program, bindings);
    if (held) return *held;
    failed(what, held.error().message);
    return std::nullopt;
  }

  void one(const Json& data, const Json& vouched) {
    cel::Bindings bindings;
    bindings.view("event", event_.data);
    bindings.view("alert", data);
    const auto counts = condition(how_.when_, "when", true, bindings);
    if (!counts || !*counts) return;
    const auto over = condition(how_.resolved_, "resolved", false, bindings);
    if (!over) return;
    const auto subject = cel::fill_labelled(*how_.subject_, bindings);
    if (!subject) return failed("subject", subject.error().message);
    Alert alert{*subject, true, *over, std::nullopt, {}, std::nullopt};
    if (!all_trusted_) {
      cel::Bindings of_trust;
      of_trust.view("event", trusted_);
      of_trust.view("alert", vouched);
      alert.typed = cel::fill_labelled(*how_.subject_, of_trust) == *subject;
    }
    if (!*over) describe(alert, data, !vouched.empty() || data.empty(), bindings);
    read_.list.push_back(std::move(alert));
  }

  void describe(Alert& alert, const Json& data, bool vouched, const cel::Bindings& bindings) {
    if (how_.severity_) {
      const auto text = filled_text(*how_.severity_, bindings);
      if (text) alert.severity = parse_level(*text);
      if (!text) {
        failed("severity", text.error().message);
      } else if (!alert.severity) {
        failed("severity", fmt::format("`{}` is none of {}", clip_text(*text, 64), fmt::join(level_names(), ", ")));
      }
    }
    if (how_.title_) {
      const auto text = filled_text(*how_.title_, bindings);
      if (text) alert.title = clip_text(*text, alert_title_bytes_max);
      if (!text) failed("title", text.error().message);
    }
    if (!how_.each_) return;
    alert.event = Event{event_.source, event_.offset, event_.time, event_.log_sources, data, {}};
    if (vouched) return;
    for (const auto& [key, value] : data.items()) alert.event->outsider.push_back({key, FieldType::text});
  }

  const AlertMapper& how_;
  const Event& event_;
  const Json trusted_;
  const bool all_trusted_;
  std::string where_;
  Alerts read_;
};

Alerts AlertMapper::map(const Event& event) const { return Reader(*this, event).read(); }

}  // namespace aright::detect
