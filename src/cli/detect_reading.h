// How `aright detect` is told to read lines.
#pragma once

#include <string>

#include "base/diagnostic.h"
#include "base/result.h"
#include "cli/detect.h"
#include "source/tail/decode.h"
#include "source/tail/tail_definition.h"

namespace aright::cli {

struct LineReading {
  source::LineFormat format;
  std::size_t line_max;  ///< bytes
  std::string source;    ///< whose lines they are; empty: not said
};

/// Errc::invalid says what is wrong with the options; mistakes in a source's file are told.
[[nodiscard]] Result<LineReading> reading_of(const DetectOptions& options);

/// Why events may be without a time of their own, as lines are read, and what would give them one.
[[nodiscard]] std::string why_timeless(const DetectOptions& options, const LineReading& reading);

/// Beside the findings, which have the output for themselves.
void tell_beside(const Diagnostics& diagnostics, const std::string& format);

}  // namespace aright::cli
