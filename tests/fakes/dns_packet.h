// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes DNS messages octet by octet (RFC 1035 §4), well-formed or not, for the scripted server and
// for tests of the decoder. Nothing is validated: tests create errors on purpose. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/dns/answer.h"

namespace mtasts::fakes {

// Flags of the second header word.
inline constexpr uint16_t kResponse = 0x8000;
inline constexpr uint16_t kAuthoritative = 0x0400;
inline constexpr uint16_t kTruncated = 0x0200;
inline constexpr uint16_t kRecursionDesired = 0x0100;
inline constexpr uint16_t kRecursionAvailable = 0x0080;
inline constexpr uint16_t kAuthentic = 0x0020;
inline constexpr uint16_t kCheckingDisabled = 0x0010;

inline constexpr uint16_t kTypeSoa = 6;
inline constexpr uint16_t kTypeOpt = 41;

std::string wire_u16(uint16_t value);
std::string wire_u32(uint32_t value);
// "a.example", "." or ""; \DDD and \X escapes; case is kept.
std::string wire_name(std::string_view text);
// The two octets of a compression pointer.
std::string wire_pointer(uint16_t offset);
// Character strings of at most 255 octets; an empty text is one empty string.
std::string wire_txt(std::string_view text);
std::string wire_mx(uint16_t preference, std::string_view host);
std::string wire_address(const IpAddress& address);
std::string wire_tlsa(uint8_t usage, uint8_t selector, uint8_t matching, std::string_view data_hex);
// An OPT record (RFC 6891) with the options given as octets.
std::string wire_opt(uint16_t udp_size_bytes, std::string_view options = {});
// The extended DNS error option (RFC 8914).
std::string wire_extended_error(uint16_t code, std::string_view text);

class DnsPacket {
 public:
  enum class Section { answer, authority, additional };

  DnsPacket(uint16_t id, uint16_t flags) : id_(id), flags_(flags) {}

  DnsPacket& question(std::string_view name, protocol::RecordType type, uint16_t dns_class = 1);
  // `owner` as text.
  DnsPacket& answer(std::string_view owner, protocol::RecordType type, std::string_view rdata,
                    uint32_t ttl_seconds = 300);
  // `owner_octets` in wire form; `type` is any number.
  DnsPacket& record(Section section, std::string_view owner_octets, uint16_t type,
                    std::string_view rdata, uint32_t ttl_seconds = 300, uint16_t dns_class = 1);
  // The SOA record of an authoritative negative answer (RFC 2308 §2).
  DnsPacket& negative(std::string_view zone = "example");
  // Octets without any encoding, counted as one record of the section.
  DnsPacket& raw(Section section, std::string_view octets);

  std::string octets() const;

 private:
  void add(Section section, std::string_view octets);

  uint16_t id_;
  uint16_t flags_;
  uint16_t questions_ = 0;
  uint16_t records_[3] = {0, 0, 0};
  std::string question_octets_;
  std::string section_octets_[3];
};

}  // namespace mtasts::fakes
