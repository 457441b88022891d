#include "cel/labelled.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/subject_text.h"
#include "base/text.h"
#include "cel/yaml_condition.h"

namespace aright::cel {

namespace {

bool begins_with_label(std::string_view text) {
  const auto equals = text.find('=');
  return equals != std::string_view::npos && equals != 0 && equals <= label_bytes_max &&
         std::ranges::all_of(text.substr(0, equals), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

std::optional<Template> compile_labelled(const yaml::Node& node, std::string_view what, const Environment& environment,
                                         std::string_view example, std::string_view each, Diagnostics& out) {
  auto made = compile_text(node, what, environment, out);
  if (!made) return std::nullopt;
  if (!begins_with_label(node.scalar)) {
    out.push_back({Severity::error, node.at, fmt::format("{} must begin with what its value is, and `=`", what),
                   fmt::format("such as {}{}", example, made->is_plain() ? "; expressions stand in `${ … }`" : "")});
    return std::nullopt;
  }
  if (made->is_plain()) {
    out.push_back({Severity::error, node.at,
                   fmt::format("{} is the same for every {}, so that all would be one finding", what, each),
                   fmt::format("put what tells them apart into `${{ … }}`: {}", example)});
    return std::nullopt;
  }
  return made;
}

Result<std::string> fill_labelled(const Template& text, const Bindings& bindings) {
  const auto parts = evaluate_parts(text, bindings);
  if (!parts) return std::unexpected(parts.error());
  std::string filled;
  for (const Part& part : *parts) filled += part.text;
  if (!filled.contains('=')) {  // only of what was not compiled as a labelled text
    return fail(Errc::invalid, fmt::format("`{}` has no label", clip_text(filled, label_bytes_max)));
  }
  if (is_blank(behind_label(filled))) {
    return fail(Errc::invalid, fmt::format("nothing stands behind `{}`", clip_text(filled, label_bytes_max)));
  }
  if (filled.size() > labelled_bytes_max) {
    return fail(Errc::invalid, fmt::format("it has {} bytes, the limit is {}", filled.size(), labelled_bytes_max));
  }
  SubjectText shown;
  for (const Part& part : *parts) part.written ? shown.add_written(part.text) : shown.add_value(part.text);
  if (shown.text().size() > labelled_bytes_max) {  // cut, it might be the same as another
    return fail(Errc::invalid, fmt::format("it has {} bytes as it is shown, the limit is {}", shown.text().size(),
                                           labelled_bytes_max));
  }
  return shown.text();
}

std::string_view behind_label(std::string_view labelled) { return labelled.substr(labelled.find('=') + 1); }

}  // namespace aright::cel
