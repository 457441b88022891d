#include "driver/file/file_plan.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "driver/file/attributes.h"
#include "model/key_wish.h"

namespace aright::driver {

namespace {

constexpr unsigned set_id_bits = S_ISUID | S_ISGID;

Result<std::size_t> content_size(const Json& content) {
  const auto bytes = content_bytes(content);
  if (!bytes) return std::unexpected(bytes.error());
  return bytes->size();
}

/// `desired` with the content in place of the keys that are wanted in it.
Result<Json> with_content(const std::string& path, const Json& before, Json desired) {
  const auto wish = desired.find(keys_field);
  if (wish == desired.end()) return desired;
  if (before.at("exists") == false) {
    return fail(Errc::invalid, path + ": does not exist, and keys can only be set in a file that does; create it");
  }
  if (desired.contains("content")) return fail(Errc::invalid, path + ": both `content` and `keys` are wanted");
  auto content = with_keys(*wish, before.at("content"));
  if (!content) return std::unexpected(Error{content.error().code, Retry::no, path + ": " + content.error().message});
  desired.erase(wish);
  desired["content"] = std::move(*content);
  return desired;
}

void complete(Json& after, const Json& with) {
  for (const auto& [field, value] : with.items()) {
    if (!after.contains(field)) after[field] = value;
  }
}

/// All fields of the file to be, from those of the one that is there and those that are wanted.
Result<Json> compose_after(const std::string& path, const Json& before, Json desired, const FileLimits& limits,
                           const FileOwners& owners) {
  const bool mode_is_wanted = desired.contains("mode");
  Json after = std::move(desired);
  if (before.at("exists") == false) {
    if (!after.contains("content")) {
      return fail(Errc::invalid, path + ": does not exist, and no content is stated to create it with; add `content`");
    }
    complete(after, {{"mode", "0644"}, {"owner", owners.user}, {"group", owners.group}});
  } else {
    complete(after, before);
  }
  after["exists"] = true;
  if (auto ok = owners.normalise(after); !ok) return std::unexpected(ok.error());
  const auto mode = mode_bits(after.at("mode"));
  if (!mode) return std::unexpected(mode.error());
  const auto size = content_size(after.at("content"));
  if (!size) return std::unexpected(size.error());
  if (*size > limits.bytes_max) {
    return fail(Errc::invalid, fmt::format("{}: the content stated for it has {} bytes, more than the limit of {}",
                                           path, *size, limits.bytes_max));
  }
  const bool handed_over = before.at("exists") == true &&
                           (after.at("owner") != before.at("owner") || after.at("group") != before.at("group"));
  if (handed_over) {
    // As chown(2) does: nobody's program becomes one that runs with the new owner's rights because he was set right.
    drop_capabilities(after);
    if (!mode_is_wanted) after["mode"] = fmt::format("{:04o}", *mode & ~set_id_bits);
  }
  return after;
}

}  // namespace

bool everybody_reads(const Json& fields) {
  const auto mode = mode_bits(fields.at("mode"));
  return mode && (*mode & S_IROTH) != 0;
}

Result<Plan> plan_file(const std::string& path, State before, const Desired& desired, const FileLimits& limits,
                       const FileOwners& owners) {
  Plan plan;
  plan.before = std::move(before);
  if (plan.before.fields.at("exists") == false && !desired.fields.contains("exists")) {
    plan.after = plan.before;  // wanted so only while it is there
    return plan;
  }
  Json asked = desired.fields;
  asked.emplace("exists", true);  // it is there, and must be after the change
  auto wanted = with_content(path, plan.before.fields, std::move(asked));
  if (!wanted) return std::unexpected(wanted.error());
  for (const auto& [key, value] : wanted->items()) plan.names.push_back(key);
  if (wanted->value("exists", true)) {
    auto after = compose_after(path, plan.before.fields, std::move(*wanted), limits, owners);
    if (!after) return std::unexpected(after.error());
    plan.after.fields = std::move(*after);
    plan.after.sensitive = !everybody_reads(plan.after.fields);
  } else {
    plan.after.fields = {{"exists", false}};
  }
  plan.before.sensitive = plan.before.sensitive || desired.sensitive;
  plan.after.sensitive = plan.after.sensitive || desired.sensitive;
  return plan;
}

}  // namespace aright::driver
