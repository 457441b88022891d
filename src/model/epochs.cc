#include "model/epochs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "model/doc.h"

namespace aright {

namespace {

constexpr std::size_t word_size = 8;

std::string word_at(const std::vector<Epoch>& list, std::uint64_t Epoch::* first, std::uint64_t id) {
  const auto newest_first = std::views::reverse(list);
  const auto found = std::ranges::find_if(newest_first, [&](const Epoch& one) { return one.*first <= id; });
  return found == newest_first.end() ? std::string() : found->word;
}

}  // namespace

bool is_epoch_word(std::string_view text) {
  return text.size() == word_size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void Epochs::begin(Epoch epoch) {
  if (epoch.word != current()) list_.push_back(std::move(epoch));
}

std::string Epochs::of_run(std::uint64_t id) const { return word_at(list_, &Epoch::run, id); }
std::string Epochs::of_notification(std::uint64_t id) const { return word_at(list_, &Epoch::notification, id); }

Json Epochs::to_json() const {
  Json doc = Json::array();
  for (const Epoch& one : list_) {
    doc.push_back({{"epoch", one.word}, {"run", one.run}, {"notification", one.notification}});
  }
  return doc;
}

Result<Epochs> Epochs::from_json(const Json& doc) {
  if (!doc.is_array()) return fail(Errc::corrupt, "epochs: no list");
  Epochs made;
  for (const Json& item : doc) {
    DocReader in(item, "epoch");
    Epoch one{in.text("epoch"), in.number("run"), in.number("notification")};
    if (!is_epoch_word(one.word)) in.wrong("epoch");
    if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
    made.begin(std::move(one));
  }
  return made;
}

std::string in_epoch(std::string_view epoch, std::string_view name) {
  return epoch.empty() ? std::string(name) : std::string(epoch) + "-" + std::string(name);
}

}  // namespace aright
