#include "daemon/tails.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <tuple>

#include "base/digest.h"
#include "base/path_text.h"
#include "cli/terminal_text.h"
#include "daemon/intake_pace.h"
#include "source/tail/local_zone.h"

namespace aright::daemon {

namespace {

constexpr std::size_t batch_bytes = std::size_t{64} * 1024;  ///< read at once: bounds how long one turn takes
constexpr std::size_t gone_aside_max = 100;  ///< files neither followed nor there any more: kept for their generations

source::TailOptions options_of(const source::TailDefinition& definition, const std::string& key) {
  source::TailOptions options;
  options.name = definition.name;
  options.files = definition.files;
  options.patterns = definition.patterns;
  options.from_end = definition.from_end;
  options.line_max = definition.line_max;
  options.batch_max = batch_bytes;
  options.commitment_key = key;
  return options;
}

/// How far each file has been handled, durably, and how much of it has not.
void add_places(Json& shown, const std::vector<Lane>& lanes) {
  shown["places"] = Json::array();
  std::uint64_t behind = 0;
  for (const Lane& lane : lanes) {
    const auto position = position_of(lane);
    if (!position) continue;
    Json place{
        {"path", position->path}, {"generation", position->generation}, {"done", position->byte}, {"behind", nullptr}};
    const auto bytes = path_bytes(position->path);
    struct stat info{};
    const bool same = bytes && stat(bytes->c_str(), &info) == 0 && info.st_ino == position->inode;
    if (same) {
      const auto size = static_cast<std::uint64_t>(info.st_size);
      place["behind"] = size > position->byte ? size - position->byte : 0;
      behind += place["behind"].get<std::uint64_t>();
    }
    shown["places"].push_back(std::move(place));
  }
  shown["behind"] = behind;
  for (const Json& file : shown["files"]) {
    const std::string path = file.get<std::string>();
    const auto bytes = path_bytes(path);
    struct stat info{};
    if (shown["troubles"].contains(path) || !bytes || stat(bytes->c_str(), &info) == 0) continue;
    shown["troubles"][path] =
        path + ": " + (errno == ENOENT ? "is not there yet, or not any more" : "cannot be looked at");
  }
}

LanePlace place_of(const Lane& lane) { return {lane.part, lane.begin}; }

/// Of the file it is about, in bytes.
std::optional<std::string> path_of(const Lane& lane) {
  const auto position = position_of(lane);
  auto bytes = position ? path_bytes(position->path) : fail(Errc::corrupt, "");
  return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
}

bool is_there(const std::string& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0 || errno != ENOENT;
}

/// Logs with dates in their names would be remembered for ever. Those that sort first are the oldest.
void forget_gone(std::vector<ReadFrom>& aside, std::vector<LanePlace>& over) {
  std::set<std::string> gone;
  for (const ReadFrom& place : aside) {
    const auto path = path_of(place.done);
    if (path && !is_there(*path)) gone.insert(place.done.part);
  }
  while (gone.size() > gone_aside_max) {
    const std::string part = gone.extract(gone.begin()).value();
    for (const ReadFrom& place : aside) {
      if (place.done.part == part) over.push_back(place_of(place.done));
    }
    std::erase_if(aside, [&](const ReadFrom& place) { return place.done.part == part; });
  }
}

/// What `places` has and `read` does not is over.
void go_on_from(std::vector<ReadFrom>& places, EventsRead& read) {
  std::set<std::pair<std::string, std::uint64_t>> named;
  for (const Lane& lane : read.lanes) named.emplace(lane.part, lane.begin);
  for (const ReadFrom& place : places) {
    if (!named.contains({place.done.part, place.done.begin})) read.over.push_back(place_of(place.done));
  }
  places.clear();
  for (const Lane& lane : read.lanes) places.push_back({lane, std::nullopt});
}

}  // namespace

Lane lane_of(const std::string& source, const source::TailPosition& position) {
  const bool over = position.inode == 0;  // no file has the name: all of its generation is handled
  Lane lane;
  lane.part = source + ":" + position.path;
  lane.begin = source::event_offset(position.generation, 0);
  lane.next = over ? source::event_offset(position.generation + 1, 0)
                   : source::event_offset(position.generation, position.byte);
  lane.at = to_json(position);
  if (over) return lane;
  source::TailPosition first = position;
  first.byte = position.begun;
  first.fingerprint = {0, sha256("")};
  lane.first = source::event_offset(position.generation, first.byte);
  lane.first_at = to_json(first);
  return lane;
}

std::optional<source::TailPosition> position_of(const Lane& lane) {
  auto position = source::position_from_json(lane.at);
  if (!position) return std::nullopt;
  return std::move(*position);
}

Result<std::vector<Tail>> Tails::arm(const std::vector<source::TailDefinition>& definitions) const {
  std::vector<Tail> armed;
  const Nanos zone = source::local_zone(std::chrono::system_clock::now());
  for (const source::TailDefinition& definition : definitions) {
    auto decoder = source::make_decoder(definition.format, zone);
    if (!decoder) return std::unexpected(decoder.error());
    auto made = source::TailSource::create(options_of(definition, key_), **decoder);
    if (!made) {
      Error error = made.error();
      error.message = fmt::format("source {}: {}", definition.name, error.message);
      return std::unexpected(std::move(error));
    }
    armed.push_back({.definition = definition,
                     .decoder = std::move(*decoder),
                     .source = std::make_unique<source::TailSource>(std::move(*made))});
  }
  return armed;
}

void Tails::remember(const Places& places) {
  for (const auto& [name, logs] : places.logs) stands_[name] = {logs, shell_.looks_for(name)};
}

void Tails::take(std::vector<Tail> tails) {
  std::vector<Tail> before = std::exchange(tails_, {});
  for (Tail& tail : tails) {
    const auto same =
        std::ranges::find_if(before, [&](const Tail& old) { return old.begun && old.definition == tail.definition; });
    if (same != before.end()) tail = std::move(*same);
  }
  for (Tail& old : before) {
    if (!old.source) continue;  // goes on
    Stand& stand = stands_[old.definition.name];
    stand = {std::move(old.places), std::move(old.looks_for)};
    std::ranges::move(old.aside, std::back_inserter(stand.places));
    stand.over = std::move(old.over);
  }
  for (Tail& tail : tails) {
    if (!tail.begun) {
      auto stand = stands_.extract(tail.definition.name);
      begin(tail, stand.empty() ? Stand{} : std::move(stand.mapped()));
    }
    tails_.push_back(std::move(tail));
  }
  {
    const std::scoped_lock lock(mutex_);
    shown_.clear();
    followed_.clear();
    for (const Tail& tail : tails_) {
      Followed& followed = followed_[tail.definition.name];
      followed.definition = tail.definition;
      for (const ReadFrom& place : tail.aside) followed.aside.insert(place.done.part);
    }
  }
  for (const Tail& tail : tails_) show(tail);
  engine::SourcesBegin begin;
  for (const Tail& tail : tails_) {
    if (tail.behind) begin.sources.push_back(tail.definition.name);
  }
  if (!begin.sources.empty()) shell_.post(std::move(begin));  // before any of them is read
}

void Tails::begin(Tail& tail, Stand stand) {
  tail.over = std::move(stand.over);
  std::vector<source::TailPosition> positions;
  for (ReadFrom& place : stand.places) {
    auto position = position_of(place.done);
    const auto path = path_of(place.done);
    if (!position || !path) {
      tail.over.push_back(place_of(place.done));
    } else if (!tail.source->wanted(*path)) {
      tail.aside.push_back(std::move(place));
    } else {
      if (const auto earlier = place.again ? position_of(*place.again) : std::nullopt) position->again = earlier->byte;
      positions.push_back(std::move(*position));
      tail.places.push_back(std::move(place));
    }
  }
  forget_gone(tail.aside, tail.over);
  tail.source->start_from(positions, stand.looks_for);
  tail.looks_for = std::move(stand.looks_for);
  tail.begun = true;
  tail.behind = true;
}

void Tails::add(std::vector<pollfd>& fds) const {
  for (const Tail& tail : tails_) {
    // What is held stays readable: nothing to wait for but the engine.
    if (!tail.held) fds.push_back({tail.source->fd(), POLLIN, 0});
  }
}

std::optional<Tails::Clock::time_point> Tails::deadline() {
  std::optional<Clock::time_point> first;
  for (const Tail& tail : tails_) {
    const auto due = tail.held ? Clock::now() + ask_again : tail.source->deadline();
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

void Tails::read(WallTime arrival) {
  std::set<std::string> held;
  for (Tail& tail : tails_) {
    tail.held = false;
    pollfd readable{tail.source->fd(), POLLIN, 0};
    for (int i = 0; i < batches_max; ++i) {
      const auto due = tail.source->deadline();
      const bool more = (due && *due <= Clock::now()) || poll(&readable, 1, 0) > 0;
      if (!more) break;
      tail.held = !shell_.takes_events(tail.definition.name);
      if (tail.held) break;
      post(tail, tail.source->drain(arrival), arrival);
    }
    if (tail.held) held.insert(tail.definition.name);
  }
  const std::scoped_lock lock(mutex_);
  held_shown_ = std::move(held);
}

void Tails::post(Tail& tail, source::TailBatch batch, WallTime arrival) {
  for (const std::string& trouble : batch.troubles) spdlog::warn("{}", cli::safe(trouble));
  if (!batch.troubles.empty() || !tail.source->troubles().empty() ||
      !shown_.at(tail.definition.name)["troubles"].empty()) {
    show(tail);
  }
  EventsRead read;
  for (const source::TailPosition& position : batch.positions) {
    // Its last file was rotated away, but is read on: then its generation is not over.
    const bool read_on =
        position.inode == 0 && std::ranges::any_of(batch.positions, [&](const auto& other) {
          return other.inode != 0 && other.path == position.path && other.generation == position.generation;
        });
    if (read_on) continue;
    read.lanes.push_back(lane_of(tail.definition.name, position));
  }
  std::ranges::sort(read.lanes, {}, [](const Lane& lane) { return std::tie(lane.part, lane.begin); });
  const bool moved = !std::ranges::equal(read.lanes, tail.places, {}, {}, &ReadFrom::done);
  const bool news = !batch.events.empty() || !batch.quarantined.empty() || !batch.gaps.empty() || batch.skipped != 0 ||
                    moved || !tail.over.empty();
  const std::size_t all = tail.definition.files.size() + tail.definition.patterns.size();
  auto looked_for = tail.names_settled ? tail.looks_for : tail.source->looked_for();
  tail.names_settled = tail.names_settled || looked_for.size() == all;
  if (looked_for != tail.looks_for) read.looks_for = looked_for;
  read.behind = tail.source->is_behind();
  if (!news && read.looks_for.empty() && read.behind == tail.behind) return;
  tail.behind = read.behind;
  tail.looks_for = std::move(looked_for);
  read.over = std::exchange(tail.over, {});
  go_on_from(tail.places, read);
  read.source = tail.definition.name;
  read.arrival = arrival;
  read.mode_max = tail.definition.mode;
  read.events = std::move(batch.events);
  read.quarantined = std::move(batch.quarantined);
  read.gaps = std::move(batch.gaps);
  read.skipped = batch.skipped;
  read.bytes = batch.bytes;
  read.seed = random_digest();
  taps_.offer(read, Clock::now());
  shell_.post(std::move(read));
}

void Tails::show(const Tail& tail) {
  Json troubles = Json::object();
  for (const auto& [path, trouble] : tail.source->troubles()) troubles[path] = trouble;
  const std::scoped_lock lock(mutex_);
  shown_[tail.definition.name] = {{"source", tail.definition.name},
                                  {"kind", "tail"},
                                  {"patterned", std::holds_alternative<source::TextLines>(tail.definition.format)},
                                  {"files", tail.definition.files},
                                  {"patterns", tail.definition.patterns},
                                  {"troubles", std::move(troubles)}};
}

std::optional<Result<ReadAgain>> Tails::read_again(const std::string& source, const std::string& part,
                                                   std::uint64_t offset) const {
  source::TailDefinition definition;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = followed_.find(source);
    if (found == followed_.end()) return std::nullopt;
    definition = found->second.definition;
  }
  const WallTime now = std::chrono::system_clock::now();
  const auto decoder = source::make_decoder(definition.format, source::local_zone(now));
  if (!decoder) return std::unexpected(decoder.error());
  std::vector<source::TailPosition> done;
  for (const Lane& lane : shell_.logs_done(source)) {
    if (auto position = position_of(lane)) done.push_back(std::move(*position));
  }
  const std::string path = part.substr(std::min(part.size(), source.size() + 1));
  return source::read_again(definition, **decoder, done, path, offset, now);
}

Json Tails::view() const {
  Json all = Json::array();
  std::map<std::string, std::set<std::string>> aside;
  const bool no_space = shell_.status().no_space;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, shown] : shown_) {
      all.push_back(shown);
      all.back()["held_up"] = held_shown_.contains(name);
      aside[name] = followed_.at(name).aside;
    }
  }
  for (Json& one : all) {
    one["no_space"] = no_space;
    const std::string name = one["source"].get<std::string>();
    std::vector<Lane> lanes = shell_.logs_done(name);
    std::erase_if(lanes, [&](const Lane& lane) { return aside[name].contains(lane.part); });
    add_places(one, lanes);
  }
  return all;
}

}  // namespace aright::daemon
