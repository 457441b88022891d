// Resources, their states, and the plan that leads from one state to another.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/time.h"

namespace aright {

/// Names one thing whose state can be read. `driver` "file", `id` the absolute path.
struct ResourceId {
  std::string driver;
  std::string id;
  auto operator<=>(const ResourceId&) const = default;
  /// "file:/etc/motd": the form in records, subjects and answers.
  [[nodiscard]] std::string text() const { return driver + ":" + id; }
};

/// The resource that the subject of a finding names. nullopt: a key of an event ("address=203.0.113.7").
[[nodiscard]] std::optional<ResourceId> resource_of(std::string_view subject);
/// A subject in two parts: a resource's, else what kind of key it is and its value ("address", "203.0.113.7"); several
/// keys are of kind "group", with their whole text. The value is what was written, blanks and `=` and all; control
/// characters in it are numbers (base/subject_text.h).
[[nodiscard]] ResourceId subject_parts(std::string_view subject);

/// What was read: a JSON object in the driver's normal form. Two states are the same exactly when `fields` are equal.
/// Always has "exists" (boolean); when false there is no other field.
struct State {
  Json fields = Json::object();
  /// Not everybody may read it: records hold commitments, sizes and line numbers, never content.
  bool sensitive{false};
};

/// The fields asked for, in the same normal form. {"exists": false} means absent; without "exists" the others hold only
/// while it is there. "keys" (model/key_wish.h) stands for whatever content has those keys; a driver makes it one.
struct Desired {
  Json fields = Json::object();
  bool sensitive{false};  ///< stated by the user: treat the content as secret whatever the mode says
};

/// How strongly `apply` compares before it sets. Invariant 7.
enum class Strength : std::uint8_t { native, detected, narrow };

/// The exact change. `after` is complete (all fields), `names` are the fields the desired state names and verify
/// checks.
struct Plan {
  State before;
  State after;
  std::vector<std::string> names;
  Strength strength{Strength::detected};
  [[nodiscard]] bool empty() const { return before.fields == after.fields; }
};

/// A state as the log knows it: HMAC-SHA-256 over its canonical JSON, keyed with a random salt that lies in the blob
/// store only, but for its first six bytes. Erasing the blob erases the content and leaves every proof valid.
struct Commitment {
  std::string id;         ///< `commitment_id`; also the blob's name
  std::uint64_t size{0};  ///< bytes of the canonical JSON
  bool operator==(const Commitment&) const = default;
};

/// Content on its way to the blob store.
struct Blob {
  Commitment commitment;
  std::string salt;   ///< 32 bytes, of which 26 are random: `salt_at`
  std::string bytes;  ///< canonical JSON of the state's fields
  bool sensitive{false};
};

/// RFC 6902 difference from `before` to `after`, content line by line: a line that was put in or taken out is one
/// operation. Where either is sensitive, values below "/content" and "/attributes" are replaced by null (which lines
/// changed stays visible). Pure.
[[nodiscard]] Json difference(const State& before, const State& after);

/// What people may see of a state's fields: all, or without the secret ones where it is sensitive. Pure.
[[nodiscard]] Json shown(Json fields, bool sensitive);

/// Six bytes of the salt and the HMAC, in hex with "-" between. Contents of one time lie together in the store by that:
/// names in no order would have each on a page of its own.
[[nodiscard]] std::string commitment_id(std::string_view salt, std::string_view bytes);

/// A salt whose first six bytes are `at` (milliseconds since 1970, big-endian), the rest those of `random`.
[[nodiscard]] Digest salt_at(WallTime at, Digest random);

/// Commits to `state` under `salt` (32 bytes, drawn by the caller). Errc::invalid if the state is not canonical JSON.
[[nodiscard]] Result<Blob> seal(const State& state, const Digest& salt);

}  // namespace aright
