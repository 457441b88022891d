#include "cli/secret_places.h"

namespace aright::cli {

void report_secret(const SecretSource& source, const Result<Done>& seen, const Position& at, const std::string& to_do,
                   Diagnostics& out) {
  if (seen) return;
  const Errc why = seen.error().code;
  const bool file = source.kind == SecretSource::Kind::file;
  const bool theirs = why == Errc::denied || (why == Errc::not_found && !file);
  std::string hint;
  if (why == Errc::denied) hint = "whether it is a key can only be told by a user who may read it";
  if (why == Errc::not_found) {
    hint = file ? to_do + ", and give it mode 0600" : "the daemon may have it: it is read when it is used";
  }
  out.push_back({theirs ? Severity::warning : Severity::error, at, seen.error().message, hint});
}

SecretSources take_secrets(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  SecretSources all = parse_secrets(node, out);
  if (has_errors(out, before)) return all;
  for (const yaml::Pair& pair : node.pairs) {
    const SecretSource& source = all.at(pair.key);
    const auto secret = read_secret(source);
    report_secret(source, secret ? Result<Done>(Done{}) : std::unexpected(secret.error()), pair.value.at,
                  "write the secret into it", out);
  }
  return all;
}

}  // namespace aright::cli
