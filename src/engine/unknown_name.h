// A name that nothing has.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/result.h"
#include "engine/record.h"

namespace aright::engine {

/// Errc::not_found: "no workflow `x`; did you mean `y`? known workflows: …".
[[nodiscard]] inline std::unexpected<Error> no_such(const std::string& kind, const std::string& name,
                                                    const std::vector<std::string>& known) {
  return fail(Errc::not_found, fmt::format("no {} `{}`; {}", kind, line(name), suggest(name, known, kind + "s")));
}

/// The same; `all`: whatever has a `name`.
template <class Named>
[[nodiscard]] std::unexpected<Error> no_such(const std::string& kind, const std::string& name,
                                             const std::vector<Named>& all) {
  std::vector<std::string> known;
  known.reserve(all.size());
  for (const Named& one : all) known.push_back(one.name);
  return no_such(kind, name, known);
}

}  // namespace aright::engine
