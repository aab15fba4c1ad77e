// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/effort_limit.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <time.h>

#include <new>

#include "base/handle.h"

namespace mtasts::net {
namespace {

using Method = Handle<BIO_METHOD, BIO_meth_free>;

// The octets read since the last pause, in place of the filter's data.
size_t& count_of(BIO* filter) { return *static_cast<size_t*>(BIO_get_data(filter)); }

int read_within_limit(BIO* filter, char* data, size_t size, size_t* received) {
  BIO_clear_retry_flags(filter);
  size_t& count = count_of(filter);
  if (count >= kMostReadAtOnce_bytes) {
    count = 0;
    BIO_set_retry_read(filter);
    return -1;
  }
  const int result = BIO_read_ex(BIO_next(filter), data, size, received);
  BIO_copy_next_retry(filter);
  if (result == 1) {
    count += *received;
  } else {
    count = 0;  // the caller goes back to the loop in any case
  }
  return result;
}

int write_through(BIO* filter, const char* data, size_t size, size_t* written) {
  BIO_clear_retry_flags(filter);
  const int result = BIO_write_ex(BIO_next(filter), data, size, written);
  BIO_copy_next_retry(filter);
  return result;
}

long control(BIO* filter, int command, long number, void* pointer) {
  BIO* next = BIO_next(filter);
  return next == nullptr ? 0 : BIO_ctrl(next, command, number, pointer);
}

int create(BIO* filter) {
  auto* count = new (std::nothrow) size_t(0);  // exceptions must not cross OpenSSL's frames
  BIO_set_data(filter, count);
  BIO_set_init(filter, 1);
  return count == nullptr ? 0 : 1;
}

int destroy(BIO* filter) {
  delete static_cast<size_t*>(BIO_get_data(filter));
  BIO_set_data(filter, nullptr);
  return 1;
}

int kind() {
  static const int number = BIO_get_new_index() | BIO_TYPE_FILTER;
  return number;
}

const BIO_METHOD* method() {
  static const Method made = [] {
    Method filter(BIO_meth_new(kind(), "limited reads"));
    if (!filter) return filter;
    BIO_meth_set_read_ex(filter.get(), read_within_limit);
    BIO_meth_set_write_ex(filter.get(), write_through);
    BIO_meth_set_ctrl(filter.get(), control);
    BIO_meth_set_create(filter.get(), create);
    BIO_meth_set_destroy(filter.get(), destroy);
    return filter;
  }();
  return made.get();
}

}  // namespace

void limit_reads(SSL* ssl) {
  BIO* below = SSL_get_rbio(ssl);
  if (below == nullptr || method() == nullptr || BIO_find_type(below, kind()) != nullptr) return;
  BIO* filter = BIO_new(method());
  if (filter == nullptr) return;
  BIO_up_ref(below);  // SSL_set0_rbio releases the session's own reference
  SSL_set0_rbio(ssl, BIO_push(filter, below));
}

std::string words_of(TlsLimit limit) {
  switch (limit) {
    case TlsLimit::none:
      break;
    case TlsLimit::group:
      return fmt::format("the server's Diffie-Hellman group has more than {} bits",
                         kLargestGroup_bits);
    case TlsLimit::certificate_list:
      return fmt::format("the server's certificates have more than {} bytes together",
                         kLongestCertificateList_bytes);
    case TlsLimit::verification:
      return fmt::format("verifying the server's certificates takes more than {} ms of computing",
                         kLongestVerification.count());
  }
  return {};
}

bool has_large_group(const SSL* ssl, const void* message, size_t size_bytes) {
  const auto* octets = static_cast<const unsigned char*>(message);
  if (size_bytes < kGroupLength + 2 || octets[0] != SSL3_MT_SERVER_KEY_EXCHANGE) return false;
  const SSL_CIPHER* cipher = SSL_get_pending_cipher(ssl);
  if (cipher == nullptr || SSL_CIPHER_get_kx_nid(cipher) != NID_kx_dhe) return false;
  return 8 * (octets[kGroupLength] << 8 | octets[kGroupLength + 1]) > kLargestGroup_bits;
}

std::chrono::nanoseconds EffortClock::now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace mtasts::net
