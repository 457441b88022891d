#include "base/key_line.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace aright::key_text {

namespace {

constexpr std::string_view blanks = " \t\r";       ///< "\r": the end of a line may be "\r\n"
constexpr std::string_view line_ends = " \t\r\f";  ///< what a value never ends with

/// Keys of sshd that are further names of others.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> sshd_aliases{{
    {"challengeresponseauthentication", "kbdinteractiveauthentication"},
    {"skeyauthentication", "kbdinteractiveauthentication"},
    {"dsaauthentication", "pubkeyauthentication"},
    {"pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"},
    {"hostbasedacceptedkeytypes", "hostbasedacceptedalgorithms"},
    {"hostdsakey", "hostkey"},
    {"gssapicleanupcreds", "gssapicleanupcredentials"},
    {"keepalive", "tcpkeepalive"},
}};

/// Keys of sshd whose lines add up.
constexpr auto sshd_added = std::to_array<std::string_view>({"acceptenv", "allowgroups", "allowusers", "denygroups",
                                                             "denyusers", "hostcertificate", "hostkey", "listenaddress",
                                                             "port", "pubkeyauthoptions", "subsystem"});
/// Keys of sshd whose last line counts in OpenSSH 9.2, against its manual; it need not stay so.
constexpr auto sshd_last =
    std::to_array<std::string_view>({"fingerprinthash", "ipqos", "maxstartups", "persourcemaxstartups",
                                     "persourcenetblocksize", "streamlocalbindmask"});

/// Keys of sshd whose value is one of a few words, which OpenSSH 9.2 compares without case (servconf.c, log.c,
/// digest-openssl.c). Not those that it compares with it (`PermitTunnel`, `PermitUserEnvironment`), nor lists.
constexpr auto sshd_choices = std::to_array<std::string_view>({"addressfamily",
                                                               "allowagentforwarding",
                                                               "allowstreamlocalforwarding",
                                                               "allowtcpforwarding",
                                                               "compression",
                                                               "disableforwarding",
                                                               "exposeauthinfo",
                                                               "fingerprinthash",
                                                               "gatewayports",
                                                               "gssapiauthentication",
                                                               "gssapicleanupcredentials",
                                                               "gssapikeyexchange",
                                                               "gssapistorecredentialsonrekey",
                                                               "gssapistrictacceptorcheck",
                                                               "hostbasedauthentication",
                                                               "hostbasedusesnamefrompacketonly",
                                                               "ignorerhosts",
                                                               "ignoreuserknownhosts",
                                                               "kbdinteractiveauthentication",
                                                               "kerberosauthentication",
                                                               "kerberosgetafstoken",
                                                               "kerberosorlocalpasswd",
                                                               "kerberosticketcleanup",
                                                               "loglevel",
                                                               "passwordauthentication",
                                                               "permitemptypasswords",
                                                               "permitrootlogin",
                                                               "permittty",
                                                               "permituserrc",
                                                               "printlastlog",
                                                               "printmotd",
                                                               "pubkeyauthentication",
                                                               "streamlocalbindunlink",
                                                               "strictmodes",
                                                               "syslogfacility",
                                                               "tcpkeepalive",
                                                               "usedns",
                                                               "usepam",
                                                               "x11forwarding",
                                                               "x11uselocalhost"});

std::size_t skip(std::string_view line, std::size_t at, std::string_view what) {
  const std::size_t found = line.find_first_not_of(what, at);
  return found == std::string_view::npos ? line.size() : found;
}

/// Behind the last byte that is none of `what`.
std::size_t end_without(std::string_view line, std::string_view what) {
  const std::size_t found = line.find_last_not_of(what);
  return found == std::string_view::npos ? 0 : found + 1;
}

struct Words {
  std::vector<std::string> list;
  std::size_t end{0};  ///< behind the last word
};

bool is_escape(std::string_view text, std::size_t at, char quote) {
  if (text[at] != '\\' || at + 1 == text.size()) return false;
  const char next = text[at + 1];
  return next == '\'' || next == '"' || next == '\\' || (quote == '\0' && next == ' ');
}

/// The arguments of sshd: quotes of both kinds, "\" before a quote, "#" at the begin of a word ends them. A quote that
/// is never closed makes the whole text one word (sshd refuses such a line).
Words sshd_words(std::string_view text) {
  Words words;
  std::size_t at = skip(text, 0, " \t");
  while (at < text.size() && text[at] != '#') {
    std::string word;
    char quote = '\0';
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (is_escape(text, at, quote)) {
        word += text[++at];
      } else if (quote == '\0' && (c == ' ' || c == '\t')) {
        break;
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != '\0' && c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    }
    if (quote != '\0') return {{std::string(text)}, text.size()};
    words.list.push_back(std::move(word));
    words.end = at;
    at = skip(text, at, " \t");
  }
  return words;
}

/// A keyword as sshd takes it from a line: up to a blank, a quote or "="; behind a quote up to the next one. Moves `at`
/// behind the separator. nullopt: a quote is never closed.
std::optional<std::string> sshd_keyword(std::string_view line, std::size_t& at, std::size_t& key_end) {
  std::size_t stop = std::min(line.find_first_of(" \t\r\"=", at), line.size());
  std::string word(line.substr(at, stop - at));
  if (stop < line.size() && line[stop] == '"') {
    const std::size_t close = line.find('"', stop + 1);
    if (close == std::string_view::npos) return std::nullopt;
    word += line.substr(stop + 1, close - stop - 1);
    key_end = close + 1;
    at = skip(line, close + 1, blanks);
    return word;
  }
  key_end = stop;
  const bool equals = stop < line.size() && line[stop] == '=';
  at = skip(line, equals ? stop + 1 : stop, blanks);
  if (!equals && at < line.size() && line[at] == '=') at = skip(line, at + 1, blanks);
  return word;
}

std::optional<LineParts> read_sshd(std::string_view line) {
  line = line.substr(0, end_without(line, line_ends));
  LineParts parts;
  std::size_t at = 0;
  auto key = sshd_keyword(line, at, parts.key_end);
  if (key && key->empty()) key = sshd_keyword(line, at, parts.key_end);
  if (!key || key->empty() || key->front() == '#') return std::nullopt;
  parts.key = std::move(*key);
  parts.value_at = at;
  parts.value_size = sshd_words(line.substr(at)).end;
  return parts;
}

std::optional<LineParts> read_first_word(std::string_view line) {
  const std::size_t begin = skip(line, 0, blanks);
  const std::size_t end = end_without(line, line_ends);
  if (begin >= end || line[begin] == '#') return std::nullopt;
  LineParts parts;
  parts.key_end = std::min(line.find_first_of(blanks, begin), end);
  parts.key = line.substr(begin, parts.key_end - begin);
  parts.value_at = std::min(skip(line, parts.key_end, blanks), end);
  parts.value_size = end - parts.value_at;
  return parts;
}

std::optional<LineParts> read_equals(std::string_view line, bool minus) {
  std::size_t begin = skip(line, 0, blanks);
  const std::size_t equals = line.find('=');
  if (begin == line.size() || line[begin] == '#' || line[begin] == ';' || equals == std::string_view::npos) {
    return std::nullopt;
  }
  if (minus && line[begin] == '-') begin = skip(line, begin + 1, blanks);
  LineParts parts;
  parts.key_end = end_without(line.substr(0, equals), blanks);
  if (parts.key_end <= begin) return std::nullopt;
  parts.key = line.substr(begin, parts.key_end - begin);
  const std::size_t end = std::max(end_without(line, line_ends), equals + 1);
  parts.value_at = std::min(skip(line, equals + 1, blanks), end);
  parts.value_size = end - parts.value_at;
  return parts;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string sysctl_path(std::string_view key) {
  std::string path(key);
  const std::size_t first = path.find_first_of("./");
  if (first == std::string::npos || path[first] == '/') return path;
  for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return path;
}

}  // namespace

std::optional<LineParts> read_line(std::string_view line, Syntax syntax) {
  switch (syntax) {
    case Syntax::key_value: return read_first_word(line);
    case Syntax::key_equals: return read_equals(line, false);
    case Syntax::sshd: return read_sshd(line);
    case Syntax::sysctl: return read_equals(line, true);
  }
  std::abort();
}

bool begins_section(std::string_view line, Syntax syntax) {
  if (syntax == Syntax::key_equals) {
    const std::size_t begin = skip(line, 0, blanks);
    return begin < line.size() && line[begin] == '[';
  }
  if (syntax != Syntax::sshd) return false;
  const auto parts = read_sshd(line);
  return parts && lower(parts->key) == "match";
}

std::vector<std::string> value_words(std::string_view value, Syntax syntax) {
  if (syntax == Syntax::sshd) return sshd_words(value).list;
  if (syntax != Syntax::sysctl) return {std::string(value)};
  std::vector<std::string> words;
  for (std::size_t at = skip(value, 0, blanks); at < value.size(); at = skip(value, at, blanks)) {
    const std::size_t end = std::min(value.find_first_of(blanks, at), value.size());
    words.emplace_back(value.substr(at, end - at));
    at = end;
  }
  return words;
}

bool same_value(std::string_view one, std::string_view other, std::string_view key, Syntax syntax) {
  if (value_words(one, syntax) == value_words(other, syntax)) return true;
  const bool choice = syntax == Syntax::sshd && std::ranges::find(sshd_choices, key) != sshd_choices.end();
  return choice && value_words(lower(one), syntax) == value_words(lower(other), syntax);
}

std::string same_key(std::string_view key, Syntax syntax, bool ignore_case) {
  if (syntax == Syntax::sysctl) return sysctl_path(key);
  if (syntax != Syntax::sshd) return ignore_case ? lower(key) : std::string(key);
  std::string small = lower(key);
  const auto alias = std::ranges::find(sshd_aliases, small, &std::pair<std::string_view, std::string_view>::first);
  return alias == sshd_aliases.end() ? small : std::string(alias->second);
}

bool every_line_counts(std::string_view key, Syntax syntax) {
  const auto has = [&](const auto& list) { return std::ranges::find(list, key) != list.end(); };
  return syntax == Syntax::sshd && (has(sshd_added) || has(sshd_last));
}

}  // namespace aright::key_text
