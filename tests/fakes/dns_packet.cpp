// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/dns_packet.h"

namespace mtasts::fakes {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int nibble(char c) {
  if (is_digit(c)) return c - '0';
  return (c | 0x20) - 'a' + 10;
}

}  // namespace

std::string wire_u16(uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string wire_u32(uint32_t value) {
  return wire_u16(static_cast<uint16_t>(value >> 16)) +
         wire_u16(static_cast<uint16_t>(value & 0xffff));
}

std::string wire_name(std::string_view text) {
  std::string octets;
  std::string label;
  auto flush = [&] {
    if (label.empty()) return;
    octets += static_cast<char>(label.size());
    octets += label;
    label.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      flush();
    } else if (text[i] == '\\' && i + 3 < text.size() && is_digit(text[i + 1])) {
      label += static_cast<char>((text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      label += text[++i];
    } else {
      label += text[i];
    }
  }
  flush();
  octets += '\0';
  return octets;
}

std::string wire_pointer(uint16_t offset) {
  return wire_u16(static_cast<uint16_t>(0xc000 | offset));
}

std::string wire_txt(std::string_view text) {
  std::string octets;
  do {
    const std::string_view part = text.substr(0, 255);
    octets += static_cast<char>(part.size());
    octets += part;
    text.remove_prefix(part.size());
  } while (!text.empty());
  return octets;
}

std::string wire_mx(uint16_t preference, std::string_view host) {
  return wire_u16(preference) + wire_name(host);
}

std::string wire_address(const IpAddress& address) {
  const size_t size = address.family() == AddressFamily::ipv4 ? 4 : 16;
  const auto& octets = address.octets();
  return std::string(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
}

std::string wire_tlsa(uint8_t usage, uint8_t selector, uint8_t matching,
                      std::string_view data_hex) {
  std::string octets{static_cast<char>(usage), static_cast<char>(selector),
                     static_cast<char>(matching)};
  for (size_t i = 0; i + 1 < data_hex.size(); i += 2) {
    octets += static_cast<char>(nibble(data_hex[i]) * 16 + nibble(data_hex[i + 1]));
  }
  return octets;
}

std::string wire_opt(uint16_t udp_size_bytes, std::string_view options) {
  std::string octets(1, '\0');
  octets += wire_u16(kTypeOpt) + wire_u16(udp_size_bytes) + wire_u32(0) +
            wire_u16(static_cast<uint16_t>(options.size()));
  octets += options;
  return octets;
}

std::string wire_extended_error(uint16_t code, std::string_view text) {
  std::string octets = wire_u16(15) + wire_u16(static_cast<uint16_t>(text.size() + 2));
  octets += wire_u16(code);
  octets += text;
  return octets;
}

DnsPacket& DnsPacket::question(std::string_view name, protocol::RecordType type,
                               uint16_t dns_class) {
  ++questions_;
  question_octets_ += wire_name(name) + wire_u16(static_cast<uint16_t>(type)) + wire_u16(dns_class);
  return *this;
}

DnsPacket& DnsPacket::answer(std::string_view owner, protocol::RecordType type,
                             std::string_view rdata, uint32_t ttl_seconds) {
  return record(Section::answer, wire_name(owner), static_cast<uint16_t>(type), rdata, ttl_seconds);
}

DnsPacket& DnsPacket::record(Section section, std::string_view owner_octets, uint16_t type,
                             std::string_view rdata, uint32_t ttl_seconds, uint16_t dns_class) {
  std::string octets(owner_octets);
  octets += wire_u16(type) + wire_u16(dns_class) + wire_u32(ttl_seconds) +
            wire_u16(static_cast<uint16_t>(rdata.size()));
  octets += rdata;
  add(section, octets);
  return *this;
}

DnsPacket& DnsPacket::negative(std::string_view zone) {
  const std::string rdata = wire_name("ns.invalid") + wire_name("hostmaster.invalid") +
                            wire_u32(1) + wire_u32(3600) + wire_u32(600) + wire_u32(86400) +
                            wire_u32(60);
  return record(Section::authority, wire_name(zone), kTypeSoa, rdata, 60);
}

DnsPacket& DnsPacket::raw(Section section, std::string_view octets) {
  add(section, octets);
  return *this;
}

void DnsPacket::add(Section section, std::string_view octets) {
  const auto index = static_cast<size_t>(section);
  ++records_[index];
  section_octets_[index] += octets;
}

std::string DnsPacket::octets() const {
  std::string octets = wire_u16(id_) + wire_u16(flags_) + wire_u16(questions_);
  for (const uint16_t count : records_) octets += wire_u16(count);
  octets += question_octets_;
  for (const std::string& section : section_octets_) octets += section;
  return octets;
}

}  // namespace mtasts::fakes
