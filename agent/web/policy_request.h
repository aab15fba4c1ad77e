// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a request to a policy host is about (RFC 9112 §3.2): the host of its absolute form, else of
// its Host field, and the path. Hostile input. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "web/http_message.h"

namespace mtasts::web {

struct PolicyRequest {
  std::string host;       // lower case, without port and final dot
  std::string_view path;  // of the request's target, as sent, without query
};

// Nothing where RFC 9112 §3.2 demands 400: no Host field in HTTP/1.1, several, or an invalid one.
std::optional<PolicyRequest> policy_request_of(const HttpRequest& request);

}  // namespace mtasts::web
