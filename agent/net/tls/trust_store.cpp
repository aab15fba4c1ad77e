// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/trust_store.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/digest.h"

namespace mtasts::net {
namespace {

// Debian's bundle is 220 KB; the limit keeps a device file from exhausting memory.
constexpr size_t kLargestBundle_bytes = 16 * 1024 * 1024;

constexpr const char* kSystemBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

Failure cannot_open(const std::string& path, int code) {
  FailureKind kind = code == ENOENT ? FailureKind::not_found : FailureKind::io;
  return {kind, fmt::format("cannot read the CA file \"{}\": {}", path, std::strerror(code))};
}

std::string path_of_system_bundle() {
  if (const char* chosen = std::getenv(X509_get_default_cert_file_env());
      chosen != nullptr && *chosen != '\0')
    return chosen;
  std::error_code ignored;
  for (const char* path : kSystemBundles)
    if (std::filesystem::exists(path, ignored)) return path;
  return X509_get_default_cert_file();
}

Result<std::string> contents_of(const std::string& path) {
  Handle<std::FILE, std::fclose> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return cannot_open(path, errno);
  std::string text;
  std::array<char, 65536> block{};
  while (size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    text.append(block.data(), count);
    if (text.size() > kLargestBundle_bytes) return cannot_open(path, EFBIG);
  }
  if (std::ferror(file.get()) != 0) return cannot_open(path, errno);
  return text;
}

}  // namespace

Result<TrustStore> load_trust_store(const std::string& ca_file) {
  const std::string path = ca_file.empty() ? path_of_system_bundle() : ca_file;
  Result<std::string> text = contents_of(path);
  if (!text) return text.failure();
  TrustStore store(X509_STORE_new());
  Handle<BIO, BIO_free> bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  if (!store || !bio) return cannot_open(path, ENOMEM);

  ERR_clear_error();
  int count = 0;
  for (;; ++count) {
    Handle<X509, X509_free> certificate(
        PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return cannot_open(path, ENOMEM);
  }
  unsigned long error = ERR_peek_last_error();
  bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end)
    return Failure{
        FailureKind::invalid,
        fmt::format("certificate {} of the CA file \"{}\" cannot be decoded", count + 1, path)};
  if (count == 0)
    return Failure{FailureKind::invalid,
                   fmt::format("the CA file \"{}\" contains no PEM certificate", path)};
  return store;
}

Result<std::string> trust_store_digest(const std::string& ca_file) {
  Result<std::string> text = contents_of(ca_file.empty() ? path_of_system_bundle() : ca_file);
  if (!text) return text.failure();
  return hex(Sha256().add(*text).finish());
}

}  // namespace mtasts::net
