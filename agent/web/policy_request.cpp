// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/policy_request.h"

#include "web/authority.h"

namespace mtasts::web {
std::optional<PolicyRequest> policy_request_of(const HttpRequest& request) {
  if (request.host_fields > 1 || (request.host_fields == 0 && request.version >= 11))
    return std::nullopt;
  auto host = host_of_authority(request.host);
  std::string_view rest = request.target;
  if (auto absolute = absolute_form_of(rest)) {  // RFC 9112 §3.2.2: then Host does not count
    if (!host) return std::nullopt;
    host = host_of_authority(absolute->authority);
    rest = absolute->rest;
  }
  if (!host) return std::nullopt;
  return PolicyRequest{std::move(*host), rest.substr(0, rest.find('?'))};
}

}  // namespace mtasts::web
