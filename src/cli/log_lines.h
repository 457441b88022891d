// A file of lines, for whoever reads several at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/tail/line_cutter.h"

namespace aright::cli {

class LogLines {
 public:
  /// `path`: "-" is standard input. Longer lines than `line_max` bytes are told, not kept (source::Line::whole). Errors
  /// as open(2).
  static Result<LogLines> open(const std::string& path, std::size_t line_max);

  /// To the next line; the last one may lack its line feed. False: there is none. Errors as open(2) and read(2).
  [[nodiscard]] Result<bool> next();
  /// Holds no handle until the next `next`, where the file can be opened again: there may be thousands of files.
  void pause();

  [[nodiscard]] const source::Line& line() const { return lines_.at(at_); }
  [[nodiscard]] std::uint64_t number() const { return number_; }     ///< of the line, from 1
  [[nodiscard]] const std::string& shown() const { return shown_; }  ///< the path as it may stand in any output

 private:
  LogLines(std::string path, std::size_t line_max);
  Result<Done> open();
  [[nodiscard]] Result<bool> read_more();

  std::string path_;
  std::string shown_;
  UniqueFd fd_;
  bool again_{false};  ///< it is a regular file
  bool ended_{false};
  std::uint64_t read_{0};  ///< bytes
  source::LineCutter cutter_;
  std::vector<source::Line> lines_;
  std::size_t at_{0};
  std::uint64_t number_{0};
};

}  // namespace aright::cli
