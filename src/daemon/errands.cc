#include "daemon/errands.h"

#include <algorithm>

namespace aright::daemon {

namespace {
/// The drain lasts 10 s. TERM and KILL take up to 2 s; the rest is for the record.
constexpr std::chrono::seconds patience{5};
}  // namespace

Result<std::unique_ptr<Errands>> Errands::create(const std::string& node, const std::string& marks,
                                                 const cli::LoadedConfig& loaded) {
  std::unique_ptr<Errands> made{new Errands({loaded.destinations, loaded.secrets, loaded.notifiers})};
  auto programs = driver::ExecRunner::create({.running_max = engine::errands_at_once}, &made->secrets_, marks, node);
  if (!programs) return std::unexpected(programs.error());
  made->programs_ = std::move(*programs);
  auto calls = driver::CallRunner::create(node, loaded.destinations, made->secrets_);
  if (!calls) return std::unexpected(calls.error());
  made->calls_ = std::move(*calls);
  auto notifiers =
      driver::Notifiers::create(node, {loaded.notifiers, loaded.destinations}, made->secrets_, *made->programs_);
  if (!notifiers) return std::unexpected(notifiers.error());
  made->notifiers_ = std::move(*notifiers);
  return made;
}

bool Errands::tells(const engine::Work& work) {
  const auto* tell = std::get_if<engine::DoNotify>(&work);
  if (tell != nullptr) tellers_->give(*tell);
  return tell != nullptr;
}

void Errands::end_now() {
  programs_->stop();
  calls_->stop();
  notifiers_->stop();
  tellers_.reset();
}

void Errands::use(Places places) {
  secrets_.change(std::move(places.secrets));
  notifiers_->change({std::move(places.notifiers), places.destinations});
  calls_->change(std::move(places.destinations));
}

/// Of two by one name the next one's; of destinations the first that fits counts.
void Errands::expect(const Places& next) {
  Places both = next;
  both.secrets.insert(in_force_.secrets.begin(), in_force_.secrets.end());
  both.destinations.insert(both.destinations.end(), in_force_.destinations.begin(), in_force_.destinations.end());
  for (const NotifierDefinition& one : in_force_.notifiers) {
    const bool known = std::ranges::find(next.notifiers, one.name, &NotifierDefinition::name) != next.notifiers.end();
    if (!known) both.notifiers.push_back(one);
  }
  use(std::move(both));
}

void Errands::change(Places places) {
  in_force_ = std::move(places);
  use(in_force_);
}

void Errands::end_soon() {
  ender_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (over_.wait_for(lock, stop, patience, [] { return false; }) || stop.stop_requested()) return;
    programs_->stop();
    calls_->stop();
  });
}

}  // namespace aright::daemon
