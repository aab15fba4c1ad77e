// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/name.h"

#include <algorithm>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kLabelLimit_bytes = 63;  // RFC 1035 §2.3.4
constexpr size_t kNameLimit_bytes = 255;  // RFC 1035 §2.3.4, length octets and root included
constexpr int kJumpLimit = 128;           // a name has at most 127 labels, each a possible target
constexpr uint8_t kPointer = 0xc0;        // RFC 1035 §4.1.4

void append_label(std::string& text, std::string_view label) {
  if (!text.empty()) text += '.';
  for (const char c : label) {
    const auto octet = static_cast<uint8_t>(c);
    // Names appear in commands that people paste: only characters without a meaning in shells and
    // zone files are left unescaped.
    const bool plain =
        is_alphanumeric(c) || std::string_view("-_*/+=:,").find(c) != std::string_view::npos;
    if (plain) {
      text += ascii_lower(c);
    } else {
      text += '\\';
      text += static_cast<char>('0' + octet / 100);
      text += static_cast<char>('0' + octet / 10 % 10);
      text += static_cast<char>('0' + octet % 10);
    }
  }
}

// Decodes one octet of a label's text at `at` and advances it; empty for an invalid escape.
std::optional<char> unescape(std::string_view text, size_t& at) {
  const char c = text[at++];
  if (c != '\\') return ascii_lower(c);
  if (at >= text.size()) return std::nullopt;
  if (!is_digit(text[at])) return ascii_lower(text[at++]);
  if (at + 3 > text.size() || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) {
    return std::nullopt;
  }
  const int octet = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  if (octet > 255) return std::nullopt;
  at += 3;
  return ascii_lower(static_cast<char>(octet));
}

}  // namespace

DnsReader::DnsReader(std::string_view message, size_t position, size_t end)
    : message_(message),
      position_(std::min(position, message.size())),
      end_(std::clamp(end, position_, message.size())) {}

std::string_view DnsReader::octets(size_t count) {
  if (failed_ || count > left()) {
    failed_ = true;
    return {};
  }
  const std::string_view part = message_.substr(position_, count);
  position_ += count;
  return part;
}

uint8_t DnsReader::u8() {
  const std::string_view part = octets(1);
  return part.empty() ? 0 : static_cast<uint8_t>(part[0]);
}

uint16_t DnsReader::u16() {
  const std::string_view part = octets(2);
  if (part.empty()) return 0;
  return static_cast<uint16_t>(static_cast<uint8_t>(part[0]) << 8 | static_cast<uint8_t>(part[1]));
}

uint32_t DnsReader::u32() {
  const uint32_t high = u16();
  return high << 16 | u16();
}

std::string DnsReader::name() {
  std::string text;
  size_t used = 1;
  int jumps = 0;
  size_t at = position_;
  // Each pointer must go before the part that it ends: reading always moves towards the start, so
  // it terminates.
  size_t floor = position_;
  const auto fail = [this] {
    failed_ = true;
    return std::string();
  };
  if (failed_) return {};
  for (;;) {
    const size_t end = jumps > 0 ? message_.size() : end_;
    if (at >= end) return fail();
    const auto length = static_cast<uint8_t>(message_[at]);
    if ((length & kPointer) == kPointer) {
      if (at + 2 > end) return fail();
      const size_t target =
          static_cast<size_t>(length & ~kPointer) << 8 | static_cast<uint8_t>(message_[at + 1]);
      if (target >= floor || jumps == kJumpLimit) return fail();
      if (jumps++ == 0) position_ = at + 2;
      floor = at = target;
      continue;
    }
    if (length > kLabelLimit_bytes || at + 1 + length > end) return fail();
    if (length == 0) {
      if (jumps == 0) position_ = at + 1;
      return text;
    }
    used += 1u + length;
    if (used > kNameLimit_bytes) return fail();
    append_label(text, message_.substr(at + 1, length));
    at += 1u + length;
  }
}

std::optional<std::string> wire_name(std::string_view text) {
  std::string wire;
  if (text == ".") text = {};
  size_t at = 0;
  while (at < text.size()) {
    std::string label;
    while (at < text.size() && text[at] != '.') {
      const auto octet = unescape(text, at);
      if (!octet) return std::nullopt;
      label += *octet;
    }
    if (label.empty() || label.size() > kLabelLimit_bytes) return std::nullopt;
    wire += static_cast<char>(label.size());
    wire += label;
    if (wire.size() >= kNameLimit_bytes) return std::nullopt;
    if (at < text.size()) ++at;  // the dot; a trailing one is accepted
  }
  wire += '\0';
  return wire;
}

}  // namespace mtasts::protocol
