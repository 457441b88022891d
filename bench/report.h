// What was measured: one line a figure, always with its target and what it is compared with; printed and kept as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace aright::bench {

enum class Better : std::uint8_t { lower, higher };

struct Target {
  double value{0};
  Better better{Better::lower};
};

/// The same thing done barely, measured in the same run.
struct Yardstick {
  std::string name;
  double figure{0};  ///< in the unit of the line
};

struct Line {
  std::string name;
  double figure{0};
  std::string unit;
  std::optional<Target> target;  ///< none: told, not judged
  std::optional<Yardstick> yardstick;
  std::string note;
  [[nodiscard]] bool met() const;
};

class Report {
 public:
  explicit Report(Json machine) : machine_(std::move(machine)) {}
  /// Prints it at once, so that a long run tells how far it is.
  void add(Line line);
  void heading(const std::string& text) const;
  [[nodiscard]] bool all_met() const;
  /// Writes the JSON document. Errors as the file system's.
  [[nodiscard]] Result<Done> save(const std::string& file) const;

 private:
  Json machine_;
  std::vector<Line> lines_;
};

/// The q-quantile (0 to 1) of `samples`, which may be in any order; 0 of none.
[[nodiscard]] double quantile(std::vector<double> samples, double q);

}  // namespace aright::bench
