#include "cli/witness_place.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/path_text.h"
#include "cli/call_syntax.h"
#include "cli/own_paths.h"

namespace aright::cli {

namespace {

constexpr std::size_t witnesses_max = 16;
constexpr const char* system_log = "/dev/log";
constexpr const char* witness_example = "such as - file: /mnt/other/aright.witness, or - syslog: true";

std::string witness_path(const yaml::Node& node, const std::string& text, yaml::Fields& in) {
  auto bytes = path_bytes(text);
  if (bytes && bytes->starts_with('/') && !bytes->ends_with('/')) return std::move(*bytes);
  in.error(node.at, bytes ? fmt::format("`{}` is not the absolute path of a file", text) : bytes.error().message,
           witness_example);
  return {};
}

/// One kind, and no more.
bool check_kind(const yaml::Node& node, yaml::Fields& in) {
  const yaml::Node* first = nullptr;
  for (const char* kind : {"file", "syslog", "http"}) {
    const yaml::Node* there = node.find(kind);
    if (there != nullptr && first != nullptr) {
      in.error(there->at, "a witness is a `file`, the `syslog` or a server (`http`), not two of them",
               "make two of it");
      return false;
    }
    if (there != nullptr) first = there;
  }
  if (first == nullptr) in.error(node.at, "witness needs a field `file`, `syslog` or `http`", witness_example);
  for (const auto& [key, kind] : {std::pair("socket", "syslog"), std::pair("key", "http")}) {
    const yaml::Node* there = node.find(key);
    if (there == nullptr || node.find(kind) != nullptr) continue;
    in.error(there->at, fmt::format("`{}` has a meaning only beside `{}`", key, kind), "leave it out");
  }
  return true;
}

/// Its key is named here, since what a server answers is worth what its key is.
WitnessPlace http_witness(yaml::Fields& in, const std::string& url, const std::optional<std::string>& key,
                          const http::Destinations& destinations, Diagnostics& out) {
  WitnessPlace made;
  const yaml::Node& node = *in.node("http");
  const std::size_t before = out.size();
  call_syntax(destinations).url(url, node.at, out);
  if (out.size() == before && url.find('?') != std::string::npos) {
    in.error(node.at, "the URL of a witness ends in a path, without a query", "add-checkpoint is appended to it");
  }
  if (!key) {
    in.error(node.at, "a witness by `http` needs its public `key`",
             "key: NAME+ID+KEY, as its owner publishes it (C2SP tlog-cosignature)");
  }
  const auto parsed = audit::VerifyKey::parse(key.value_or(""), audit::KeyUse::cosignature);
  if (key && !parsed) in.error(in.node("key")->at, parsed.error().message);
  if (out.size() != before || !parsed) return made;
  made.kind = WitnessPlace::Kind::http;
  made.path = url.substr(0, url.find_last_not_of('/') + 1);
  made.key = *parsed;
  const auto parsed_url = http::parse_url(url);
  const auto by = parsed_url ? http::destination_of(destinations, *parsed_url) : std::unexpected(parsed_url.error());
  if (by) made.destinations = {**by};
  return made;
}

WitnessPlace parse_witness(const yaml::Node& node, const http::Destinations& destinations, Diagnostics& out) {
  yaml::Fields in(node, "witness", out);
  WitnessPlace made;
  const auto file = in.text("file");
  const auto syslog = in.boolean("syslog");
  const auto socket = in.text("socket");
  const auto http = in.text("http");
  const auto key = in.text("key");
  in.finish();
  if (node.kind != yaml::Node::Kind::map || !check_kind(node, in)) return made;
  if (file) made.path = witness_path(*in.node("file"), *file, in);
  if (http) return http_witness(in, *http, key, destinations, out);
  if (!syslog) return made;
  if (!*syslog) {
    in.error(in.node("syslog")->at, "`syslog: false` is no witness", "leave it out");
    return made;
  }
  made.kind = WitnessPlace::Kind::syslog;
  made.path = socket ? witness_path(*in.node("socket"), *socket, in) : system_log;
  return made;
}

}  // namespace

std::string WitnessPlace::name() const {
  if (kind == Kind::http) return path;
  return (kind == Kind::file ? "file " : "syslog ") + path;
}

std::vector<WitnessPlace> parse_witnesses(const yaml::Node& node, const http::Destinations& destinations,
                                          Diagnostics& out) {
  std::vector<WitnessPlace> all;
  if (node.kind != yaml::Node::Kind::list) {
    out.push_back(
        {Severity::error, node.at, fmt::format("`witness` must be a list, not {}", node.describe()), witness_example});
    return all;
  }
  if (node.items.size() > witnesses_max) {
    out.push_back({Severity::error, node.at, fmt::format("more than {} witnesses", witnesses_max), {}});
    return all;
  }
  for (const yaml::Node& item : node.items) {
    WitnessPlace place = parse_witness(item, destinations, out);
    if (place.path.empty()) continue;
    if (std::ranges::find(all, place.name(), &WitnessPlace::name) != all.end()) {
      out.push_back({Severity::error, item.at, fmt::format("the witness {} is listed twice", place.name()), {}});
      continue;
    }
    all.push_back(std::move(place));
  }
  return all;
}

void check_witnesses(const std::vector<WitnessPlace>& witnesses, const std::string& state, Diagnostics& out) {
  for (const WitnessPlace& witness : witnesses) {
    if (witness.kind != WitnessPlace::Kind::file) continue;
    if (!absolute(witness.path).starts_with(absolute(state) + "/")) continue;
    out.push_back(
        {Severity::error,
         {"aright.yaml", 0, 0},
         fmt::format("the witness {} lies in the state folder: whoever changes one changes both", witness.path),
         "a file on another disk, or in a folder of somebody else"});
  }
}

}  // namespace aright::cli
