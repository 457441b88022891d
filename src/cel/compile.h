// Compiling one expression that may stand inside other text.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "cel/code.h"
#include "cel/parser.h"
#include "cel/program.h"

namespace aright::cel {

struct Found {
  std::shared_ptr<const Compiled> compiled;  ///< nullptr: see mistakes
  std::size_t end{0};                        ///< as Parsed::end
  Mistakes mistakes;
};

/// Why `text` is not looked at at all, if so: too long, not UTF-8.
[[nodiscard]] std::optional<Mistake> unfit_text(std::string_view text, const Limits& limits);

/// An error is a mistake in syntax, behind which nothing can be read; other mistakes come with where it ends.
[[nodiscard]] std::expected<Found, Mistakes> compile_part(std::string_view text, std::size_t begin, Ends ends,
                                                          const Environment& environment, const Limits& limits);

}  // namespace aright::cel
