// A proof of inclusion for people: what is proved, and each step with which somebody else can check it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/show.h"
#include "cli/terminal_text.h"

namespace aright::cli {

namespace {

/// A text of several lines, each with `indent` in front.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    out += line.empty() ? "\n" : fmt::format("{}{}\n", indent, safe(line));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

/// The path from the leaf up, with the side on which each hash stands: RFC 9162 §2.1.3.2.
std::string path_text_of(const Json& proof, std::uint64_t index, std::uint64_t size) {
  std::string text;
  std::uint64_t node = index;
  std::uint64_t last = size == 0 ? 0 : size - 1;
  for (std::size_t i = 0; i < proof.size(); ++i) {
    const bool is_left = node % 2 == 1 || node == last;
    text += fmt::format("    {:2}  {:5}  {}\n", i + 1, is_left ? "left" : "right", cell(proof[i]));
    while (is_left && node % 2 == 0 && node != 0) {
      node /= 2;
      last /= 2;
    }
    node /= 2;
    last /= 2;
  }
  return text;
}

constexpr const char* how_to_check = R"(
  how to check it, with nothing but signing.pub of the state folder
    1. the leaf hash is SHA-256 of a byte 0x00 and the entry's bytes
    2. from the leaf up, join each hash of the path, on the side named: SHA-256 of a byte 0x01, left and right; the
       last is the root (RFC 6962). all hashes are shown in base64
    3. the checkpoint says tree size and root in its second and third line, and signing.pub verifies its signature
       (Ed25519, C2SP signed note)
)";

}  // namespace

std::string show_proof(const Json& doc, Format format) {
  if (format != Format::table) return show_one(doc, format);
  const auto bytes = unbase64(doc.value("entry", ""));
  const auto entry = bytes ? parse_own_json(*bytes) : Result<Json>(std::unexpected(bytes.error()));
  if (!entry) return show_one(doc, format);  // not an answer of this version
  const auto seq = doc.value("seq", std::uint64_t{0});
  const auto size = doc.value("tree_size", std::uint64_t{0});
  const Json proof = doc.value("proof", Json::array());
  return fmt::format("entry {}  {}  {}\n\n", seq, cell(entry->value("kind", Json())),
                     cell(entry->value("at", Json()))) +
         indented(*bytes, "    ") +
         fmt::format("\n  leaf hash   {}\n  index       {}\n  tree size   {}\n  root        {}\n",
                     cell(doc.value("leaf", Json())), seq, size, cell(doc.value("root", Json()))) +
         fmt::format("  path        {} from the leaf up\n",
                     proof.size() == 1 ? "1 hash" : fmt::format("{} hashes", proof.size())) +
         path_text_of(proof, seq, size) + "\n  checkpoint\n" + indented(doc.value("checkpoint", ""), "    ") +
         how_to_check + fmt::format("  for a program: aright -o json audit prove {}\n", seq);
}

}  // namespace aright::cli
