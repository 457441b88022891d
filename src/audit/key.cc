#include "audit/key.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <cstdlib>
#include <memory>

#include "base/digest.h"

namespace aright::audit {

namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCtx {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

constexpr std::size_t key_bytes = 32;
constexpr std::size_t signature_bytes = 64;

Key private_key(std::string_view seed) {
  return Key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, as_bytes(seed).data(), seed.size())};
}

char use_byte(KeyUse use) { return static_cast<char>(use); }

std::uint32_t note_key_id(const std::string& name, const std::string& public_key, KeyUse use) {
  const Digest digest = sha256({name, std::string("\n") + use_byte(use), public_key});
  return (std::uint32_t{digest[0]} << 24U) | (std::uint32_t{digest[1]} << 16U) | (std::uint32_t{digest[2]} << 8U) |
         std::uint32_t{digest[3]};
}

}  // namespace

Result<SigningKey> SigningKey::from_seed(std::string_view seed) {
  const Key key = seed.size() == key_bytes ? private_key(seed) : nullptr;
  if (!key) return fail(Errc::invalid, "an Ed25519 seed has 32 bytes");
  Digest raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) std::abort();
  SigningKey out;
  out.seed_ = seed;
  out.public_key_ = as_text(raw);
  return out;
}

std::string SigningKey::sign(std::string_view message) const {
  const Key key = private_key(seed_);
  const std::unique_ptr<EVP_MD_CTX, FreeCtx> ctx{EVP_MD_CTX_new()};
  std::array<std::uint8_t, signature_bytes> signature{};
  std::size_t size = signature.size();
  const auto bytes = as_bytes(message);
  if (!key || !ctx || EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(ctx.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1) {
    std::abort();
  }
  return std::string(as_text(signature));
}

VerifyKey VerifyKey::make(std::string name, std::string public_key, KeyUse use) {
  const std::uint32_t id = note_key_id(name, public_key, use);
  return {std::move(name), id, std::move(public_key), use};
}

Result<VerifyKey> VerifyKey::parse(std::string_view text, KeyUse use) {
  const auto bad = [&](std::string_view why) {
    return fail(Errc::invalid, fmt::format("not a verifier key (name+id+key): {}", why));
  };
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (first == 0 || second == std::string_view::npos) return bad("two plus signs expected");
  const std::string_view id_text = text.substr(first + 1, second - first - 1);
  std::uint32_t id = 0;
  const auto [stop, error] = std::from_chars(id_text.data(), id_text.data() + id_text.size(), id, 16);
  if (id_text.size() != 8 || error != std::errc{} || stop != id_text.data() + id_text.size()) {
    return bad("the id has 8 hexadecimal digits");
  }
  const auto bytes = unbase64(text.substr(second + 1));
  if (!bytes || bytes->size() != key_bytes + 1 || bytes->front() != use_byte(use)) {
    return bad(use == KeyUse::note ? "not Ed25519" : "not an Ed25519 key that cosigns (its first byte is not 4)");
  }
  VerifyKey key = make(std::string(text.substr(0, first)), bytes->substr(1), use);
  if (key.key_id != id) return bad("the id does not fit name and key");
  return key;
}

std::string VerifyKey::text() const {
  return fmt::format("{}+{:08x}+{}", name, key_id, base64(std::string(1, use_byte(use)) + public_key));
}

bool VerifyKey::verify(std::string_view message, std::string_view signature) const {
  const auto raw = as_bytes(public_key);
  const Key key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size())};
  const std::unique_ptr<EVP_MD_CTX, FreeCtx> ctx{EVP_MD_CTX_new()};
  const auto sig = as_bytes(signature);
  const auto bytes = as_bytes(message);
  return key && ctx && sig.size() == signature_bytes &&
         EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(ctx.get(), sig.data(), sig.size(), bytes.data(), bytes.size()) == 1;
}

}  // namespace aright::audit
