// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Faults of a request that its parser accepts: what RFC 9112 §3.2 says of Host, and §6.1 of
// Transfer-Encoding. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

#include "web/head_check.h"
#include "web/http_message.h"

namespace mtasts::web {

HttpResponse response_to(HeadFault fault);

// Whether the request line at the beginning of `head` has three parts, and the last is a version of
// HTTP, whichever.
bool has_http_version(std::string_view head);

// `coding`: the Transfer-Encoding fields, joined with commas; empty: none.
std::optional<HttpResponse> coding_fault(unsigned version, std::string_view coding);

// Makes `host` that of the absolute form (RFC 9112 §3.2.2). The result refuses the request.
std::optional<HttpResponse> host_fault(HttpRequest& request);

}  // namespace mtasts::web
