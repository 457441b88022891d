// Certificates made for a test.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace aright::http {

using TestKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using TestCertificate = std::unique_ptr<X509, decltype(&X509_free)>;

struct TestIdentity {
  TestKey key{nullptr, &EVP_PKEY_free};
  TestCertificate certificate{nullptr, &X509_free};

  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(bio.get(), certificate.get());
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(count)};
  }
};

struct TestCertificateWish {
  std::string name{"localhost"};
  std::string alternatives{"DNS:localhost,IP:127.0.0.1"};  ///< empty: none
  long begins{-3600};                                      ///< seconds from now
  long ends{3600};
  bool authority{false};
};

/// Signed by `by`, or by itself.
inline TestIdentity make_identity(const TestCertificateWish& wish, const TestIdentity* by = nullptr) {
  TestIdentity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* x = made.certificate.get();
  static long serial = 0;
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), wish.begins);
  X509_gmtime_adj(X509_getm_notAfter(x), wish.ends);
  X509_set_pubkey(x, made.key.get());
  X509_NAME* name = X509_get_subject_name(x);
  const auto* text = reinterpret_cast<const unsigned char*>(wish.name.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(x, by != nullptr ? X509_get_subject_name(by->certificate.get()) : name);
  const auto extend = [&](int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, by != nullptr ? by->certificate.get() : x, x, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!wish.authority && !wish.alternatives.empty()) extend(NID_subject_alt_name, wish.alternatives);
  X509_sign(x, by != nullptr ? by->key.get() : made.key.get(), EVP_sha256());
  return made;
}

}  // namespace aright::http
