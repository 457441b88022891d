#include "cli/witness_place.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/path_text.h"
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

/// One of both, and no more.
bool check_kind(const yaml::Node& node, yaml::Fields& in) {
  const yaml::Node* file = node.find("file");
  const yaml::Node* syslog = node.find("syslog");
  if (file != nullptr && syslog != nullptr) {
    in.error(syslog->at, "a witness is a `file` or the `syslog`, not both", "make two of it");
    return false;
  }
  if (file == nullptr && syslog == nullptr && node.find("http") == nullptr) {
    in.error(node.at, "witness needs a field `file` or `syslog`", witness_example);
  }
  if (const yaml::Node* socket = node.find("socket"); socket != nullptr && syslog == nullptr) {
    in.error(socket->at, "`socket` has a meaning only beside `syslog: true`", "leave it out");
  }
  return true;
}

WitnessPlace parse_witness(const yaml::Node& node, Diagnostics& out) {
  yaml::Fields in(node, "witness", out);
  WitnessPlace made;
  const auto file = in.text("file");
  const auto syslog = in.boolean("syslog");
  const auto socket = in.text("socket");
  in.not_yet("http");
  in.finish();
  if (node.kind != yaml::Node::Kind::map || !check_kind(node, in)) return made;
  if (file) made.path = witness_path(*in.node("file"), *file, in);
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

std::vector<WitnessPlace> parse_witnesses(const yaml::Node& node, Diagnostics& out) {
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
    WitnessPlace place = parse_witness(item, out);
    if (place.path.empty()) continue;
    if (std::ranges::find(all, place) != all.end()) {
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
