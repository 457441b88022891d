// `./dev conformance merkle|tlog|sigma PATH`: public vectors against our own code.
#include "conformance.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

int main(int argc, char** argv) {
  const std::string kind = argc == 3 ? argv[1] : "";
  if (kind != "merkle" && kind != "tlog" && kind != "sigma") {
    fmt::print(stderr, "usage: conformance merkle|tlog|sigma PATH\n");
    return 2;
  }
  using namespace aright::conformance;
  Tally tally;
  try {
    if (!std::filesystem::exists(argv[2])) {
      tally.add(false, std::string(argv[2]) + ": does not exist");
    } else {
      const auto check = kind == "merkle" ? merkle : kind == "tlog" ? tlog : sigma;
      check(argv[2], tally);
      if (tally.passed + tally.failed + tally.skipped == 0) {
        tally.add(false, std::string(argv[2]) + ": holds no vectors of this form");
      }
    }
  } catch (const std::exception& error) {  // a folder that cannot be listed
    tally.add(false, error.what());
  }
  fmt::print("{} passed, {} failed{}\n", tally.passed, tally.failed,
             tally.skipped == 0 ? std::string() : fmt::format(", {} skipped", tally.skipped));
  return tally.failed == 0 ? 0 : 1;
}
