#include "model/cause.h"

#include <array>

#include "base/digest.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {
constexpr std::array<std::string_view, 2> proof_words{"state", "identity"};
constexpr std::size_t changed_max = 96;

std::optional<CauseProof> parse_proof(std::string_view text) { return value_of<CauseProof>(proof_words, text); }
}  // namespace

std::string_view name(CauseProof proof) { return word_of(proof_words, proof); }

std::string changed_text(std::string_view subject) {
  if (subject.size() <= changed_max) return std::string(subject);
  const Digest whole = sha256(subject);
  return "sha256:" + hex(std::span(whole).first(16));
}

std::string versions_text(std::string_view workflow_version, std::string_view control_hash) {
  const Digest both = sha256({workflow_version, std::string_view(" "), control_hash});
  return hex(std::span(both).first(8));
}

std::vector<Cause> led_on(std::vector<Cause> chain, Cause newest) {
  chain.push_back(std::move(newest));
  if (chain.size() > causes_max) chain.erase(chain.begin());
  return chain;
}

Json causes_json(std::span<const Cause> chain) {
  Json list = Json::array();
  for (const Cause& c : chain) {
    list.push_back(
        {{"run", c.run}, {"workflow", c.workflow}, {"under", c.under}, {"changed", c.changed}, {"by", name(c.by)}});
  }
  return list;
}

Result<std::vector<Cause>> causes_from_json(const Json& doc) {
  if (!doc.is_array()) return fail(Errc::corrupt, "causes: no list");
  std::vector<Cause> chain;
  for (const Json& item : doc) {
    DocReader in(item, "cause");
    chain.push_back(
        {in.number("run"), in.text("workflow"), in.text("under"), in.text("changed"), in.word("by", parse_proof)});
    if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  }
  return chain;
}

}  // namespace aright
