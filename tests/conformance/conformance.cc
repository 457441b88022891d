// `./dev conformance merkle|tlog|cel|webhook|sigma PATH`: public vectors against our own code.
#include "conformance.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>

namespace {

std::string skipped(const aright::conformance::Tally& tally) {
  if (tally.skipped == 0) return {};
  return fmt::format(", {} skipped{}", tally.skipped,
                     tally.why_skipped.empty() ? std::string() : " (" + tally.why_skipped + ")");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc == 3 ? argv[1] : "";
  const std::map<std::string, void (*)(const std::filesystem::path&, aright::conformance::Tally&)> kinds{
      {"merkle", aright::conformance::merkle},
      {"tlog", aright::conformance::tlog},
      {"cel", aright::conformance::cel},
      {"webhook", aright::conformance::webhook},
      {"sigma", aright::conformance::sigma}};
  const auto check = kinds.find(kind);
  if (check == kinds.end()) {
    fmt::print(stderr, "usage: conformance merkle|tlog|cel|webhook|sigma PATH\n");
    return 2;
  }
  using namespace aright::conformance;
  Tally tally;
  try {
    if (!std::filesystem::exists(argv[2])) {
      tally.add(false, std::string(argv[2]) + ": does not exist");
    } else {
      check->second(argv[2], tally);
      if (tally.passed + tally.failed + tally.skipped == 0) {
        tally.add(false, std::string(argv[2]) + ": holds no vectors of this form");
      }
    }
  } catch (const std::exception& error) {  // a folder that cannot be listed
    tally.add(false, error.what());
  }
  fmt::print("{} passed, {} failed{}\n", tally.passed, tally.failed, skipped(tally));
  return tally.failed == 0 ? 0 : 1;
}
