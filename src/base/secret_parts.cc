#include "base/secret_parts.h"

#include "base/secret_source.h"

namespace aright {

namespace {

/// What lies between any of `separators`.
template <class Take>
void each_between(std::string_view text, std::string_view separators, Take take) {
  while (true) {
    const auto end = text.find_first_of(separators);
    take(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

class Parts {
 public:
  std::vector<std::string_view> take(std::string_view secret) {
    if (secret.find_first_of("\r\n") != std::string_view::npos) lines(secret);
    words(secret);
    if (secret.find_first_of(" \t\r\n") == std::string_view::npos) url(secret);
    const auto first = secret.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && (secret[first] == '{' || secret[first] == '[')) texts_of_json(secret);
    return std::move(found_);
  }

 private:
  void add(std::string_view part, std::size_t least = secret_part_min) {
    if (part.size() >= least) found_.push_back(part);
  }

  void lines(std::string_view secret) {
    each_between(secret, "\r\n", [this](std::string_view line) {
      if (!line.starts_with("-----")) add(line);
    });
  }

  /// Values behind a name, as in KEY=value, `password value` or "key: value": whatever stands between blanks and signs.
  void words(std::string_view secret) {
    each_between(secret, " \t\r\n=:;,'\"", [this, secret](std::string_view word) {
      if (word.size() < secret.size() && !word.contains('/')) add(word);
      if (word.contains('/') && word.front() != '/') add(word);  // base64 may have one; a path is no secret
    });
    each_between(secret, "\r\n", [this](std::string_view line) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) return;
      const auto value = line.find_first_not_of(" \t\"'", equals + 1);
      if (value != std::string_view::npos) add(line.substr(value, line.find_last_not_of(" \t\"'") + 1 - value));
    });
  }

  void url(std::string_view secret) {
    const auto scheme = secret.find("://");
    if (scheme == std::string_view::npos) return;
    const std::string_view rest = secret.substr(scheme + 3);
    const auto host_end = rest.find_first_of("/?#");
    const std::string_view host = rest.substr(0, host_end);
    if (const auto at = host.rfind('@'); at != std::string_view::npos) {
      const auto colon = host.find(':');
      if (colon < at) add(host.substr(colon + 1, at - colon - 1), secret_bytes_min);
    }
    if (host_end == std::string_view::npos) return;
    const std::string_view behind = rest.substr(host_end);
    add(behind);
    each_between(behind, "/?#&=;", [this](std::string_view part) { add(part); });
  }

  /// As they stand there. Of one with escapes (a key in PEM form) also what lies between them: its lines.
  void texts_of_json(std::string_view secret) {
    std::size_t at = 0;
    while ((at = secret.find('"', at)) != std::string_view::npos) {
      std::size_t end = ++at;
      while (end < secret.size() && secret[end] != '"') end += secret[end] == '\\' ? 2U : 1U;
      if (end >= secret.size()) return;
      text_of_json(secret.substr(at, end - at));
      at = end + 1;
    }
  }

  void text_of_json(std::string_view text) {
    if (text.find_first_of(" \\") == std::string_view::npos && !text.contains("://")) return add(text);
    while (text.contains("\\n")) {
      const auto end = text.find("\\n");
      if (!text.starts_with("-----")) add(text.substr(0, end));
      text.remove_prefix(end + 2);
    }
    if (!text.starts_with("-----") && !text.contains(' ') && !text.contains("://")) add(text);
  }

  std::vector<std::string_view> found_;
};

}  // namespace

std::vector<std::string_view> secret_parts(std::string_view secret) { return Parts().take(secret); }

}  // namespace aright
