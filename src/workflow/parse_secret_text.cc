#include "workflow/parse_secret_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/secret_source.h"

namespace aright::workflow {

bool is_secret_text(const yaml::Node& node) {
  return node.kind == yaml::Node::Kind::map && node.find("secret") != nullptr &&
         std::ranges::all_of(node.pairs, [](const yaml::Pair& p) { return p.key == "secret" || p.key == "prefix"; });
}

std::optional<SecretText> parse_secret_text(const yaml::Node& node, const std::string& what,
                                            const DefinitionContext& context, Diagnostics& out) {
  const std::size_t before = out.size();
  yaml::Fields in(node, "text with a secret", out);
  SecretText made{in.text("prefix").value_or(""), in.required_text("secret").value_or("")};
  in.finish();
  if (made.text.contains("${")) {
    in.error(in.node("prefix")->at, what + ": `prefix` of a secret is fixed: it holds no `${ … }`");
  }
  if (!has_errors(out, before)) check_secret_name(made.secret, in.node("secret")->at, context, out);
  if (has_errors(out, before)) return std::nullopt;
  return made;
}

void check_secret_name(const std::string& name, const Position& at, const DefinitionContext& context,
                       Diagnostics& out) {
  if (std::ranges::find(context.secrets, name) != context.secrets.end()) return;
  out.push_back(
      no_such_secret(name, at, context.secrets,
                     context.secrets.empty()
                         ? "say in aright.yaml where it lies: secrets: { NAME: { file: /etc/aright/secrets/NAME } }"
                         : fmt::format("known secrets: {}", fmt::join(context.secrets, ", "))));
}

}  // namespace aright::workflow
