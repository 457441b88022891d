// What is kept of subjects and admissions has a quick reader for what we have written and one that reads all JSON: what
// the quick one takes, both take, and read the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/projection.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

std::string moment(const Moment& at) {
  return rfc3339(at.wall) + "/" + std::to_string(at.boot.count()) + "/" + at.boot_id;
}

std::string said(const engine::Projection& p) {
  std::string all = p.context() + "\n";
  for (const auto& [id, s] : p.subjects()) {
    all += id + "|" + s.control + "|" + s.subject + "|" + s.finding + (s.open ? "+" : "-") + std::to_string(s.episode);
    for (const auto& [workflow, a] : s.answers) {
      all += "\n" + workflow + " " + a.state + " " + moment(a.ended) + " " + std::to_string(a.runs) + " " +
             std::to_string(a.noted) + " " + std::to_string(a.run) + " " + a.under + " " + a.about;
    }
    all += "\n";
  }
  return all;
}

/// Of the key that the row names itself.
std::string counted(const engine::Projection& p, const std::string& doc) {
  const auto row = parse_json(doc);
  if (!row || !row->is_object() || !row->contains("key") || !row->at("key").is_string()) return {};
  std::string all;
  for (const auto& [entry, a] : p.counted_under(row->at("key").get<std::string>())) {
    all += a.subject + " " + moment(a.at) + " " + std::to_string(a.run) + (a.again ? "+" : "-");
    for (const std::string& key : a.keys) all += " " + key;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string doc{reinterpret_cast<const char*>(data), size};
  for (const char* table : {"subject", "admission", "finding", "run", "review", "waiver"}) {
    const auto as_written = engine::Projection::load(0, {}, {{table, "1", true, doc}});
    // A blank in front is all the same in JSON, and too much for the quick one.
    const auto by_tree = engine::Projection::load(0, {}, {{table, "1", true, " " + doc}});
    demand(as_written.has_value() == by_tree.has_value());
    if (!as_written) continue;
    demand(said(*as_written) == said(*by_tree) && counted(*as_written, doc) == counted(*by_tree, doc));
  }
  return 0;
}
