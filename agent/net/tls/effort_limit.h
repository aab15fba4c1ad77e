// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a peer can make the loop do within one call into OpenSSL is bounded: octets read, the size
// of a Diffie-Hellman group, and the time that one chain may take to verify. Beyond, the agent
// gives up and has observed nothing; a sender without these limits may well succeed. Loop thread
// only.
#pragma once

#include <openssl/x509.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mtasts::net {

// OpenSSL skips some messages by reading on (HelloRequest in a
// handshake, RFC 5246 §7.4.1.1), however many there are.
inline constexpr size_t kMostReadAtOnce_bytes = 32 * 1024;
// OpenSSL's exponents are as long as the modulus: 4096 bits take 30 ms, 10,000 bits 860 ms.
inline constexpr int kLargestGroup_bits = 4096;
// Of the thread's processor time; three RSA keys of 4096 bits take less than 1 ms.
inline constexpr std::chrono::milliseconds kLongestVerification{10};
// Of the message with the certificates: 100 KB of small ones, OpenSSL's own limit, take 48 ms to
// read. Real lists have less than 10 KB.
inline constexpr long kLongestCertificateList_bytes = 32L * 1024;

// After that many octets a read says once that there is nothing to read, so that the caller goes
// back to the loop. Call when the transport of `ssl` is set; calling again changes nothing.
void limit_reads(SSL* ssl);

enum class TlsLimit : uint8_t { none, group, certificate_list, verification };
// One sentence for people; empty for none.
std::string words_of(TlsLimit limit);

// Whether a handshake message from the server is the key exchange of a group that is too large (RFC
// 5246 §7.4.3). The length of the group's modulus is in the two octets at kGroupLength.
inline constexpr size_t kGroupLength = 4;
bool has_large_group(const SSL* ssl, const void* message, size_t size_bytes);

// Measures the processor time of this thread.
class EffortClock {
 public:
  EffortClock() : began_(now()) {}
  bool exceeds(std::chrono::nanoseconds limit) const { return now() - began_ > limit; }

 private:
  static std::chrono::nanoseconds now();
  std::chrono::nanoseconds began_;
};

}  // namespace mtasts::net
