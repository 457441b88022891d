// What the tests of TailSource share: a folder with a log, what is done to it and what came of it.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "source/tail/tail_source.h"

namespace aright::source {

inline const WallTime arrival = *parse_rfc3339("2026-11-25T04:30:00Z");

/// Each line an event whose data is its text; "bad" is malformed, "other" not meant for it.
class PlainDecoder final : public LineDecoder {
 public:
  Decoding decode(std::string_view line, WallTime /*arrival*/) const override {
    if (line == "bad") return fail(Errc::invalid, "a bad line");
    if (line == "other") return std::nullopt;
    return Decoded{Json{{"line", std::string(line)}}, std::nullopt, {}, {}};
  }
};
inline const PlainDecoder plain_lines;

/// A folder, what is written there, and what came of it so far.
class Scene {
 public:
  Scene() {
    std::string form = std::filesystem::canonical(std::filesystem::temp_directory_path()) / "aright-tail-XXXXXX";
    folder = mkdtemp(form.data());
    options.name = "s";
    options.files = {at("log")};
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { std::filesystem::remove_all(folder); }

  [[nodiscard]] std::string at(const std::string& name) const { return folder + "/" + name; }
  void append(const std::string& text, const std::string& name = "log") const {
    std::ofstream(at(name), std::ios::app | std::ios::binary) << text;
  }
  /// "log.1" becomes "log.2" and so on.
  void make_room() const {
    int last_number = 0;
    while (std::filesystem::exists(at("log." + std::to_string(last_number + 1)))) ++last_number;
    for (int n = last_number; n > 0; --n) {
      std::filesystem::rename(at("log." + std::to_string(n)), at("log." + std::to_string(n + 1)));
    }
  }
  /// As logrotate does with numbers, and none is removed.
  void rotate() const {
    make_room();
    std::filesystem::rename(at("log"), at("log.1"));
  }
  /// As logrotate does with `copytruncate`.
  void copy_and_cut() const {
    make_room();
    std::filesystem::copy_file(at("log"), at("log.1"));
    std::filesystem::resize_file(at("log"), 0);
  }
  void start() {
    source.reset();
    auto made = TailSource::create(options, plain_lines);
    ASSERT_TRUE(made) << made.error().message;
    source.emplace(std::move(*made));
  }
  /// As after a restart: everything but the positions is forgotten, which go through their stored form.
  void restart() {
    known = source->looked_for();
    options.positions.clear();
    for (const TailPosition& position : last.positions) {
      options.positions.push_back(*position_from_json(Json::parse(to_json(position).dump())));
    }
    start();
    source->start_from(options.positions, known);
  }
  /// As after a restart of an engine whose correlations want what lies behind the positions once more. `again`: whether
  /// it is then in `lines` again.
  void restart_from_the_beginning(bool again = true) {
    restart();
    for (TailPosition& position : options.positions) position.again = 0;
    start();
    if (again) seen.clear();
    refilling = !again;
  }
  void drain_once() {
    last = source->drain(arrival, now);
    for (const Event& event : last.events) {
      const bool fresh = seen.insert({event.source, event.offset}).second;
      if (fresh) lines.push_back(event.data["line"].get<std::string>());
      RC_ASSERT(fresh || refilling);
    }
    for (const Quarantined& item : last.quarantined) quarantined.push_back(item.reason);
    for (const Gap& item : last.gaps) gaps.push_back(item.reason);
    for (const std::string& text : last.troubles) troubles.push_back(text);
  }
  void drain() {
    do drain_once();
    while (source->deadline() == TailSource::Clock::time_point::min());
  }
  std::vector<std::string> drained() {
    drain();
    return std::exchange(lines, {});
  }
  [[nodiscard]] bool told() const {
    pollfd waiting{source->fd(), POLLIN, 0};
    return poll(&waiting, 1, 10'000) == 1;
  }
  /// Nothing wakes it: neither has it more to do nor does its own reading. What others do in the folders above may, as
  /// tests beside this one have theirs there; that brings nothing and ends.
  [[nodiscard]] bool quiet() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < until) {
      pollfd waiting{source->fd(), POLLIN, 0};
      if (poll(&waiting, 1, 0) == 0) return !source->deadline();
      drain_once();
      if (!lines.empty()) return false;
    }
    return false;
  }

  std::string folder;
  TailOptions options;
  std::optional<TailSource> source;
  std::vector<std::string> known;  ///< what it had looked for before its restart
  TailSource::Clock::time_point now{std::chrono::hours{1}};
  TailBatch last;
  std::vector<std::string> lines;
  std::vector<std::string> quarantined;
  std::vector<std::string> gaps;
  std::vector<std::string> troubles;
  std::set<std::pair<std::string, std::uint64_t>> seen;
  bool refilling{false};  ///< what has been read comes again
};

}  // namespace aright::source
