// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/domain_name.h"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/handle.h"
#include "base/ip_address.h"
#include "base/printable.h"

namespace mtasts {
namespace {

constexpr size_t kLongestLabel_bytes = 63;    // RFC 1035 §2.3.4
constexpr size_t kLongestName_bytes = 253;    // 255 octets on the wire
constexpr size_t kLongestInput_bytes = 1024;  // a U-label name is at most 4 times its A-labels

using Idn2Text = Handle<char, idn2_free>;

// For lower-case names.
bool is_ldh(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; }

Failure refused(std::string_view text, std::string_view fault) {
  return {FailureKind::invalid,
          fmt::format("\"{}\" is not a domain name: {}", printable(text, 80), fault)};
}

// Describes what is wrong with one label (RFC 1123 §2.1); empty when it is valid.
std::string label_fault(std::string_view label) {
  if (label.empty()) return "it has an empty label; write one dot between labels";
  if (label.size() > kLongestLabel_bytes)
    return fmt::format("the label \"{}\" has {} octets; at most 63 are allowed",
                       printable(label, 20), label.size());
  auto bad = std::find_if_not(label.begin(), label.end(), is_ldh);
  if (bad != label.end())
    return fmt::format("\"{}\" is not allowed; use only letters, digits, hyphens and dots",
                       printable(std::string_view(&*bad, 1), 8));
  if (label.front() == '-' || label.back() == '-')
    return fmt::format("the label \"{}\" begins or ends with a hyphen", label);
  return {};
}

Result<std::string> to_a_labels(std::string_view text) {
  std::string input(text);
  char* raw = nullptr;
  int code =
      idn2_lookup_u8(reinterpret_cast<const uint8_t*>(input.c_str()),
                     reinterpret_cast<uint8_t**>(&raw), IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  Idn2Text owned(raw);
  if (code != IDN2_OK) return refused(text, idn2_strerror(code));
  return std::string(owned.get());
}

}  // namespace

Result<DomainName> DomainName::parse(std::string_view text) {
  if (text.empty()) return refused(text, "it is empty");
  if (text.size() > kLongestInput_bytes) return refused(text, "it is too long");
  if (text.find('@') != std::string_view::npos)
    return refused(text, "it looks like a mail address; use only the part after the @");
  if (text.find("://") != std::string_view::npos)
    return refused(text, "it looks like a URL; use only the mail domain");
  if (text.find('\0') != std::string_view::npos) return refused(text, "it contains a NUL byte");
  std::string_view bare = text;
  if (bare.size() > 1 && bare.back() == '.') bare.remove_suffix(1);
  if (IpAddress::parse(bare))
    return refused(text, "it is an IP address; address literals have no MTA-STS policy");

  std::string name = ascii_lower(bare);
  if (!all_of(name, is_ascii) || name.find("xn--") != std::string::npos) {
    auto converted = to_a_labels(name);
    if (!converted) return converted.failure();
    name = ascii_lower(*converted);
  }
  std::string_view last;
  for (size_t begin = 0; begin <= name.size();) {
    size_t dot = std::min(name.find('.', begin), name.size());
    last = std::string_view(name).substr(begin, dot - begin);
    if (std::string fault = label_fault(last); !fault.empty()) return refused(text, fault);
    begin = dot + 1;
  }
  if (name.size() > kLongestName_bytes)
    return refused(text, fmt::format("it has {} octets; at most 253 are allowed", name.size()));
  // RFC 1123 §2.1: the highest-level label is never all digits.
  if (all_of(last, is_digit)) return refused(text, "its last label is all digits");
  return DomainName(std::move(name));
}

std::string DomainName::display() const {
  if (text_.find("xn--") == std::string::npos) return text_;
  char* raw = nullptr;
  int code = idn2_to_unicode_8z8z(text_.c_str(), &raw, 0);
  Idn2Text owned(raw);
  if (code != IDN2_OK) return text_;
  // Of characters that no U-label holds, libidn2 reads another name, or none (RFC 5891 §5.4).
  std::string shown(owned.get());
  Result<DomainName> again = parse(shown);
  return again && *again == *this ? shown : text_;
}

}  // namespace mtasts
