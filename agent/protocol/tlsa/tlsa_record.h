// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TLSA records (RFC 6698 §2.1) as senders of mail use them (RFC 7672 §3.1): what a record says,
// whether it is usable or why not, and which of a set count (digest agility, RFC 7671 §9). Pure,
// any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::protocol {

// Why senders skip a record. One that is malformed is told first, then unknown parameters, then
// what is known but not usable for SMTP.
enum class TlsaFault : uint8_t {
  none,
  too_short,          // fewer than three octets, or no data
  digest_length,      // the digest is not as long as the matching type says
  not_a_certificate,  // matching type 0: the data is not one certificate (DER)
  not_a_key,          // matching type 0: the data is not one SubjectPublicKeyInfo (DER)
  unknown_usage,      // not 0 to 3
  unknown_selector,   // not 0 or 1
  unknown_matching,   // not 0 to 2
  pkix_usage,         // 0 or 1, which SMTP does not use (RFC 7672 §3.1.3)
};
// A clause for people, "its digest has the wrong length"; empty for none.
std::string_view words_of(TlsaFault fault);
// Malformed, or with unknown parameters.
bool is_malformed(TlsaFault fault);

inline constexpr uint8_t kDaneTa = 2;     // usage: a trust anchor (RFC 7672 §3.1.2)
inline constexpr uint8_t kDaneEe = 3;     // usage: the server's own certificate (§3.1.1)
inline constexpr uint8_t kSelectKey = 1;  // selector: SubjectPublicKeyInfo; 0: the certificate
inline constexpr uint8_t kFull = 0;       // matching type: the data itself
inline constexpr uint8_t kSha256 = 1;
inline constexpr uint8_t kSha512 = 2;

struct Tlsa {
  uint8_t usage = 0;
  uint8_t selector = 0;
  uint8_t matching = 0;
  std::string data;  // octets
  TlsaFault fault = TlsaFault::too_short;

  bool is_usable() const { return fault == TlsaFault::none; }
  bool operator==(const Tlsa&) const = default;
};

Tlsa parse_tlsa(std::string_view rdata);
std::string parameters_of(const Tlsa& record);  // "3 1 1"
// As in a zone file, "3 1 1 2bbad93a…", at most `most_digits` of the data; kWholeData: all.
inline constexpr size_t kWholeData = static_cast<size_t>(-1);
std::string text_of(const Tlsa& record, size_t most_digits = 16);

// Parallel to `records`: whether a sender with digest agility looks at the record. Of the digests
// of one usage and selector only the strongest counts, beside full data; unusable records never do.
std::vector<bool> strongest_of(const std::vector<Tlsa>& records);

}  // namespace mtasts::protocol
