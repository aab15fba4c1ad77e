// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/tls_context.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <mutex>
#include <tuple>
#include <utility>

#include "base/log.h"

namespace mtasts::web {
namespace {

namespace ssl = boost::asio::ssl;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kLookInterval{1};
// Certificate and key are written one after the other, and a file may be half written.
constexpr std::chrono::seconds kRetryInterval{10};
// An encrypted key must not ask a terminal for its passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "unreadable";
  ERR_clear_error();
  return text;
}

// RFC 7301 §3.2: a client that offers other protocols alone, such as h2, is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned in_length, void*) {
  for (std::string_view wanted : {"http/1.1", "http/1.0"}) {
    for (unsigned at = 0; at + 1u + in[at] <= in_length; at += in[at] + 1u) {
      const std::string_view offered(reinterpret_cast<const char*>(in) + at + 1, in[at]);
      if (offered == wanted) {
        *out = in + at + 1;
        *out_length = in[at];
        return SSL_TLSEXT_ERR_OK;
      }
      if (at + 1u + in[at] == in_length) break;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

struct Loaded {
  std::shared_ptr<ssl::context> context;
  Time not_before = kNever;
  Time not_after = kNever;
};

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return kNever;
  return Time(std::chrono::seconds(timegm(&parts)));
}

Failure unusable(std::string_view what, const std::string& file) {
  return {FailureKind::invalid, fmt::format("cannot use {} {}: {}", what, file, last_error())};
}

Result<Loaded> load(const std::string& section, const std::string& cert_file,
                    const std::string& key_file) {
  ERR_clear_error();
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(native, no_passphrase);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(native, cert_file.c_str()) != 1)
    return unusable(section + " cert_file", cert_file);
  if (SSL_CTX_use_PrivateKey_file(native, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable(section + " key_file", key_file);
  if (SSL_CTX_check_private_key(native) != 1) {
    ERR_clear_error();
    return Failure{
        FailureKind::invalid,
        fmt::format("{} key_file {} is not the key of cert_file {}", section, key_file, cert_file)};
  }
  const X509* certificate = SSL_CTX_get0_certificate(native);
  if (certificate == nullptr) return unusable("[reports.https] cert_file", cert_file);
  return Loaded{context, time_of(X509_get0_notBefore(certificate)),
                time_of(X509_get0_notAfter(certificate))};
}

// What changes when a file is written or replaced.
struct Stamp {
  std::tuple<dev_t, ino_t, off_t, time_t, long> value{};
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
           status.st_mtim.tv_nsec}};
}

}  // namespace

class TlsContext::Files {
 public:
  Files(std::string cert_file, std::string key_file, std::string_view section,
        std::string_view listener)
      : cert_file_(std::move(cert_file)),
        key_file_(std::move(key_file)),
        section_(section),
        listener_(listener) {}

  Result<void> load_first() {
    std::lock_guard lock(mutex_);
    return reload(steady_clock::now());
  }

  Loaded loaded() {
    std::lock_guard lock(mutex_);
    const auto now = steady_clock::now();
    if (now - looked_ < kLookInterval) return loaded_;
    looked_ = now;
    const bool changed = stamp_of(cert_file_) != cert_stamp_ || stamp_of(key_file_) != key_stamp_;
    if (!changed && (trouble_.empty() || now - tried_ < kRetryInterval)) return loaded_;
    const std::string before = trouble_;
    auto reloaded = reload(now);
    if (reloaded.ok())
      log(LogLevel::info, "loaded the certificate of " + listener_ + " again",
          {{"file", cert_file_}, {"not_after", rfc3339(loaded_.not_after)}});
    else if (trouble_ != before)
      log(LogLevel::error, "kept the old certificate of " + listener_, {{"error", trouble_}});
    return loaded_;
  }

  std::string trouble() const {
    std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  Result<void> reload(steady_clock::time_point now) {
    tried_ = now;
    cert_stamp_ = stamp_of(cert_file_);
    key_stamp_ = stamp_of(key_file_);
    auto fresh = load(section_, cert_file_, key_file_);
    trouble_ = fresh.ok() ? std::string() : fresh.failure().detail;
    if (!fresh.ok()) return fresh.failure();
    loaded_ = std::move(*fresh);
    return {};
  }

  const std::string cert_file_;
  const std::string key_file_;
  const std::string section_;
  const std::string listener_;
  mutable std::mutex mutex_;
  Loaded loaded_;
  Stamp cert_stamp_;
  Stamp key_stamp_;
  steady_clock::time_point looked_{};
  steady_clock::time_point tried_{};
  std::string trouble_;
};

TlsContext::TlsContext(std::unique_ptr<Files> files) : files_(std::move(files)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::open(const std::string& cert_file,
                                                     const std::string& key_file,
                                                     std::string_view section,
                                                     std::string_view listener) {
  auto files = std::make_unique<Files>(cert_file, key_file, section, listener);
  auto loaded = files->load_first();
  if (!loaded.ok()) return loaded.failure();
  return std::make_shared<TlsContext>(std::move(files));
}

std::shared_ptr<ssl::context> TlsContext::current() { return files_->loaded().context; }
Time TlsContext::not_before() { return files_->loaded().not_before; }
Time TlsContext::not_after() { return files_->loaded().not_after; }
std::string TlsContext::trouble() const { return files_->trouble(); }

}  // namespace mtasts::web
