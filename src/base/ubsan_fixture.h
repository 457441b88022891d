#pragma once

namespace aright {

/// For tests: whether UBSan is in this binary. Its check of an object's type asks the kernel through a pipe whether an
/// address can be read, and calls a sound object broken where no descriptor is left for one.
#if defined(__has_feature)
constexpr bool under_ubsan = __has_feature(undefined_behavior_sanitizer);
#else
constexpr bool under_ubsan = false;
#endif

}  // namespace aright
