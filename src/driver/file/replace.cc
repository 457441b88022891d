#include "driver/file/replace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>

#include "driver/file/attributes.h"
#include "driver/file/new_file.h"

namespace aright::driver {

namespace {

constexpr std::chrono::seconds take_back_max{2};  ///< somebody may replace the file as fast as we put it back

bool is_there(const State& state) { return state.fields.at("exists") == true; }

/// Holds a file, whatever it is, so that its number cannot be given to another one meanwhile.
UniqueFd hold(const Place& place, const std::string& name) {
  return UniqueFd{open_beneath(place.folder.get(), name.c_str(), O_PATH | O_NOFOLLOW)};
}

bool same_file(const UniqueFd& a, const UniqueFd& b) {
  struct stat one{};
  struct stat two{};
  return a.valid() && b.valid() && fstat(a.get(), &one) == 0 && fstat(b.get(), &two) == 0 && one.st_ino == two.st_ino &&
         one.st_dev == two.st_dev;
}

/// One apply: the place, the plan, and the name of the temporary.
class Replacement {
 public:
  Replacement(const Place& place, const Plan& plan, const std::string& temp, const FileLimits& limits, bool& kept)
      : place_(place), plan_(plan), temp_(temp), limits_(limits), kept_(kept) {}

  Result<ApplyOutcome> run() {
    const auto left = read_state(place_, temp_, limits_);
    if (!left || is_there(*left)) {
      if (auto settled = settle_leftover(left); !settled || *settled) return finish(settled);
    }
    const auto now = read_state(place_, place_.name, limits_);
    if (!now) return std::unexpected(now.error());
    if (is_after(*now)) return already();
    if (!is_before(*now)) return conflict();
    return is_there(plan_.after) ? put() : remove();
  }

 private:
  [[nodiscard]] int folder() const { return place_.folder.get(); }
  [[nodiscard]] bool is_before(const State& state) const { return state.fields == plan_.before.fields; }
  [[nodiscard]] bool is_after(const State& state) const {
    if (state.fields == plan_.after.fields) return true;
    return !is_there(plan_.before) && without_label(state.fields) == plan_.after.fields;
  }

  // What is true after a failure is said by which of these is returned.

  /// Not applied, the resource is as it was found.
  [[nodiscard]] std::unexpected<Error> failed(int err) const { return std::unexpected(errno_error(err, place_.path)); }
  [[nodiscard]] std::unexpected<Error> conflict() const {
    return fail(Errc::conflict, place_.path + ": is not as it was when the change was planned", Retry::yes);
  }
  [[nodiscard]] std::unexpected<Error> in_the_way() const {
    return fail(Errc::denied, fmt::format("{}: the name {} beside it is taken by a file that is not ours; move it away",
                                          place_.path, temp_));
  }
  /// It may have been applied, or may not last.
  [[nodiscard]] std::unexpected<Error> not_known(const std::string& what) const {
    return fail(Errc::timeout, fmt::format("{}: {}; look at it and at {} beside it", place_.path, what, temp_));
  }
  [[nodiscard]] std::unexpected<Error> not_known(int err, std::string_view what) const {
    return not_known(errno_error(err, what).message);
  }

  [[nodiscard]] static Result<ApplyOutcome> finish(const Result<std::optional<ApplyOutcome>>& settled) {
    if (!settled) return std::unexpected(settled.error());
    return **settled;
  }
  int rename(const std::string& from, const std::string& to, unsigned flags) const {
    return renameat2(folder(), from.c_str(), folder(), to.c_str(), flags) == 0 ? 0 : errno;
  }
  int drop_temp() const { return unlinkat(folder(), temp_.c_str(), 0) == 0 || errno == ENOENT ? 0 : errno; }

  /// The last step of what was done: it lasts from here on.
  Result<ApplyOutcome> finish_durably(ApplyOutcome outcome) const {
    if (fsync(folder()) != 0) return not_known(errno, "done, but its folder could not be made durable");
    return outcome;
  }
  Result<ApplyOutcome> drop_and_finish(ApplyOutcome outcome) const {
    if (const int err = drop_temp(); err != 0) return not_known(err, "done, but the old file could not be removed");
    return finish_durably(outcome);
  }
  /// An earlier attempt may have died before its last sync.
  Result<ApplyOutcome> already() const { return finish_durably(ApplyOutcome::already); }

  /// What an earlier attempt with this key left behind when it died. A value: the request is answered.
  Result<std::optional<ApplyOutcome>> settle_leftover(const Result<State>& left) const {
    const UniqueFd present = hold(place_, place_.name);
    const auto now = read_state(place_, place_.name, limits_);
    if (!now) return std::unexpected(now.error());
    if (left && (is_before(*left) || is_after(*left))) {
      const int err = drop_temp();
      if (err != 0 && is_after(*now)) return not_known(err, "an earlier attempt's file cannot be removed");
      if (err != 0) return failed(err);
      return std::nullopt;
    }
    const bool is_read = left || left.error().code == Errc::invalid || left.error().code == Errc::denied;
    if (is_before(*now) && !is_read) return std::unexpected(left.error());  // whose it is could not be told
    if (is_before(*now)) return in_the_way();
    // It died between the exchange and the look at what it displaced, and that was somebody else's. Where others can
    // make files they could have made this one, and would get theirs into the place of ours: a person decides.
    const bool displaced = is_after(*now) && is_there(plan_.before) && !place_.shared;
    if (!displaced || (is_there(*now) && !same_file(present, hold(place_, place_.name)))) {
      return not_known("an earlier attempt may have displaced somebody else's file");
    }
    return std::unexpected((is_there(*now) ? take_back(present) : give_back()).error());
  }

  /// Puts what lies at the temporary name back into place, from where it drives out our own file `ours`. If that is no
  /// longer there, something newer was: that belongs into place, and what we had put there was overwritten by it.
  Result<ApplyOutcome> take_back(const UniqueFd& ours) const {
    const auto until = std::chrono::steady_clock::now() + take_back_max;
    for (UniqueFd last; std::chrono::steady_clock::now() < until;) {
      UniqueFd coming = hold(place_, temp_);
      if (!coming.valid()) return not_known(errno, "somebody else's file was displaced and cannot be held");
      const int err = rename(temp_, place_.name, RENAME_EXCHANGE);
      if (err == ENOENT) return give_back();
      if (err != 0) return not_known(err, "somebody else's file was displaced and cannot be put back");
      const UniqueFd out = hold(place_, temp_);
      if (!out.valid()) return not_known(errno, "what was put back cannot be told from our own file");
      if (same_file(out, last.valid() ? last : ours)) {
        if (const int dropped = drop_temp(); dropped != 0) return not_known(dropped, "our own file cannot be removed");
        return durably_as_found();
      }
      last = std::move(coming);
    }
    return not_known("is replaced again and again");
  }

  /// The same where the place is empty.
  Result<ApplyOutcome> give_back() const {
    const int err = rename(temp_, place_.name, RENAME_NOREPLACE);
    if (err == EEXIST) {
      kept_ = true;
      return not_known("two files of somebody else claim its name, and both were kept");
    }
    if (err != 0) return not_known(err, "somebody else's file was displaced and cannot be put back");
    return durably_as_found();
  }

  Result<ApplyOutcome> durably_as_found() const {
    if (fsync(folder()) != 0) return not_known(errno, "was put back, but its folder could not be made durable");
    return conflict();
  }

  Result<ApplyOutcome> remove() const {
    const int err = rename(place_.name, temp_, RENAME_NOREPLACE);
    if (err == ENOENT) return already();
    if (err == EEXIST) return in_the_way();
    if (err == EIO) return not_known(err, "removing it");
    if (err != 0) return failed(err);
    auto displaced = read_displaced(place_, temp_, limits_);
    if (!displaced || !is_before(*displaced)) return give_back();
    return drop_and_finish(ApplyOutcome::applied);
  }

  Result<ApplyOutcome> put() const {
    // Our new file could be given its name there, and no other any more.
    if (auto ok = check_changeable(folder(), place_.path); !ok) return std::unexpected(ok.error());
    auto file = write_nameless(place_, plan_.after.fields);
    if (!file) return std::unexpected(file.error());
    const int linked = link_as(place_, *file, temp_);
    if (linked == EEXIST) return in_the_way();
    if (linked != 0) return failed(linked);
    const UniqueFd ours = hold(place_, temp_);
    if (!ours.valid()) return not_exchanged(errno);
    file->reset();  // a program that is open for writing could not be started from its place
    const bool creating = !is_there(plan_.before);
    const int err = rename(temp_, place_.name, creating ? RENAME_NOREPLACE : RENAME_EXCHANGE);
    if (err == EIO) return not_known(err, "exchanging it");
    if (err != 0) return not_exchanged(err);
    if (creating) return finish_durably(ApplyOutcome::applied);
    auto displaced = read_displaced(place_, temp_, limits_);
    if (!displaced || !is_before(*displaced)) return take_back(ours);
    return drop_and_finish(ApplyOutcome::applied);
  }

  Result<ApplyOutcome> not_exchanged(int err) const {
    if (const int left = drop_temp(); left != 0) {
      return std::unexpected(
          errno_error(left, fmt::format("{}: not changed, but our new file {} stays beside it", place_.path, temp_)));
    }
    if (err == EEXIST || err == ENOENT) return conflict();
    if (err == EINVAL) return fail(Errc::denied, place_.path + ": its file system cannot exchange two files");
    return failed(err);
  }

  const Place& place_;
  const Plan& plan_;
  const std::string& temp_;
  const FileLimits& limits_;
  bool& kept_;  ///< as `kept` of `replace`
};

}  // namespace

Result<ApplyOutcome> replace(const Place& place, const Plan& plan, const std::string& temp, const FileLimits& limits,
                             bool& kept) {
  return Replacement(place, plan, temp, limits, kept).run();
}

}  // namespace aright::driver
