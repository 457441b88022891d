#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

namespace aright {

namespace {

struct FreeMd {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct FreeCtx {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
  void operator()(EVP_MAC_CTX* ctx) const { EVP_MAC_CTX_free(ctx); }
};
struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};

// Fetching the algorithm once and keeping a context per thread is three times faster than the one-shot call.
EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, FreeMd> md{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  if (!md) std::abort();
  return md.get();
}

EVP_MAC* hmac_algorithm() {
  static const std::unique_ptr<EVP_MAC, FreeMac> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  if (!mac) std::abort();
  return mac.get();
}

std::unique_ptr<EVP_MAC_CTX, FreeCtx> hmac_sha256_context() {
  std::unique_ptr<EVP_MAC_CTX, FreeCtx> ctx{EVP_MAC_CTX_new(hmac_algorithm())};
  std::string name = "SHA256";
  const std::array params{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()),
                          OSSL_PARAM_construct_end()};
  if (!ctx || EVP_MAC_CTX_set_params(ctx.get(), params.data()) != 1) std::abort();
  return ctx;
}

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeCtx> ctx{EVP_MD_CTX_new()};
  Digest digest{};
  bool ok = ctx && EVP_DigestInit_ex2(ctx.get(), sha256_algorithm(), nullptr) == 1;
  for (const std::string_view part : parts) ok = ok && EVP_DigestUpdate(ctx.get(), part.data(), part.size()) == 1;
  if (!ok || EVP_DigestFinal_ex(ctx.get(), digest.data(), nullptr) != 1) std::abort();
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view text) {
  thread_local const auto ctx = hmac_sha256_context();
  Digest digest{};
  std::size_t size = 0;
  const auto data = as_bytes(text);
  const auto secret = as_bytes(key.empty() ? std::string_view("") : key);  // no address would mean the key before
  if (EVP_MAC_init(ctx.get(), secret.data(), secret.size(), nullptr) != 1 ||
      EVP_MAC_update(ctx.get(), data.data(), data.size()) != 1 ||
      EVP_MAC_final(ctx.get(), digest.data(), &size, digest.size()) != 1 || size != digest.size()) {
    std::abort();
  }
  return digest;
}

Digest random_digest() {
  Digest bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
  return bytes;
}

}  // namespace aright
