// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/question_octets.h"

#include <openssl/rand.h>

#include <array>

namespace mtasts::net {
namespace {

constexpr size_t kHead_bytes = 12;
constexpr size_t kTypeAndClass_bytes = 4;
constexpr size_t kLongestName_bytes = 255;

bool has_one_question(std::string_view message) {
  return message.size() > kHead_bytes && message[4] == 0 && message[5] == 1;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string_view question_of(std::string_view query) {
  if (!has_one_question(query)) return {};
  size_t at = kHead_bytes;
  while (at < query.size() && query[at] != 0) {
    const auto size = static_cast<unsigned char>(query[at]);
    if (size > 63) return {};
    at += size + 1;
  }
  const size_t end = at + 1 + kTypeAndClass_bytes;
  if (end > query.size()) return {};
  return query.substr(kHead_bytes, end - kHead_bytes);
}

bool mix_case(std::string& query) {
  const size_t size = question_of(query).size();
  if (size < kTypeAndClass_bytes || size > kLongestName_bytes + kTypeAndClass_bytes) return false;
  std::array<unsigned char, (kLongestName_bytes + 7) / 8> bits{};
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1) return false;
  // A label's length is below 'A'.
  for (size_t i = 0; i < size - kTypeAndClass_bytes; ++i) {
    char& octet = query[kHead_bytes + i];
    if (is_letter(octet) && (bits[i / 8] >> (i % 8) & 1) != 0) octet ^= 0x20;
  }
  return true;
}

bool repeats_question(std::string_view message, std::string_view question) {
  return has_one_question(message) && message.substr(kHead_bytes).starts_with(question);
}

}  // namespace mtasts::net
