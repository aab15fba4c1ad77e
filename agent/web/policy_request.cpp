// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/policy_request.h"

#include "base/ascii.h"

namespace mtasts::web {
namespace {

// RFC 3986 §3.2.2: unreserved, sub-delims, and what escapes and IP literals need.
bool is_host_character(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=%:[]";
  return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

// RFC 3986 §3.2.2: brackets enclose the whole host, or there are none.
bool has_right_brackets(std::string_view authority) {
  if (authority.find_first_of("[]") == std::string_view::npos) return true;
  const size_t close = authority.find(']');
  return authority.rfind('[') == 0 && close != std::string_view::npos &&
         (close + 1 == authority.size() ||
          (authority[close + 1] == ':' && authority.rfind(']') == close));
}

// Of `uri-host [ ":" port ]`; nothing if it is invalid.
std::optional<std::string> host_of(std::string_view authority) {
  if (!all_of(authority, is_host_character) || !has_right_brackets(authority)) return std::nullopt;
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
    if (!all_of(authority.substr(colon + 1), is_digit)) return std::nullopt;
    authority = authority.substr(0, colon);
  }
  if (authority.ends_with('.')) authority.remove_suffix(1);
  return ascii_lower(authority);
}

// The authority and what follows it in "https://mta-sts.example.com/path"; nothing in other forms.
struct AbsoluteForm {
  std::string_view authority;
  std::string_view rest;
};
std::optional<AbsoluteForm> absolute_form_of(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const size_t end = std::min(target.find_first_of("/?"), target.size());
    return AbsoluteForm{target.substr(0, end), target.substr(end)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<PolicyRequest> policy_request_of(const HttpRequest& request) {
  if (request.host_fields > 1 || (request.host_fields == 0 && request.version >= 11))
    return std::nullopt;
  auto host = host_of(request.host);
  std::string_view rest = request.target;
  if (auto absolute = absolute_form_of(rest)) {  // RFC 9112 §3.2.2: then Host does not count
    if (!host) return std::nullopt;
    host = host_of(absolute->authority);
    rest = absolute->rest;
  }
  if (!host) return std::nullopt;
  return PolicyRequest{std::move(*host), rest.substr(0, rest.find('?'))};
}

}  // namespace mtasts::web
