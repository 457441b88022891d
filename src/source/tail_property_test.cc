// Logs that chance writes, rotates and cuts: however it goes, each line comes once and in order.
#include <memory>

#include "source/tail_scene.h"

namespace aright::source {
namespace {

namespace fs = std::filesystem;

/// What happens to a log, drawn by chance: writing in pieces of any size, rotation also in the middle of a line,
/// cutting after all was read, cutting after a copy was made, looking, restarting from the positions of any batch, also
/// where correlations want what lies behind them again, and where the log was cut in between.
RC_GTEST_PROP(TailSource, EveryLineOnceInOrder, ()) {
  Scene scene;
  scene.options.batch_max = 1;
  scene.start();
  auto writer = std::make_unique<std::ofstream>(scene.at("log"), std::ios::app);
  std::vector<std::string> written;
  std::string unfinished;
  int number = 0;
  bool rotated_since_look = false;
  bool cut_since_look = false;
  const auto look = [&] {
    scene.drain();
    rotated_since_look = cut_since_look = false;
  };
  // At the full size from the beginning: a small one would draw the first of these only.
  const auto steps = rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, 13));
  for (const int what : *rc::gen::container<std::vector<int>>(40, steps)) {
    if (what < 4) {
      const int size = *rc::gen::weightedElement<int>({{5, 3}, {3, 40}, {1, 70'000}});
      const std::string piece(static_cast<std::size_t>(size), static_cast<char>('a' + number % 26));
      unfinished += piece;
      *writer << piece << std::flush;
    } else if (what < 6) {
      unfinished += std::to_string(++number);
      *writer << number << '\n' << std::flush;
      if (unfinished.size() <= scene.options.line_max) written.push_back(unfinished);
      unfinished.clear();
    } else if (what == 6 && unfinished.empty()) {
      scene.rotate();
      writer = std::make_unique<std::ofstream>(scene.at("log"), std::ios::app);
      if (rotated_since_look || cut_since_look) look();
      rotated_since_look = true;
    } else if (what == 7) {
      look();
    } else if (what == 8) {
      look();
      scene.drain_once();
      scene.restart();
    } else if (what == 9 && unfinished.empty() && !written.empty()) {
      look();
      fs::resize_file(scene.at("log"), 0);
      look();
    } else if (what == 12 && unfinished.empty()) {
      look();
      if (fs::file_size(scene.at("log")) == 0) continue;
      written.push_back(std::to_string(++number));
      *writer << number << '\n' << std::flush;
      const std::size_t gaps = scene.gaps.size();
      scene.copy_and_cut();
      if (number % 2 == 0) look();
      RC_ASSERT(scene.gaps.size() == gaps);
      cut_since_look = number % 2 != 0;
    } else if (what == 10 || what == 11) {
      look();
      scene.drain_once();
      if (what == 11 && unfinished.empty()) fs::resize_file(scene.at("log"), 0);
      scene.restart_from_the_beginning(false);
    }
  }
  if (!unfinished.empty()) {
    *writer << '\n' << std::flush;
    if (unfinished.size() <= scene.options.line_max) written.push_back(unfinished);
  }
  scene.drain();
  RC_ASSERT(scene.lines == written);
  for (const std::string& gap : scene.gaps) {
    RC_ASSERT(gap.starts_with("the file was cut") || gap.starts_with("the file that was read here is gone"));
  }
}

/// Stopped after any batch, also in the middle of a rotation: nothing is lost, nothing comes twice.
RC_GTEST_PROP(TailSource, ResumesAfterAnyBatch, ()) {
  Scene scene;
  scene.options.batch_max = 1;
  std::vector<std::string> written;
  for (int i = 0; i < 60; ++i) {
    written.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 9000)), 'x'));
    scene.append(written.back() + "\n");
    if (i == 20) fs::rename(scene.at("log"), scene.at("log.2"));
    if (i == 40) fs::rename(scene.at("log"), scene.at("log.1"));
  }
  fs::rename(scene.at("log"), scene.at("later"));
  fs::rename(scene.at("log.1"), scene.at("middle"));
  fs::rename(scene.at("log.2"), scene.at("log"));
  scene.start();
  scene.drain_once();
  fs::rename(scene.at("log"), scene.at("log.2"));
  fs::rename(scene.at("middle"), scene.at("log.1"));
  fs::rename(scene.at("later"), scene.at("log"));
  scene.restart();
  for (int i = 0; i < 100 && scene.lines.size() < written.size(); ++i) {
    scene.drain_once();
    if (*rc::gen::inRange(0, 3) == 0) scene.restart();
  }
  RC_ASSERT(scene.lines == written);
  RC_ASSERT(scene.gaps.empty());
}

}  // namespace
}  // namespace aright::source
