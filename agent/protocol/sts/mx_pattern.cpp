// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/ascii.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/text/characters.h"

namespace mtasts::protocol {
namespace {

constexpr std::string_view kWildcard = "*.";
constexpr size_t kLongestLabel_bytes = 63;  // RFC 1035 §2.3.4
constexpr size_t kLongestName_bytes = 253;  // 255 octets on the wire

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel_bytes && label.front() != '-' &&
         label.back() != '-' &&
         all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_wildcard(std::string_view pattern) {
  return pattern.substr(0, kWildcard.size()) == kWildcard;
}

std::string_view without_final_dot(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return host;
}

// The labels of `host` before the suffix of `*.suffix`, without the dot in between; empty when
// there are none or the suffix differs.
std::string_view labels_for_wildcard(std::string_view pattern, std::string_view host) {
  if (!is_wildcard(pattern)) return {};
  std::string_view suffix = pattern.substr(1);  // with its dot
  if (host.size() <= suffix.size()) return {};
  size_t front = host.size() - suffix.size();
  // The cheap comparison first: a policy may have a thousand patterns, for a hundred hosts.
  if (!equals_ignoring_case(host.substr(front), suffix) || !is_mx_pattern(pattern)) return {};
  return host.substr(0, front);
}

// RFC 5321 §4.1.2.
bool is_rfc5321_domain(std::string_view name) {
  if (name.size() > kLongestName_bytes) return false;
  while (true) {
    size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_rfc1123_host_name(std::string_view name) {
  return is_rfc5321_domain(name) && !all_of(name.substr(name.rfind('.') + 1), is_digit);
}

bool is_mx_pattern(std::string_view pattern) {
  if (is_wildcard(pattern)) pattern.remove_prefix(kWildcard.size());
  return is_rfc5321_domain(pattern);
}

bool mx_pattern_matches(std::string_view pattern, std::string_view host) {
  host = without_final_dot(host);
  // A host that looks like a pattern is not a host name and must not match itself.
  if (host.find('*') != std::string_view::npos) return false;
  if (!is_wildcard(pattern)) return equals_ignoring_case(pattern, host) && is_mx_pattern(pattern);
  std::string_view labels = labels_for_wildcard(pattern, host);
  return !labels.empty() && labels.find('.') == std::string_view::npos;
}

bool mx_pattern_is_too_shallow(std::string_view pattern, std::string_view host) {
  std::string_view labels = labels_for_wildcard(pattern, without_final_dot(host));
  return labels.find('.') != std::string_view::npos && labels.find('*') == std::string_view::npos;
}

}  // namespace mtasts::protocol
