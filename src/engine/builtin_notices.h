// Which entries people hear of by themselves (`default:` of `notify:`), and in which words. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/projection.h"
#include "model/fields.h"
#include "model/notification.h"

namespace aright::engine {

/// Of an entry that has been applied to `projection`; nothing: it is not for people. `unclean`: the process before this
/// one ended without a stop. `change`: of what is held, as `difference_text`.
[[nodiscard]] std::optional<NewNotification> builtin_notice(std::string_view kind, const Fields& entry,
                                                            const Projection& projection, bool unclean,
                                                            const std::string& change);

/// That a review waits, how it is answered, and what its run would change.
[[nodiscard]] NewNotification review_notice(const Review& review, const Projection& projection,
                                            const std::string& change);

/// That nobody has answered it in time. Before it is closed; `comes`: what that leads to.
[[nodiscard]] NewNotification expired_notice(const Review& review, const std::string& comes,
                                             const Projection& projection);

}  // namespace aright::engine
