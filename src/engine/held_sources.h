// Sources that are not read on because of what they have led to. A value: no clock, no threads.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"

namespace aright::engine {

/// Since when each is held, and whether people have been told: what lies behind a flood in the same log is not known,
/// it may be critical. At the limit a source is let go and held again many times a second: it is over when that has
/// ended for as long.
class HeldSources {
 public:
  static constexpr Nanos patience = std::chrono::seconds{5};
  /// What lies behind may be critical, and that is told 5 s after it came at the latest: there was more to read first.
  static constexpr Nanos before_told = std::chrono::seconds{2};
  static constexpr Nanos apart = std::chrono::seconds{1};  ///< one that is let go for less is held on
  struct Told {
    std::string source;
    bool held{false};  ///< false: it is read on again
    bool operator==(const Told&) const = default;
  };

  /// `held` now, on the boot clock; what there is to tell. Cheap where there is none.
  [[nodiscard]] std::vector<Told> look(const std::set<std::string>& held, Nanos boot) {
    std::vector<Told> told;
    for (const std::string& source : held) {
      Since& since = since_.try_emplace(source, Since{boot, boot}).first->second;
      if (!since.told && !since.held && boot - since.last >= apart) since.first = boot;
      since.last = boot;
      since.held = true;
      if (since.told || boot - since.first < before_told) continue;
      since.told = true;
      told.push_back({source, true});
    }
    for (auto it = since_.begin(); it != since_.end();) {
      it->second.held = held.contains(it->first);
      if (it->second.held || boot < over(it->second)) {
        ++it;
        continue;
      }
      if (it->second.told) told.push_back({it->first, false});
      it = since_.erase(it);
    }
    return told;
  }
  /// When to look again though nothing happens (boot clock).
  [[nodiscard]] std::optional<Nanos> due() const {
    std::optional<Nanos> least;
    for (const auto& [source, since] : since_) {
      const Nanos at = since.held && !since.told ? since.first + before_told : over(since);
      if (!least || at < *least) least = at;
    }
    return least;
  }

 private:
  struct Since {
    Nanos first{0};
    Nanos last{0};
    bool told{false};
    bool held{false};  ///< when it was looked at last
  };
  /// When one that is held no more is forgotten.
  [[nodiscard]] static Nanos over(const Since& since) { return since.last + (since.told ? patience : apart); }

  std::map<std::string, Since> since_;
};

}  // namespace aright::engine
