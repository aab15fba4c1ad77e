// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The authority of a request: Host, or that of a target in absolute form (RFC 9110 §7.2, RFC 9112
// §3.2). Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mtasts::web {

// The host of `uri-host [ ":" port ]` (RFC 3986 §3.2.2): lower case, without a dot at its end, an
// IPv6 address in its brackets; it may be empty. Nothing: not an authority, or one with a user.
std::optional<std::string> host_of_authority(std::string_view authority);

// "http://mta-sts.example.com/path" in two parts; nothing in other forms and other schemes.
struct AbsoluteForm {
  std::string_view authority;
  std::string_view rest;  // path and query
};
std::optional<AbsoluteForm> absolute_form_of(std::string_view target);

}  // namespace mtasts::web
