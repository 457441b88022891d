#include "cel/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "cel/compile.h"

namespace aright::cel {

bool Template::is_plain() const {
  return std::ranges::none_of(pieces_, [](const Piece& piece) { return std::holds_alternative<Program>(piece); });
}

Type Template::type() const {
  if (pieces_.size() == 1 && !is_plain()) return std::get<Program>(pieces_[0]).type();
  return {Kind::text, {}};
}

std::expected<Template, Mistakes> compile_template(std::string_view text, const Environment& environment,
                                                   const Limits& limits) {
  if (auto unfit = unfit_text(text, limits)) return std::unexpected(Mistakes{std::move(*unfit)});
  std::vector<Template::Piece> pieces;
  Mistakes mistakes;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) pieces.emplace_back(std::exchange(plain, {}));
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("$${")) {
      plain += "${";
      at += 3;
    } else if (text.substr(at).starts_with("${")) {
      end_plain();
      auto found = compile_part(text, at + 2, Ends::with_a_brace, environment, limits);
      if (!found) {
        mistakes.insert(mistakes.end(), found.error().begin(), found.error().end());
        break;
      }
      mistakes.insert(mistakes.end(), found->mistakes.begin(), found->mistakes.end());
      if (found->compiled != nullptr) pieces.emplace_back(Program(std::move(found->compiled)));
      at = found->end;
    } else {
      plain += text[at++];
    }
  }
  end_plain();
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return Template(std::move(pieces));
}

Result<std::vector<Part>> evaluate_parts(const Template& text, const Bindings& bindings) {
  std::vector<Part> parts;
  std::size_t size = 0;
  for (const Template::Piece& piece : text.pieces()) {
    if (const auto* plain = std::get_if<std::string>(&piece)) {
      parts.push_back({*plain, true});
    } else {
      const auto value = evaluate(std::get<Program>(piece), bindings);
      if (!value) return std::unexpected(value.error());
      auto part = to_text(*value);
      if (!part) return std::unexpected(part.error());
      parts.push_back({std::move(*part), false});
    }
    size += parts.back().text.size();
    if (size > template_bytes_max) {
      return fail(Errc::denied, fmt::format("the text grows beyond {} bytes", template_bytes_max));
    }
  }
  return parts;
}

Result<Value> evaluate(const Template& text, const Bindings& bindings) {
  const auto& pieces = text.pieces();
  if (pieces.size() == 1 && !text.is_plain()) return evaluate(std::get<Program>(pieces[0]), bindings);
  const auto parts = evaluate_parts(text, bindings);
  if (!parts) return std::unexpected(parts.error());
  std::string out;
  for (const Part& part : *parts) out += part.text;
  return Value::text(std::move(out));
}

}  // namespace aright::cel
